import { ensure } from "./call-context.ts";
import { setMechanismCount, uidBudget } from "./epoch-mode.ts";
import type { BlockChange } from "./interventions.ts";
import * as items from "./items.ts";

/** Longest epoch, and shortest that an owner of a real subnet may choose (chain.md §2). */
export const MAX_TEMPO: number = 50_400;
export const MIN_TEMPO: number = 360;
const MOST_REVEAL_EPOCHS = 100;

const subtensor = "SubtensorModule";

/**
 * The next epoch is counted from here, with the new length (chain.md §5.3). An epoch that was called or put off still comes
 * when it was due, and the counter of blocks goes on: where it has passed a shorter tempo, the next block starts an epoch.
 */
export function setTempo({ state, block, emit }: BlockChange, netuid: number, tempo: number): void {
  state.put(items.TEMPO, tempo, netuid);
  state.put(items.LAST_EPOCH_BLOCK, block, netuid);
  emit({ pallet: subtensor, event: "TempoSet", fields: [netuid, tempo] });
}

export function setCommitReveal({ state, emit }: BlockChange, netuid: number, enabled: boolean): void {
  state.put(items.COMMIT_REVEAL, enabled, netuid);
  emit({ pallet: subtensor, event: "CommitRevealEnabled", fields: [netuid, enabled] });
}

export function setRevealPeriod({ state, emit }: BlockChange, netuid: number, epochs: bigint): void {
  ensure(epochs <= BigInt(MOST_REVEAL_EPOCHS), "RevealPeriodTooLarge");
  ensure(epochs >= 1n, "RevealPeriodTooSmall");
  state.put(items.REVEAL_PERIOD, epochs, netuid);
  emit({ pallet: subtensor, event: "CommitRevealPeriodsSet", fields: [netuid, epochs] });
}

export function setRateLimit({ state, emit }: BlockChange, netuid: number, blocks: bigint): void {
  state.put(items.WEIGHTS_RATE_LIMIT, blocks, netuid);
  emit({ pallet: subtensor, event: "WeightsSetRateLimitSet", fields: [netuid, blocks] });
}

export function setMinAllowedWeights({ state, emit }: BlockChange, netuid: number, least: number): void {
  state.put(items.MIN_ALLOWED_WEIGHTS, least, netuid);
  emit({ pallet: subtensor, event: "MinAllowedWeightSet", fields: [netuid, least] });
}

export function setVersionKey({ state, emit }: BlockChange, netuid: number, key: bigint): void {
  state.put(items.WEIGHTS_VERSION_KEY, key, netuid);
  emit({ pallet: subtensor, event: "WeightsVersionKeySet", fields: [netuid, key] });
}

/** Makes the room that the mechanisms need, as an owner has to do before: uids that nobody has are given up. */
export function fitMechanisms(change: BlockChange, netuid: number, count: number): void {
  const { state } = change;
  const mode = state.get(items.EPOCH_CONSENSUS, netuid);
  const room = uidBudget(state, netuid, { mode, mechanisms: Math.max(1, count) });
  const used = state.get(items.SUBNET_N, netuid);
  if (used <= room) state.put(items.MAX_UIDS, Math.min(room, state.get(items.MAX_UIDS, netuid)), netuid);
  setMechanismCount(change, netuid, count);
}

/** The epoch fires in `firesAt`. */
export function triggerEpoch({ state, emit }: BlockChange, netuid: number, firesAt: number): void {
  ensure(state.has(items.PENDING_EPOCH_AT), "CallFiltered", "System");
  ensure(state.get(items.PENDING_EPOCH_AT, netuid) === 0, "EpochTriggerAlreadyPending");
  state.put(items.PENDING_EPOCH_AT, firesAt, netuid);
  const fields = { netuid, by: state.get(items.SUBNET_OWNER, netuid), fires_at: firesAt };
  emit({ pallet: subtensor, event: "EpochTriggered", fields });
}
