import * as items from "./items.ts";
import { mechanismExists, mechanismIndex } from "./mechanism.ts";
import type { StorageItem, TypedState } from "./storage-item.ts";

/** One mechanism of one subnet at one block, as the runtime APIs look at it; columns are by uid, never shorter than the subnet. */
export class SubnetView {
  readonly state: TypedState;
  readonly netuid: number;
  readonly mechid: number;
  readonly index: number;
  readonly count: number;
  #hotkeys: readonly Uint8Array[] | undefined;

  constructor(state: TypedState, netuid: number, mechid: number) {
    this.state = state;
    this.netuid = netuid;
    this.mechid = mechid;
    this.index = mechanismIndex(netuid, mechid);
    this.count = state.get(items.SUBNET_N, netuid);
  }

  get hotkeys(): readonly Uint8Array[] {
    this.#hotkeys ??= this.eachUid((uid) => this.state.get(items.KEYS, this.netuid, uid));
    return this.#hotkeys;
  }

  eachUid<T>(value: (uid: number) => T): T[] {
    return Array.from({ length: this.count }, (_, uid) => value(uid));
  }

  eachHotkey<T>(value: (hotkey: Uint8Array, uid: number) => T): T[] {
    return this.hotkeys.map(value);
  }

  get<V>(item: StorageItem<readonly [netuid: number], V>): V {
    return this.state.get(item, this.netuid);
  }

  /** A stored column, padded. */
  column<V>(item: StorageItem<readonly [key: number], readonly V[]>, key: number, missing: V): V[] {
    const stored = this.state.get(item, key);
    return this.eachUid((uid) => stored[uid] ?? missing);
  }

  numbers(item: StorageItem<readonly [key: number], readonly number[]>, key: number = this.netuid): number[] {
    return this.column(item, key, 0);
  }

  stakes(): bigint[] {
    return this.eachHotkey((hotkey) => this.state.get(items.HOTKEY_ALPHA, hotkey, this.netuid));
  }

  coldkeys(): Uint8Array[] {
    return this.eachHotkey((hotkey) => this.state.get(items.OWNER, hotkey));
  }
}

/** Undefined for a subnet or mechanism that does not exist. */
export function subnetView(state: TypedState, netuid: number, mechid = 0): SubnetView | undefined {
  return mechanismExists(state, netuid, mechid) ? new SubnetView(state, netuid, mechid) : undefined;
}
