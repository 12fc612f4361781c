import type { Decimal } from "../model/ids.ts";

/** What a timelocked commit hides: `WeightsTlockPayload`, SCALE (timelock.md §6). */

export interface WeightsPayload {
  /** Public key of the signer, 32 bytes; null in the form without it, which the chain still reads. */
  readonly hotkey: Uint8Array | null;
  readonly uids: readonly number[];
  readonly values: readonly number[];
  /** u64. */
  readonly versionKey: Decimal;
}

export type PayloadDefect = "no-payload" | "lists-differ";

const HOTKEY_BYTES = 32;
const U16_MAX = 65_535;
const U64_END = 18_446_744_073_709_551_616n;
/** Lists are u16 indexed on chain; longer ones are not written. */
const MOST_UIDS = 16_383;

/** @throws RangeError for a value outside its type, or lists of unequal length. */
export function encodePayload({ hotkey, uids, values, versionKey }: WeightsPayload): Uint8Array {
  if (hotkey !== null && hotkey.length !== HOTKEY_BYTES) throw new RangeError("a hotkey has 32 bytes");
  if (uids.length !== values.length) throw new RangeError("every uid has one value");
  const version = BigInt(versionKey);
  if (version < 0n || version >= U64_END) throw new RangeError("the version key is no u64");
  const tail = new Uint8Array(8);
  new DataView(tail.buffer).setBigUint64(0, version, true);
  const head = hotkey === null ? [] : [...compact(HOTKEY_BYTES), ...hotkey];
  return new Uint8Array([...head, ...list(uids), ...list(values), ...tail]);
}

function list(items: readonly number[]): number[] {
  const wrong = items.find((item) => !Number.isInteger(item) || item < 0 || item > U16_MAX);
  if (wrong !== undefined) throw new RangeError(`${wrong} is no u16`);
  return [...compact(items.length), ...items.flatMap((item) => [item % 256, Math.floor(item / 256)])];
}

function compact(length: number): number[] {
  if (length > MOST_UIDS) throw new RangeError(`a list of ${length} is too long for a commit`);
  if (length < 64) return [length * 4];
  return [(length * 4 + 1) % 256, Math.floor(length / 64)];
}

/**
 * Reads a plaintext: the form with hotkey first, then the older one, as the chain does. Stricter than the chain in two things:
 * nothing may follow, and a hotkey has 32 bytes; the chain takes some older payloads for ones with a hotkey of another length,
 * and drops them. Total: gives the payload or the reason why it is none.
 */
export function decodePayload(bytes: Uint8Array): WeightsPayload | PayloadDefect {
  const payload = withHotkey(bytes) ?? withoutHotkey(bytes);
  if (payload === undefined) return "no-payload";
  return payload.uids.length === payload.values.length ? payload : "lists-differ";
}

function withHotkey(bytes: Uint8Array): WeightsPayload | undefined {
  if (bytes[0] !== HOTKEY_BYTES * 4 || bytes.length <= HOTKEY_BYTES) return undefined;
  const rest = withoutHotkey(bytes.subarray(1 + HOTKEY_BYTES));
  return rest === undefined ? undefined : { ...rest, hotkey: bytes.slice(1, 1 + HOTKEY_BYTES) };
}

function withoutHotkey(bytes: Uint8Array): WeightsPayload | undefined {
  const uids = readList(bytes, 0);
  const values = uids === undefined ? undefined : readList(bytes, uids.end);
  if (uids === undefined || values === undefined || values.end + 8 !== bytes.length) return undefined;
  const versionKey = viewOf(bytes).getBigUint64(values.end, true).toString();
  return { hotkey: null, uids: uids.items, values: values.items, versionKey };
}

interface ReadList {
  readonly items: readonly number[];
  readonly end: number;
}

function readList(bytes: Uint8Array, from: number): ReadList | undefined {
  const first = bytes[from];
  const second = bytes[from + 1] ?? 0;
  if (first === undefined) return undefined;
  const long = first % 4 === 1;
  const length = long ? Math.floor(first / 4) + second * 64 : first / 4;
  // SCALE has one form for a number: the shortest.
  if (!Number.isInteger(length) || (long && length < 64)) return undefined;
  const start = from + (long ? 2 : 1);
  const end = start + length * 2;
  if (end > bytes.length) return undefined;
  const view = viewOf(bytes);
  return { items: Array.from({ length }, (_, at) => view.getUint16(start + at * 2, true)), end };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
