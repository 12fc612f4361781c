import {
  Bytes,
  type Codec,
  i8,
  i16,
  i32,
  i64,
  i128,
  i256,
  u8,
  u16,
  u32,
  u64,
  u128,
  u256,
} from "@polkadot-api/substrate-bindings";
import { type AnyCodec, bytesLeft, codecOf, need, readCompact, writeCompact } from "./cursor.ts";
import { describe, ScaleError } from "./scale-error.ts";
import type { Writer } from "./writer.ts";

interface IntegerKind<T> {
  readonly codec: Codec<T>;
  readonly bits: number;
  readonly signed: boolean;
  readonly put: (out: Writer, value: T) => void;
}

function wide(codec: Codec<bigint>, bits: number, signed: boolean): IntegerKind<bigint> {
  return { codec, bits, signed, put: (out, value) => out.put(codec.enc(value)) };
}

/** The library's primitives, made strict: ranges when encoding, bounds and canonical forms when decoding. */
const SMALL: Readonly<Record<string, IntegerKind<number>>> = {
  u8: { codec: u8, bits: 8, signed: false, put: (out, value) => out.u8(value) },
  u16: { codec: u16, bits: 16, signed: false, put: (out, value) => out.u16(value) },
  u32: { codec: u32, bits: 32, signed: false, put: (out, value) => out.u32(value) },
  i8: { codec: i8, bits: 8, signed: true, put: (out, value) => out.u8(value) },
  i16: { codec: i16, bits: 16, signed: true, put: (out, value) => out.u16(value) },
  i32: { codec: i32, bits: 32, signed: true, put: (out, value) => out.u32(value) },
};
const BIG: Readonly<Record<string, IntegerKind<bigint>>> = {
  u64: { codec: u64, bits: 64, signed: false, put: (out, value) => out.u64(value) },
  i64: { codec: i64, bits: 64, signed: true, put: (out, value) => out.u64(value) },
  u128: wide(u128, 128, false),
  i128: wide(i128, 128, true),
  u256: wide(u256, 256, false),
  i256: wide(i256, 256, true),
};

/** Size in bytes of a primitive; `str` at least its length byte. */
export function primitiveSize(name: string): number {
  const bits = (SMALL[name] ?? BIG[name])?.bits;
  if (bits !== undefined) return bits / 8;
  return name === "char" ? 4 : 1;
}

/** The codec of a primitive by its name in the metadata (registry.ts has the table of values). */
export function primitive(name: string): AnyCodec {
  const small = SMALL[name];
  if (small !== undefined) return integer(small, Number);
  const big = BIG[name];
  if (big !== undefined) return integer(big, BigInt);
  if (name === "bool") return boolCodec;
  if (name === "str") return textCodec;
  if (name === "char") return charCodec;
  throw new ScaleError(`no codec for the primitive ${name}`);
}

/** Says whether a value is a whole number of so many bits. */
function rangeOf(bits: number, signed: boolean): (value: unknown) => value is number | bigint {
  const min = signed ? -(2n ** BigInt(bits - 1)) : 0n;
  const max = 2n ** BigInt(signed ? bits - 1 : bits) - 1n;
  const low = bits <= 32 ? Number(min) : signed ? Number.MIN_SAFE_INTEGER : 0;
  const high = bits <= 32 ? Number(max) : Number.MAX_SAFE_INTEGER;
  return (value): value is number | bigint => {
    if (typeof value === "number") return Number.isSafeInteger(value) && value >= low && value <= high;
    return typeof value === "bigint" && value >= min && value <= max;
  };
}

function integer<T>({ codec, bits, signed, put }: IntegerKind<T>, cast: (value: number | bigint) => T): AnyCodec {
  const fits = rangeOf(bits, signed);
  return codecOf(
    (out, value) => {
      if (!fits(value)) throw new ScaleError(`${describe(value)} is no ${signed ? "i" : "u"}${bits}`);
      put(out, cast(value));
    },
    (bytes) => {
      need(bytes, bits / 8);
      return codec.dec(bytes);
    },
  );
}

const boolCodec: AnyCodec = codecOf(
  (out, value) => {
    if (typeof value !== "boolean") throw new ScaleError(`${describe(value)} is no bool`);
    out.u8(value ? 1 : 0);
  },
  (bytes) => {
    need(bytes, 1);
    const byte = u8.dec(bytes);
    if (byte > 1) throw new ScaleError(`bool byte ${byte}`);
    return byte === 1;
  },
);

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const textCodec: AnyCodec = codecOf(
  (out, value) => {
    if (typeof value !== "string" || !value.isWellFormed()) throw new ScaleError(`${describe(value)} is no text`);
    byteList.write(out, encoder.encode(value));
  },
  (bytes) => {
    const raw = byteList.dec(bytes) as Uint8Array;
    try {
      return decoder.decode(raw);
    } catch {
      throw new ScaleError("text is not UTF-8");
    }
  },
);

const charCodec: AnyCodec = codecOf(
  (out, value) => {
    const point = typeof value === "string" && value.isWellFormed() ? value.codePointAt(0) : undefined;
    if (point === undefined || value !== String.fromCodePoint(point)) {
      throw new ScaleError(`${describe(value)} is no character`);
    }
    out.u32(point);
  },
  (bytes) => {
    need(bytes, 4);
    const point = u32.dec(bytes);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw new ScaleError(`no character ${point}`);
    return String.fromCodePoint(point);
  },
);

/** `Compact<T>` for an unsigned `T` of so many bits: a number up to 32 bits, a bigint above. */
export function compactOf(bits: number): AnyCodec {
  const fits = rangeOf(bits, false);
  const max = 2n ** BigInt(bits) - 1n;
  return codecOf(
    (out, value) => {
      if (!fits(value)) throw new ScaleError(`${describe(value)} is no Compact<u${bits}>`);
      writeCompact(out, value);
    },
    (bytes) => {
      const value = readCompact(bytes);
      if (value > max) throw new ScaleError(`compact ${value} is above u${bits}`);
      return bits <= 32 ? Number(value) : BigInt(value);
    },
  );
}

/** `()` and everything else that has no bytes. */
export const unit: AnyCodec = codecOf(
  (_out, value) => {
    if (value === undefined || value === null || isEmpty(value)) return;
    throw new ScaleError(`${describe(value)} where nothing belongs`);
  },
  () => undefined,
);

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** `Vec<u8>`: bytes behind their length. */
export const byteList: AnyCodec = codecOf(
  (out, value) => {
    if (!(value instanceof Uint8Array)) throw new ScaleError(`${describe(value)} where bytes belong`);
    writeCompact(out, value.length);
    out.put(value);
  },
  (bytes) => {
    const length = Number(readCompact(bytes));
    if (length > bytesLeft(bytes)) throw new ScaleError(`says ${length} bytes, ${bytesLeft(bytes)} left`);
    return Bytes(length).dec(bytes);
  },
);

/** `[u8; n]`. */
export function fixedBytes(length: number): AnyCodec {
  const codec = Bytes(length);
  return codecOf(
    (out, value) => {
      if (!(value instanceof Uint8Array) || value.length !== length) {
        throw new ScaleError(`${describe(value)} where ${length} bytes belong`);
      }
      out.put(value);
    },
    (bytes) => {
      need(bytes, length);
      return codec.dec(bytes);
    },
  );
}
