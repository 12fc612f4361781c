import { runConsensus } from "./consensus.ts";
import * as items from "./items.ts";
import { mechanismIndex } from "./mechanism.ts";
import type { TypedState, WritableState } from "./storage-item.ts";

/** Rao of alpha that a subnet emits per block, before the owner's cut. */
const EMISSION_PER_BLOCK = 1_000_000_000;
/** 18 % go to the owner, the rest in halves to miners and validators (chain.md §8). */
const HALF_SHARE = 0.41;

/** Whether the epoch of `netuid` fires in `block` (chain.md §5.1; rule 2 in the form of chain-newest.md §2.3). */
function shouldRunEpoch(state: TypedState, netuid: number, block: number): boolean {
  const tempo = state.get(items.TEMPO, netuid);
  if (tempo === 0) return false;
  const pending = state.get(items.PENDING_EPOCH_AT, netuid);
  if (pending > 0 && block >= pending) return true;
  if (state.get(items.BLOCKS_SINCE_LAST_STEP, netuid) > tempo) return true;
  return block - state.get(items.LAST_EPOCH_BLOCK, netuid) >= tempo;
}

/** The epoch to which something done in `block` belongs: one higher when the epoch is due but did not fire yet. */
export function epochWithLookahead(state: TypedState, netuid: number, block: number): number {
  return state.get(items.EPOCH_INDEX, netuid) + (shouldRunEpoch(state, netuid, block) ? 1 : 0);
}

/** First block of the next epoch, undefined for a subnet that has none. */
export function nextEpochBlock(state: TypedState, netuid: number): number | undefined {
  const tempo = state.get(items.TEMPO, netuid);
  if (!state.get(items.NETWORK_ADDED, netuid) || tempo === 0) return undefined;
  const automatic = state.get(items.LAST_EPOCH_BLOCK, netuid) + tempo;
  const pending = state.get(items.PENDING_EPOCH_AT, netuid);
  return pending > 0 ? Math.min(automatic, pending) : automatic;
}

/** A neuron whose row is older counts as inactive; in blocks (chain.md §2). */
export function activityCutoff(state: TypedState, netuid: number): number {
  return Math.max(1, Math.floor((state.get(items.ACTIVITY_FACTOR, netuid) * state.get(items.TEMPO, netuid)) / 1000));
}

/** What `on_initialize` of `block` does about the epoch: it runs before the extrinsics of the block. */
export function stepEpoch(state: WritableState, netuid: number, block: number): void {
  const tempo = state.get(items.TEMPO, netuid);
  const waited = Math.min(state.get(items.BLOCKS_SINCE_LAST_STEP, netuid) + 1, tempo + 1);
  state.put(items.BLOCKS_SINCE_LAST_STEP, waited, netuid);
  if (!shouldRunEpoch(state, netuid, block)) return;
  const index = state.get(items.EPOCH_INDEX, netuid) + 1;
  state.put(items.BLOCKS_SINCE_LAST_STEP, 0, netuid);
  state.put(items.LAST_EPOCH_BLOCK, block, netuid);
  state.put(items.PENDING_EPOCH_AT, 0, netuid);
  state.put(items.EPOCH_INDEX, index, netuid);
  const mechanisms = state.get(items.MECHANISM_COUNT, netuid);
  dropStaleCommits(state, { netuid, index, mechanisms });
  // Highest first: the columns that are one per subnet end as those of mechanism 0.
  for (let mechid = mechanisms - 1; mechid >= 0; mechid -= 1) distribute(state, { netuid, mechid, block, tempo });
  state.put(items.LAST_STEP, block, netuid);
  state.put(items.LAST_YUMA_STEP, block, netuid);
}

/** Commits that were not opened in their reveal epoch are lost (chain.md §4.5). */
function dropStaleCommits(state: WritableState, at: { netuid: number; index: number; mechanisms: number }): void {
  const stale = at.index - state.get(items.REVEAL_PERIOD, at.netuid) - 1;
  if (stale < 0) return;
  for (let mechid = 0; mechid < at.mechanisms; mechid += 1) {
    const index = mechanismIndex(at.netuid, mechid);
    if (state.get(items.TIMELOCKED, index, stale).length > 0) state.put(items.TIMELOCKED, undefined, index, stale);
  }
}

interface Distribution {
  readonly netuid: number;
  readonly mechid: number;
  readonly block: number;
  readonly tempo: number;
}

function distribute(state: WritableState, { netuid, mechid, block, tempo }: Distribution): void {
  const count = state.get(items.SUBNET_N, netuid);
  const index = mechanismIndex(netuid, mechid);
  const uids = Array.from({ length: count }, (_, uid) => uid);
  const hotkeys = uids.map((uid) => state.get(items.KEYS, netuid, uid));
  const lastUpdate = state.get(items.LAST_UPDATE, index);
  const cutoff = activityCutoff(state, netuid);
  const active = uids.map((uid) => (lastUpdate[uid] ?? 0) + cutoff >= block);
  const permits = state.get(items.PERMITS, netuid);
  const result = runConsensus({
    stake: hotkeys.map((hotkey) => state.get(items.HOTKEY_ALPHA, hotkey, netuid)),
    permits,
    active,
    rows: new Map(uids.filter((uid) => permits[uid]).map((uid) => [uid, state.get(items.WEIGHTS, index, uid)])),
    lastUpdate,
    registeredAt: uids.map((uid) => state.get(items.REGISTRATION_BLOCK, netuid, uid)),
    threshold: state.get(items.STAKE_THRESHOLD),
    maxValidators: state.get(items.MAX_VALIDATORS, netuid),
    ownerUid: state.get(items.UIDS, netuid, state.get(items.OWNER_HOTKEY, netuid)),
  });
  const half = EMISSION_PER_BLOCK * tempo * HALF_SHARE;
  const shares = uids.map((uid) => (result.minerShare[uid] ?? 0) + (result.validatorShare[uid] ?? 0));
  state.put(items.INCENTIVE, result.incentive, index);
  state.put(items.CONSENSUS_BY_MECHANISM, result.consensus, index);
  state.put(items.CONSENSUS, result.consensus, netuid);
  state.put(items.DIVIDENDS, result.dividends, netuid);
  state.put(items.VALIDATOR_TRUST, result.validatorTrust, netuid);
  state.put(items.STAKE_WEIGHT, result.stakeWeight, netuid);
  state.put(items.PERMITS, result.permits, netuid);
  state.put(items.ACTIVE, active, netuid);
  state.put(
    items.EMISSION,
    shares.map((share) => Math.floor(share * half)),
    netuid,
  );
}
