import { storageIndex } from "../../core/model/ids.ts";
import * as items from "./items.ts";
import type { TypedState } from "./storage-item.ts";

/** The key of what is kept per mechanism; saturates as on the chain, so that hostile numbers stay keys. */
export function mechanismIndex(netuid: number, mechid: number): number {
  return Math.min(65_535, storageIndex(netuid, mechid));
}

export function mechanismExists(state: TypedState, netuid: number, mechid: number): boolean {
  return state.get(items.NETWORK_ADDED, netuid) && mechid < state.get(items.MECHANISM_COUNT, netuid);
}
