import type { EpochState } from "../model/metagraph.ts";

/**
 * The epochs of a runtime that keeps none in its state (chain.md §5.2): index and bounds follow from the height. Period
 * `tempo + 1`, shifted by the netuid, so that not all subnets are due in one block.
 */
export type ModuloEpoch = Pick<EpochState, "index" | "lastEpochBlock" | "blocksSinceLastStep" | "nextEpochBlock">;

/**
 * Where a block stands. `lastEpochBlock` is the first block of its epoch, 0 when that lies before the chain's beginning;
 * `nextEpochBlock` the first of the next, null for a tempo of 0, with which no epoch is ever run. The chain runs an epoch in the
 * block before the next one begins.
 */
export function moduloEpoch(block: number, netuid: number, tempo: number): ModuloEpoch {
  const index = moduloIndex(block, netuid, tempo);
  const lastEpochBlock = Math.max(0, firstBlockOf(index, netuid, tempo));
  return {
    index,
    lastEpochBlock,
    blocksSinceLastStep: block - lastEpochBlock,
    nextEpochBlock: tempo === 0 ? null : firstBlockOf(index + 1, netuid, tempo),
  };
}

function moduloIndex(block: number, netuid: number, tempo: number): number {
  return Math.floor((block + netuid + 1) / (tempo + 1));
}

function firstBlockOf(index: number, netuid: number, tempo: number): number {
  return index * (tempo + 1) - (netuid + 1);
}
