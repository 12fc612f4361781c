import { Blake2256 } from "@polkadot-api/substrate-bindings";
import { ensure } from "./call-context.ts";
import type { BlockChange } from "./interventions.ts";
import * as items from "./items.ts";
import { changeColumns, forgetHotkey, mechanismIndices } from "./neuron-columns.ts";
import type { TypedState, WritableState } from "./storage-item.ts";

/** A hotkey that nobody has had; the same for the same block, uid and purpose. */
function newKey(label: string, at: { readonly block: number; readonly uid: number }): Uint8Array {
  return Blake2256(new TextEncoder().encode(`touchstone/localnet/${label} ${at.block} ${at.uid}`));
}

function isOwnerHotkey(state: TypedState, netuid: number, hotkey: Uint8Array): boolean {
  return Buffer.compare(state.get(items.OWNER_HOTKEY, netuid), hotkey) === 0;
}

/** A new neuron takes over the uid, in the order of chain-newest.md §3.3; the owner's is never given away. */
export function replaceNeuron({ state, block, emit }: BlockChange, netuid: number, uid: number): void {
  ensure(uid < state.get(items.SUBNET_N, netuid), "HotKeyNotRegisteredInSubNet");
  const old = state.get(items.KEYS, netuid, uid);
  ensure(!isOwnerHotkey(state, netuid, old), "NoNeuronIdAvailable");
  const hotkey = newKey("hotkey", { block, uid });
  forgetHotkey(state, netuid, old);
  state.put(items.UIDS, uid, netuid, hotkey);
  state.put(items.KEYS, hotkey, netuid, uid);
  state.put(items.IS_MEMBER, true, hotkey, netuid);
  state.put(items.OWNER, newKey("coldkey", { block, uid }), hotkey);
  state.put(items.REGISTRATION_BLOCK, block, netuid, uid);
  changeColumns(state, netuid, (column, nothing) => column.map((value, at) => (at === uid ? nothing : value)));
  for (const index of mechanismIndices(state, netuid)) clearNeuron(state, { index, uid, block });
  emit({ pallet: "SubtensorModule", event: "NeuronRegistered", fields: [netuid, uid, hotkey] });
}

/** Its rows go, others' weights on it become 0 and stay entries, others' bonds to it go; its LastUpdate is this block. */
function clearNeuron(state: WritableState, at: { index: number; uid: number; block: number }): void {
  const { index, uid, block } = at;
  state.put(items.WEIGHTS, undefined, index, uid);
  state.put(items.BONDS, undefined, index, uid);
  for (const [, other] of state.entries(items.WEIGHTS, index)) {
    const row = state.get(items.WEIGHTS, index, Number(other));
    if (!row.some(([target]) => target === uid)) continue;
    const zeroed = row.map(([target, value]) => [target, target === uid ? 0 : value]);
    state.put(items.WEIGHTS, zeroed, index, Number(other));
  }
  for (const [, other] of state.entries(items.BONDS, index)) {
    const row = state.get(items.BONDS, index, Number(other));
    const left = row.filter(([target]) => target !== uid);
    if (left.length < row.length) state.put(items.BONDS, left, index, Number(other));
  }
  const updated = [...state.get(items.LAST_UPDATE, index)];
  while (updated.length <= uid) updated.push(0);
  updated[uid] = block;
  state.put(items.LAST_UPDATE, updated, index);
}

/**
 * The neuron goes on under a new hotkey: uid, registration, stake and columns stay, and the chain notes who followed whom
 * (chain-newest.md §3.4). Commitments and waiting timelocked commits stay with the old hotkey (chain.md §4.5, §6.5).
 */
export function swapHotkey({ state, block, emit }: BlockChange, netuid: number, uid: number): void {
  ensure(uid < state.get(items.SUBNET_N, netuid), "HotKeyNotRegisteredInSubNet");
  const old = state.get(items.KEYS, netuid, uid);
  const hotkey = newKey("swapped hotkey", { block, uid });
  const coldkey = state.get(items.OWNER, old);
  state.put(items.UIDS, undefined, netuid, old);
  state.put(items.UIDS, uid, netuid, hotkey);
  state.put(items.KEYS, hotkey, netuid, uid);
  state.put(items.IS_MEMBER, undefined, old, netuid);
  state.put(items.IS_MEMBER, true, hotkey, netuid);
  state.put(items.OWNER, coldkey, hotkey);
  for (const item of [items.AXONS, items.PROMETHEUS]) {
    state.put(item, state.get(item, netuid, old), netuid, hotkey);
    state.put(item, undefined, netuid, old);
  }
  state.put(items.HOTKEY_ALPHA, state.get(items.HOTKEY_ALPHA, old, netuid), hotkey, netuid);
  state.put(items.HOTKEY_ALPHA, undefined, old, netuid);
  if (isOwnerHotkey(state, netuid, old)) state.put(items.OWNER_HOTKEY, hotkey, netuid);
  state.put(items.HOTKEY_SUCCESSOR, hotkey, netuid, old);
  state.put(items.HOTKEY_ROOT, state.get(items.HOTKEY_ROOT, netuid, old) ?? old, netuid, hotkey);
  const fields = { coldkey, old_hotkey: old, new_hotkey: hotkey, netuid };
  emit({ pallet: "SubtensorModule", event: "HotkeySwappedOnSubnet", fields });
}
