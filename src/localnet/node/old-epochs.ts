import * as items from "./items.ts";
import type { TypedState } from "./storage-item.ts";

/**
 * Epochs by block number, as runtimes had them that do not keep an index (chain.md §5.2, timelock.md §8.2): an epoch has
 * tempo + 1 blocks, and runs in the last of them.
 */

/** Decided by the metadata alone, never by a version number. */
export function hasOldEpochs(state: TypedState): boolean {
  return !state.has(items.EPOCH_INDEX);
}

interface At {
  readonly netuid: number;
  readonly block: number;
}

export function oldEpoch(state: TypedState, { netuid, block }: At): number {
  return Math.floor((block + netuid + 1) / (state.get(items.TEMPO, netuid) + 1));
}

/** 0 in the block in which the epoch runs. The tempo is not 0. */
export function oldBlocksUntil(state: TypedState, { netuid, block }: At): number {
  const tempo = state.get(items.TEMPO, netuid);
  return tempo - ((block + netuid + 1) % (tempo + 1));
}
