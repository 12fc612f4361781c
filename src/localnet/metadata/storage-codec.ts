import {
  Blake2128,
  Blake2128Concat,
  Blake2256,
  Identity,
  Twox64Concat,
  Twox128,
  Twox256,
  type V15,
} from "@polkadot-api/substrate-bindings";
import { type AnyCodec, concat, decodeAll, fromHex, need, reader, toHex } from "./cursor.ts";
import type { StorageCodec } from "./registry.ts";
import { ScaleError, within } from "./scale-error.ts";
import type { TypeCodecs } from "./type-codecs.ts";

type StorageDefinition = NonNullable<V15["pallets"][number]["storage"]>["items"][number];

interface Hashing {
  readonly hash: (bytes: Uint8Array) => Uint8Array;
  /** Bytes before the key itself, or undefined when the hash hides the key. */
  readonly before: number | undefined;
}

const HASHERS: Readonly<Record<string, Hashing>> = {
  Blake2128: { hash: Blake2128, before: undefined },
  Blake2256: { hash: Blake2256, before: undefined },
  Blake2128Concat: { hash: Blake2128Concat, before: 16 },
  Twox128: { hash: Twox128, before: undefined },
  Twox256: { hash: Twox256, before: undefined },
  Twox64Concat: { hash: Twox64Concat, before: 8 },
  Identity: { hash: Identity, before: 0 },
};

interface KeyPart extends Hashing {
  readonly codec: AnyCodec;
}

const encoder = new TextEncoder();

/** One storage item as codec of keys and values. */
export function storageCodec(codecs: TypeCodecs, prefixName: string, item: StorageDefinition): StorageCodec {
  const label = `${prefixName}.${item.name}`;
  const prefixBytes = concat([Twox128(encoder.encode(prefixName)), Twox128(encoder.encode(item.name))]);
  const parts = keyParts(codecs, item);
  const prefix = toHex(prefixBytes);
  const value = codecs.codec(item.type.tag === "plain" ? item.type.value : item.type.value.value);
  const guarded = <T>(run: () => T): T => {
    try {
      return run();
    } catch (error) {
      throw within(error, label);
    }
  };
  return {
    prefix,
    key: (...keys) => guarded(() => prefix + hashKeys(parts, keys)),
    decodeKey: (key) => guarded(() => readKeys(parts, prefix, key)),
    encode: (input) => guarded(() => value.enc(input)),
    decode: (bytes) => guarded(() => decodeAll(value.dec, bytes)),
    fallback: fromHex(item.fallback),
    modifier: item.modifier === 0 ? "Optional" : "Default",
  };
}

function keyParts(codecs: TypeCodecs, { name, type }: StorageDefinition): KeyPart[] {
  if (type.tag === "plain") return [];
  const { hashers, key } = type.value;
  const { def } = codecs.types.get(key);
  const ids = hashers.length > 1 && def.tag === "tuple" ? def.value : [key];
  return hashers.map(({ tag }, place) => {
    const id = ids[place];
    const hashing = HASHERS[tag];
    if (id === undefined || hashing === undefined) throw new ScaleError("keys do not fit the hashers", name);
    return { ...hashing, codec: codecs.codec(id) };
  });
}

function hashKeys(parts: readonly KeyPart[], keys: readonly unknown[]): string {
  if (keys.length > parts.length) throw new ScaleError(`takes ${parts.length} keys, not ${keys.length}`);
  const hashed = keys.map((key, place) => {
    const part = parts[place];
    if (part === undefined) throw new ScaleError("no such key");
    try {
      return part.hash(part.codec.enc(key));
    } catch (error) {
      throw within(error, `key ${place}`);
    }
  });
  return toHex(concat(hashed)).slice(2);
}

function readKeys(parts: readonly KeyPart[], prefix: string, key: string): unknown[] {
  if (!key.startsWith(prefix)) throw new ScaleError("a key of another item");
  const read = reader((bytes) =>
    parts.map(({ before, codec }) => {
      if (before === undefined) throw new ScaleError("the hash of this item hides its keys");
      need(bytes, before);
      bytes.i += before;
      return codec.dec(bytes);
    }),
  );
  return decodeAll(read, fromHex(key.slice(prefix.length)));
}
