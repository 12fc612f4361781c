import { type Codec, compact, createCodec, createDecoder, type Decoder } from "@polkadot-api/substrate-bindings";
import { ScaleError } from "./scale-error.ts";
import { Writer } from "./writer.ts";

/**
 * The bytes as `createDecoder` hands them on: one object for all nested decoders, `i` is the next byte to read. The
 * library checks no bounds, so every decoder of ours asks `need` first.
 */
export interface Cursor extends Uint8Array {
  i: number;
}

/** Any codec found by walking a type registry: the library's kind, and able to write behind what is already there. */
export interface AnyCodec extends Codec<unknown> {
  readonly write: Write;
}

export type Write = (out: Writer, value: unknown) => void;

/** A codec of both halves. */
export function codecOf(write: Write, read: (bytes: Cursor) => unknown): AnyCodec {
  const encode = (value: unknown): Uint8Array => {
    const out = new Writer();
    write(out, value);
    return out.done();
  };
  return Object.assign(createCodec<unknown>(encode, reader(read)), { write });
}

/** A decoder that works on the shared position. */
export function reader<T>(read: (bytes: Cursor) => T): Decoder<T> {
  return createDecoder((bytes) => read(bytes as Cursor));
}

export function bytesLeft(bytes: Cursor): number {
  return bytes.length - bytes.i;
}

/** Refuses when fewer than `count` bytes are left. */
export function need(bytes: Cursor, count: number): void {
  if (bytesLeft(bytes) < count) throw new ScaleError(`needs ${count} bytes, ${bytesLeft(bytes)} left`);
}

const FOUR_BYTE_LIMIT = 2 ** 30;

/** A compact integer in its shortest form; the longer forms are refused, as a node refuses them. */
export function readCompact(bytes: Cursor): number | bigint {
  need(bytes, 1);
  const start = bytes.i;
  const first = bytes[start] ?? 0;
  const mode = first & 3;
  if (mode === 0) {
    bytes.i += 1;
    return first >> 2;
  }
  const size = mode === 3 ? (first >>> 2) + 5 : 1 << mode;
  need(bytes, size);
  const value = compact.dec(bytes);
  if (!isShortest(mode, value, bytes[start + size - 1] ?? 0))
    throw new ScaleError("compact integer not in its shortest form");
  return value;
}

function isShortest(mode: number, value: number | bigint, last: number): boolean {
  if (mode === 1) return value >= 64;
  if (mode === 2) return value >= 16384;
  return last !== 0 && value >= FOUR_BYTE_LIMIT;
}

/** A compact integer; it was checked to be a whole number that is not negative. */
export function writeCompact(out: Writer, value: number | bigint): void {
  if (value < 64) out.u8(Number(value) << 2);
  else if (value < 16384) out.u16((Number(value) << 2) | 1);
  else if (value < FOUR_BYTE_LIMIT) out.u32(Number(value) * 4 + 2);
  else out.put(compact.enc(value));
}

/** A count of elements: at least `minimum` bytes each must be left before anything is allocated. */
export function readCount(bytes: Cursor, minimum: number): number {
  const count = Number(readCompact(bytes));
  // Elements without bytes cannot be counted by what is left; nothing real needs many of them.
  const most = minimum === 0 ? 256 : Math.floor(bytesLeft(bytes) / minimum);
  if (count > most) throw new ScaleError(`says ${count} elements, at most ${most} fit into what is left`);
  return count;
}

/** Decodes all of `bytes`; left-over bytes are an error. */
export function decodeAll<T>(decoder: Decoder<T>, bytes: Uint8Array): T {
  const whole = reader((cursor) => {
    const value = decoder(cursor);
    if (bytesLeft(cursor) !== 0) throw new ScaleError(`${bytesLeft(cursor)} bytes left over`);
    return value;
  });
  // A copy, because the library reads the whole buffer below a view.
  return whole(new Uint8Array(bytes));
}

/** All parts behind one another. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function toHex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex")}`;
}

/** Strict: even length, hex digits only; `0x` may be missing. */
export function fromHex(hex: string): Uint8Array {
  const digits = hex.startsWith("0x") ? hex.slice(2) : hex;
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) throw new ScaleError("not hexadecimal");
  return new Uint8Array(Buffer.from(digits, "hex"));
}
