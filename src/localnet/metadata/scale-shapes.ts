import { type AnyCodec, type Cursor, codecOf, need, readCount, writeCompact } from "./cursor.ts";
import { describe, ScaleError, within } from "./scale-error.ts";
import type { Writer } from "./writer.ts";

/** A named field of a struct; one that is `optional` (an `Option`) may be missing in a value. */
export interface FieldCodec {
  readonly name: string;
  readonly codec: AnyCodec;
  readonly optional: boolean;
}

export interface VariantCodec {
  readonly name: string;
  readonly index: number;
  readonly codec: AnyCodec;
  /** Without fields: the value is `{ type }` alone. */
  readonly empty: boolean;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** A part of a value, with its codec and its place: a failure is told with the place. */
function put(out: Writer, codec: AnyCodec, value: unknown, segment: string): void {
  try {
    codec.write(out, value);
  } catch (error) {
    throw within(error, segment);
  }
}

function take(codec: AnyCodec, bytes: Cursor, segment: string): unknown {
  try {
    return codec.dec(bytes);
  } catch (error) {
    throw within(error, segment);
  }
}

/** A struct with named fields. Unknown names are refused: they are misspellings. */
export function structOf(fields: readonly FieldCodec[]): AnyCodec {
  const names = new Set(fields.map((field) => field.name));
  return codecOf(
    (out, value) => {
      if (!isRecord(value)) throw new ScaleError(`${describe(value)} where an object belongs`);
      const unknown = Object.keys(value).find((key) => !names.has(key));
      if (unknown !== undefined) throw new ScaleError(`no field ${unknown}`);
      for (const { name, codec, optional } of fields) {
        const part = value[name];
        if (part === undefined && !optional && !(name in value)) throw new ScaleError("missing", name);
        put(out, codec, part, name);
      }
    },
    (bytes) => {
      const out: Record<string, unknown> = {};
      for (const { name, codec } of fields) out[name] = take(codec, bytes, name);
      return out;
    },
  );
}

/** A tuple or a tuple struct of two or more fields. */
export function tupleOf(codecs: readonly AnyCodec[]): AnyCodec {
  return codecOf(
    (out, value) => {
      if (!Array.isArray(value) || value.length !== codecs.length) {
        throw new ScaleError(`${describe(value)} where a tuple of ${codecs.length} belongs`);
      }
      for (const [place, codec] of codecs.entries()) put(out, codec, value[place], `[${place}]`);
    },
    (bytes) => codecs.map((codec, place) => take(codec, bytes, `[${place}]`)),
  );
}

function writeItems(out: Writer, item: AnyCodec, values: readonly unknown[]): void {
  let place = 0;
  try {
    for (; place < values.length; place += 1) item.write(out, values[place]);
  } catch (error) {
    throw within(error, `[${place}]`);
  }
}

function readItems(item: AnyCodec, bytes: Cursor, count: number): unknown[] {
  const items: unknown[] = [];
  try {
    while (items.length < count) items.push(item.dec(bytes));
  } catch (error) {
    throw within(error, `[${items.length}]`);
  }
  return items;
}

/** `Vec<T>`; `minimum` = fewest bytes of one element. `order` sorts and thins out before encoding (BTreeMap, BTreeSet). */
export function listOf(item: AnyCodec, minimum: number, order?: (values: readonly unknown[]) => unknown[]): AnyCodec {
  return codecOf(
    (out, value) => {
      if (!Array.isArray(value)) throw new ScaleError(`${describe(value)} where an array belongs`);
      const values = order === undefined ? value : order(value);
      writeCompact(out, values.length);
      writeItems(out, item, values);
    },
    (bytes) => readItems(item, bytes, readCount(bytes, minimum)),
  );
}

/** `[T; n]`. */
export function arrayOf(item: AnyCodec, length: number, minimum: number): AnyCodec {
  return codecOf(
    (out, value) => {
      if (!Array.isArray(value) || value.length !== length) {
        throw new ScaleError(`${describe(value)} where an array of ${length} belongs`);
      }
      writeItems(out, item, value);
    },
    (bytes) => {
      need(bytes, length * minimum);
      return readItems(item, bytes, length);
    },
  );
}

function takeByte(bytes: Cursor): number {
  need(bytes, 1);
  const byte = bytes[bytes.i] ?? 0;
  bytes.i += 1;
  return byte;
}

/**
 * `Option<T>`: the value itself or undefined. When `T` can be undefined by itself, `tagged` keeps both apart:
 * `{ type: "Some", value }` and `{ type: "None" }`.
 */
export function optionOf(inner: AnyCodec, tagged: boolean): AnyCodec {
  const write = (out: Writer, value: unknown): void => {
    if (value === undefined || value === null || (tagged && isRecord(value) && value["type"] === "None")) {
      out.u8(0);
      return;
    }
    const isTagged = isRecord(value) && value["type"] === "Some";
    if (tagged && !isTagged) throw new ScaleError(`${describe(value)} where { type: "Some" | "None" } belongs`);
    out.u8(1);
    inner.write(out, tagged && isTagged ? value["value"] : value);
  };
  return codecOf(write, (bytes) => {
    const byte = takeByte(bytes);
    if (byte === 0) return tagged ? { type: "None" } : undefined;
    if (byte !== 1) throw new ScaleError(`Option byte ${byte}`);
    const value = inner.dec(bytes);
    return tagged ? { type: "Some", value } : value;
  });
}

/** An enum: `{ type, value? }`. */
export function enumOf(variants: readonly VariantCodec[]): AnyCodec {
  const byName = new Map(variants.map((variant) => [variant.name, variant]));
  const byIndex = new Map(variants.map((variant) => [variant.index, variant]));
  return codecOf(
    (out, value) => {
      if (!isRecord(value) || typeof value["type"] !== "string") {
        throw new ScaleError(`${describe(value)} where { type, value? } belongs`);
      }
      const variant = byName.get(value["type"]);
      if (variant === undefined) throw new ScaleError(`no variant ${value["type"]}`);
      out.u8(variant.index);
      put(out, variant.codec, value["value"], variant.name);
    },
    (bytes) => {
      const index = takeByte(bytes);
      const variant = byIndex.get(index);
      if (variant === undefined) throw new ScaleError(`no variant with index ${index}`);
      const value = take(variant.codec, bytes, variant.name);
      return variant.empty ? { type: variant.name } : { type: variant.name, value };
    },
  );
}
