import type { RuntimeEvent } from "./call-context.ts";
import { payEpoch } from "./consensus.ts";
import * as items from "./items.ts";
import { hasOldEpochs, oldBlocksUntil, oldEpoch } from "./old-epochs.ts";
import type { TypedState, WritableState } from "./storage-item.ts";

export interface EpochAt {
  readonly netuid: number;
  readonly block: number;
}

/** Whether the epoch of `netuid` fires in `block` (chain.md §5.1; rule 2 in the form of chain-newest.md §2.3). */
function shouldRunEpoch(state: TypedState, { netuid, block }: EpochAt): boolean {
  const tempo = state.get(items.TEMPO, netuid);
  if (tempo === 0) return false;
  if (hasOldEpochs(state)) return oldBlocksUntil(state, { netuid, block }) === 0;
  const pending = state.get(items.PENDING_EPOCH_AT, netuid);
  if (pending > 0 && block >= pending) return true;
  if (state.get(items.BLOCKS_SINCE_LAST_STEP, netuid) > tempo) return true;
  return block - state.get(items.LAST_EPOCH_BLOCK, netuid) >= tempo;
}

/** The epoch that `block` is in; one that is due in it has not begun. */
export function currentEpoch(state: TypedState, at: EpochAt): number {
  return hasOldEpochs(state) ? oldEpoch(state, at) : state.get(items.EPOCH_INDEX, at.netuid);
}

/** The epoch to which something done in `block` belongs: one higher when the epoch is due but did not fire yet. */
export function epochWithLookahead(state: TypedState, at: EpochAt): number {
  // By the old rule a block is never in two epochs.
  const ahead = !hasOldEpochs(state) && shouldRunEpoch(state, at);
  return currentEpoch(state, at) + (ahead ? 1 : 0);
}

/** First block of the next epoch, undefined for a subnet that has none. */
export function nextEpochBlock(state: TypedState, netuid: number): number | undefined {
  const tempo = state.get(items.TEMPO, netuid);
  if (!state.get(items.NETWORK_ADDED, netuid) || tempo === 0) return undefined;
  if (hasOldEpochs(state)) {
    const block = state.get(items.BLOCK_NUMBER) + 1;
    return block + oldBlocksUntil(state, { netuid, block });
  }
  const automatic = state.get(items.LAST_EPOCH_BLOCK, netuid) + tempo;
  const pending = state.get(items.PENDING_EPOCH_AT, netuid);
  return pending > 0 ? Math.min(automatic, pending) : automatic;
}

/** A neuron whose row is older counts as inactive; in blocks (chain.md §2). */
export function activityCutoff(state: TypedState, netuid: number): number {
  if (!state.has(items.ACTIVITY_FACTOR)) return state.get(items.ACTIVITY_CUTOFF, netuid);
  return Math.max(1, Math.floor((state.get(items.ACTIVITY_FACTOR, netuid) * state.get(items.TEMPO, netuid)) / 1000));
}

interface EpochStep extends EpochAt {
  readonly emit: (event: RuntimeEvent) => void;
}

/** What `on_initialize` of `block` does about the epoch: it runs before the extrinsics of the block. */
export function stepEpoch(state: WritableState, { netuid, block, emit }: EpochStep): void {
  const tempo = state.get(items.TEMPO, netuid);
  const waited = Math.min(state.get(items.BLOCKS_SINCE_LAST_STEP, netuid) + 1, tempo + 1);
  state.put(items.BLOCKS_SINCE_LAST_STEP, waited, netuid);
  if (!shouldRunEpoch(state, { netuid, block })) return;
  if (state.get(items.MOST_EPOCHS) === 0) {
    state.put(items.PENDING_EPOCH_AT, block + 1, netuid);
    const fields = { netuid, from_block: block, to_block: block + 1 };
    emit({ pallet: "SubtensorModule", event: "EpochDeferred", fields });
    return;
  }
  state.put(items.BLOCKS_SINCE_LAST_STEP, 0, netuid);
  state.put(items.LAST_EPOCH_BLOCK, block, netuid);
  state.put(items.PENDING_EPOCH_AT, 0, netuid);
  state.put(items.EPOCH_INDEX, state.get(items.EPOCH_INDEX, netuid) + 1, netuid);
  payEpoch(state, { netuid, block, tempo, cutoff: activityCutoff(state, netuid) });
  state.put(items.LAST_STEP, block, netuid);
}
