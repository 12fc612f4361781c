import { fromHex } from "../../core/determinism/digest.ts";
import type { Hex } from "../../core/model/ids.ts";
import { LinkError } from "./chain-fault.ts";

/** The pairs of a `Vec<(u16, u16)>` by hand: the library takes a hundred times as long, and a matrix has hundreds of thousands. */
export function readPairs(value: Hex | null): { readonly uids: number[]; readonly values: number[] } {
  if (value === null) return { uids: [], values: [] };
  const bytes = fromHex(value);
  const at = headLength(bytes);
  const count = (bytes.length - at) / 4;
  if (at === 0 || countOf(bytes, at) !== count)
    throw new LinkError("A stored row of the chain is not made of pairs of numbers of 16 bits.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const uids: number[] = [];
  const values: number[] = [];
  for (let index = 0; index < count; index += 1) {
    uids.push(view.getUint16(at + 4 * index, true));
    values.push(view.getUint16(at + 4 * index + 2, true));
  }
  return { uids, values };
}

/** Length of SCALE's compact count at the beginning; 0 for none that such a row could have. */
function headLength(bytes: Uint8Array): number {
  const length = [1, 2, 4, 0][(bytes[0] ?? 3) % 4] ?? 0;
  return length <= bytes.length ? length : 0;
}

function countOf(bytes: Uint8Array, length: number): number {
  let number = 0;
  for (let index = length - 1; index >= 0; index -= 1) number = number * 256 + (bytes[index] ?? 0);
  return Math.floor(number / 4);
}
