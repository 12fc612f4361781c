import * as items from "./items.ts";
import { mechanismIndex } from "./mechanism.ts";
import type { StorageItem, WritableState } from "./storage-item.ts";

/** Columns by uid, one per subnet or one per mechanism, and what is in the place of somebody new. */
const OF_SUBNET: readonly (readonly [StorageItem<readonly [netuid: number], readonly unknown[]>, unknown])[] = [
  [items.CONSENSUS, 0],
  [items.DIVIDENDS, 0],
  [items.VALIDATOR_TRUST, 0],
  [items.STAKE_WEIGHT, 0],
  [items.EMISSION, 0],
  [items.PERMITS, false],
  [items.ACTIVE, false],
];
const OF_MECHANISM: readonly (readonly [StorageItem<readonly [index: number], readonly unknown[]>, unknown])[] = [
  [items.INCENTIVE, 0],
  [items.CONSENSUS_BY_MECHANISM, 0],
  [items.LAST_UPDATE, 0],
];

/** Storage indices of a subnet's mechanisms. */
export function mechanismIndices(state: WritableState, netuid: number): number[] {
  const count = Math.max(1, state.get(items.MECHANISM_COUNT, netuid));
  return Array.from({ length: count }, (_, mechid) => mechanismIndex(netuid, mechid));
}

/** Rewrites every column: `change` gets it with the value that stands for nothing. */
export function changeColumns(
  state: WritableState,
  netuid: number,
  change: (column: readonly unknown[], nothing: unknown) => readonly unknown[],
): void {
  for (const [item, nothing] of OF_SUBNET) state.put(item, change(state.get(item, netuid), nothing), netuid);
  for (const index of mechanismIndices(state, netuid)) {
    for (const [item, nothing] of OF_MECHANISM) state.put(item, change(state.get(item, index), nothing), index);
  }
}

/** What is kept by hotkey and goes with the neuron: its place, its endpoint, what it committed (chain-newest.md §3.3). */
export function forgetHotkey(state: WritableState, netuid: number, hotkey: Uint8Array): void {
  for (const item of [items.UIDS, items.AXONS, items.PROMETHEUS]) state.put(item, undefined, netuid, hotkey);
  state.put(items.IS_MEMBER, undefined, hotkey, netuid);
  for (const item of [items.COMMITMENT_OF, items.LAST_COMMITMENT, items.REVEALED, items.USED_SPACE]) {
    state.put(item, undefined, netuid, hotkey);
  }
}
