import { fromHex, toHex } from "../../core/determinism/digest.ts";
import type { Hex, Ss58 } from "../../core/model/ids.ts";
import type { Succession } from "../../core/model/metagraph.ts";
import { decodeSs58, encodeSs58 } from "../../core/signing/ss58.ts";
import { LinkError } from "./chain-fault.ts";
import { type Reads, type StorageItem, storageKey } from "./view.ts";

/** A hotkey is swapped at most once in 7,200 blocks (chain-newest.md §3.4): more hops between two cycles are no history. */
const MOST_HOPS = 16;

/**
 * Where the seats of known hotkeys went that hold none any more: `HotkeySuccessor` is followed hop by hop to a key that holds a
 * seat. One round trip, one more for each further hop. Ascending by `from`; none on a runtime without the item.
 *
 * @throws LinkError, RpcError.
 */
export async function readSuccessions(
  reads: Reads,
  asked: { readonly netuid: number; readonly known: readonly Ss58[] },
  seated: ReadonlySet<Ss58>,
): Promise<readonly Succession[]> {
  const found: Succession[] = [];
  let walkers = [...new Set(asked.known)]
    .filter((from) => !seated.has(from) && decodeSs58(from) !== undefined)
    .map((from): Walker => ({ from, at: from, passed: new Set([from]) }));
  for (let hop = 0; hop < MOST_HOPS && walkers.length > 0; hop += 1) {
    const next = await successorsOf(reads, asked.netuid, walkers);
    walkers = next.filter(({ at }) => !seated.has(at));
    for (const { from, at } of next) if (seated.has(at)) found.push({ from, to: at });
  }
  return found.toSorted((a, b) => (a.from < b.from ? -1 : 1));
}

interface Walker {
  readonly from: Ss58;
  readonly at: Ss58;
  readonly passed: ReadonlySet<Ss58>;
}

/** One hop; those that lead nowhere or back to where they were are left out. */
async function successorsOf(reads: Reads, netuid: number, walkers: readonly Walker[]): Promise<Walker[]> {
  const wanted = walkers.flatMap((walker) => {
    const key = storageKey(reads.tables, itemOf(netuid, walker.at));
    return key === null ? [] : [{ walker, key }];
  });
  if (wanted.length === 0) return [];
  const values = await reads.raw(wanted.map(({ key }) => key));
  return wanted.flatMap(({ walker: { from, passed }, key }) => {
    const value = values.get(key);
    if (value === undefined) return [];
    const at = addressIn(value);
    return passed.has(at) ? [] : [{ from, at, passed: new Set([...passed, at]) }];
  });
}

function itemOf(netuid: number, hotkey: Ss58): StorageItem {
  return { pallet: "subtensorModule", item: "hotkeySuccessor", keys: [netuid, toHex(decodeSs58(hotkey) ?? NOBODY)] };
}

const NOBODY = new Uint8Array(32);

function addressIn(value: Hex): Ss58 {
  if (value.length === 66) return encodeSs58(fromHex(value));
  throw new LinkError("The chain node's answer for a hotkey's successor cannot be read.");
}
