import { ensure } from "./call-context.ts";
import type { BlockChange } from "./interventions.ts";
import * as items from "./items.ts";
import { mechanismIndex } from "./mechanism.ts";
import { electedPermit } from "./null-epoch.ts";
import type { TypedState, WritableState } from "./storage-item.ts";

/** Most uids of all mechanisms together (chain-newest.md §1.1). */
const BUDGETS = { Yuma: 256, Null: 2500 } as const;
/** Indices under which commits can lie (chain-newest.md §2.4). */
export const MOST_MECHANISMS: number = 16;

/**
 * Most uids that a subnet may have. A localnet can be born larger than a chain allows; on Null it may stay so as long as it
 * has one mechanism, so that 2,500 miners and their validator fit.
 */
export function uidBudget(
  state: TypedState,
  netuid: number,
  plan: { mode: items.EpochMode; mechanisms: number },
): number {
  const budget = Math.floor(BUDGETS[plan.mode] / plan.mechanisms);
  if (plan.mode === "Yuma" || plan.mechanisms > 1) return budget;
  return Math.max(budget, state.get(items.MAX_UIDS, netuid));
}

/** Epochs with waiting timelocked commits, as keys of the queue. */
export function pendingQueues(state: TypedState, netuid: number): (readonly [index: number, epoch: number])[] {
  const found: (readonly [index: number, epoch: number])[] = [];
  for (let mechid = 0; mechid < MOST_MECHANISMS; mechid += 1) {
    const index = mechanismIndex(netuid, mechid);
    for (const [, epoch] of state.entries(items.TIMELOCKED, index)) {
      const key = Number(epoch);
      if (state.get(items.TIMELOCKED, index, key).length > 0) found.push([index, key]);
    }
  }
  return found;
}

/**
 * `sudo_set_epoch_consensus` (chain-newest.md §1.2): refused while any commit waits, or when the subnet is too large for the
 * other mode. To Null the permit is elected at once; back to Yuma the former number of validators returns.
 */
export function setEpochMode({ state, emit }: BlockChange, netuid: number, mode: items.EpochMode): void {
  ensure(state.has(items.EPOCH_CONSENSUS), "CallFiltered", "System");
  if (state.get(items.EPOCH_CONSENSUS, netuid) === mode) return;
  ensure(pendingQueues(state, netuid).length === 0, "InvalidValue");
  const mechanisms = Math.max(1, state.get(items.MECHANISM_COUNT, netuid));
  ensure(state.get(items.SUBNET_N, netuid) <= uidBudget(state, netuid, { mode, mechanisms }), "InvalidValue");
  state.put(items.EPOCH_CONSENSUS, { type: mode }, netuid);
  if (mode === "Null") enterNull(state, netuid);
  else leaveNull(state, netuid);
  emit({ pallet: "SubtensorModule", event: "EpochConsensusSet", fields: { netuid, mode: { type: mode } } });
}

function enterNull(state: WritableState, netuid: number): void {
  state.put(items.SAVED_MAX_VALIDATORS, state.get(items.MAX_VALIDATORS, netuid), netuid);
  state.put(items.MAX_VALIDATORS, 1, netuid);
  state.put(items.PERMITS, electedPermit(stakes(state, netuid)), netuid);
}

function leaveNull(state: WritableState, netuid: number): void {
  const saved = state.get(items.SAVED_MAX_VALIDATORS, netuid) ?? state.get(items.MAX_VALIDATORS, netuid);
  state.put(items.MAX_VALIDATORS, Math.min(saved, state.get(items.MAX_UIDS, netuid)), netuid);
  state.put(items.SAVED_MAX_VALIDATORS, undefined, netuid);
  state.put(items.PRUNING_TARGET, undefined, netuid);
}

function stakes(state: TypedState, netuid: number): bigint[] {
  return Array.from({ length: state.get(items.SUBNET_N, netuid) }, (_, uid) =>
    state.get(items.HOTKEY_ALPHA, state.get(items.KEYS, netuid, uid), netuid),
  );
}

/** `sudo_set_mechanism_count`: what the mechanisms that go had is gone, and the split is even again (chain-newest.md §2.4). */
export function setMechanismCount({ state }: BlockChange, netuid: number, count: number): void {
  const mode = state.get(items.EPOCH_CONSENSUS, netuid);
  ensure(Number.isInteger(count) && count >= 1 && count <= MOST_MECHANISMS, "InvalidValue");
  ensure(count <= state.get(items.MAX_MECHANISMS), "InvalidValue");
  ensure(mode !== "Null" || pendingQueues(state, netuid).length === 0, "InvalidValue");
  ensure(
    state.get(items.MAX_UIDS, netuid) <= uidBudget(state, netuid, { mode, mechanisms: count }),
    "TooManyUIDsPerMechanism",
  );
  for (let mechid = count; mechid < MOST_MECHANISMS; mechid += 1) clearMechanism(state, mechanismIndex(netuid, mechid));
  state.put(items.MECHANISM_COUNT, count, netuid);
  state.put(items.MECHANISM_SPLIT, undefined, netuid);
}

function clearMechanism(state: WritableState, index: number): void {
  state.put(items.INCENTIVE, undefined, index);
  state.put(items.CONSENSUS_BY_MECHANISM, undefined, index);
  state.put(items.LAST_UPDATE, undefined, index);
  for (const item of [items.WEIGHTS, items.BONDS]) {
    for (const [, uid] of state.entries(item, index)) state.put(item, undefined, index, Number(uid));
  }
  for (const [, epoch] of state.entries(items.TIMELOCKED, index)) {
    state.put(items.TIMELOCKED, undefined, index, Number(epoch));
  }
}
