import { ensure } from "./call-context.ts";
import type { BlockChange } from "./interventions.ts";
import * as items from "./items.ts";
import type { WritableState } from "./storage-item.ts";

/** Epochs that one block of a real chain may run (chain.md §5.1). */
const EPOCHS_PER_BLOCK = 2;
/** No key of a pallet: how often the next epoch still has to be put off. Kept in the state, so that a fork repeats it. */
const LEFT_KEY = `0x${Buffer.from("touchstone/localnet/deferrals").toString("hex")}`;

/**
 * The next epoch that is due is put off by so many blocks, one by one, as on a chain where others come first: no block may run
 * an epoch meanwhile (`MaxEpochsPerBlock` is 0).
 */
export function deferEpoch({ state }: BlockChange, blocks: number): void {
  ensure(state.has(items.PENDING_EPOCH_AT), "CallFiltered", "System");
  state.put(items.MOST_EPOCHS, 0);
  state.overlay.put(LEFT_KEY, Uint8Array.of(blocks));
}

/** At the beginning of every block, before its epoch: ends the deferral when it has lasted long enough. */
export function stepDeferral(state: WritableState, netuid: number, block: number): void {
  const left = state.overlay.get(LEFT_KEY)?.[0] ?? 0;
  // The block before put the epoch off to this one.
  if (left === 0 || state.get(items.PENDING_EPOCH_AT, netuid) !== block) return;
  state.overlay.put(LEFT_KEY, left === 1 ? undefined : Uint8Array.of(left - 1));
  if (left === 1) state.put(items.MOST_EPOCHS, EPOCHS_PER_BLOCK);
}
