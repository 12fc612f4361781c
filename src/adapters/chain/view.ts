import * as z from "zod";
import { fromHex, toHex } from "../../core/determinism/digest.ts";
import type { Hex } from "../../core/model/ids.ts";
import { asHeight, asHex, parseAnswer } from "./answers.ts";
import { LinkError, unsupportedRuntime } from "./chain-fault.ts";
import type { ChainConnection } from "./connection.ts";
import type { Tables } from "./polkadot.ts";

/** A storage value: pallet and item in the library's camelCase, and the keys of a map. */
export interface StorageItem {
  readonly pallet: string;
  readonly item: string;
  readonly keys: readonly unknown[];
}

/** A decoded value of the library. */
export interface Decoded {
  readonly encodedLength: number;
  toJSON(): unknown;
}

export interface RuntimeCall {
  readonly api: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What a runtime call answered, not yet decoded. */
export interface CallAnswer {
  /** Its type in the metadata. */
  readonly type: string;
  readonly bytes: Uint8Array;
  /** Out of the library's own object. @throws LinkError when the bytes are not of the type. */
  read<D extends Decoded, T>(read: (found: D) => T): T;
}

/** What the library hangs on a decorated runtime call and leaves out of its types. */
interface CallEntry {
  readonly meta?: {
    readonly name: string;
    readonly type: string;
    readonly params: readonly { readonly type: string }[];
  };
}

/**
 * The chain at one block. Every read names the block's hash and is decoded here with that block's tables: the library's own
 * reads fill holes from a cache that spans blocks, and look up the parent's runtime on the way.
 */
export interface View {
  readonly hash: Hex;
  readonly number: number;
  readonly specVersion: number;
  readonly tables: Tables;
  /** A runtime call's answer as JSON. */
  call(api: string, method: string, args: readonly unknown[]): Promise<unknown>;
  /** The same for answers that are read in another way. */
  answer(call: RuntimeCall): Promise<CallAnswer>;
  /** Values in the order of the items; absent optional ones are null, items this runtime does not have undefined. */
  storage(items: readonly StorageItem[]): Promise<readonly unknown[]>;
  /** Raw values by key, null where there is none. */
  raw(keys: readonly string[]): Promise<ReadonlyMap<string, Hex>>;
}

/** Public nodes bound the size of a request; a thousand keys are about 150 KB. */
const KEYS_PER_REQUEST = 1_000;

const version = z.object({ specName: z.string(), specVersion: z.number().int() });
type Change = readonly [key: string, value: Hex | null];

/** By hand: a snapshot holds thousands of them. */
function isChange(row: unknown): row is Change {
  if (!Array.isArray(row) || row.length !== 2) return false;
  const [key, value] = row as readonly unknown[];
  return (
    typeof key === "string" && (value === null || (typeof value === "string" && /^0x(?:[0-9a-f]{2})*$/.test(value)))
  );
}

const changeSets = z.array(z.object({ changes: z.array(z.unknown()) }));

/** @throws LinkError, RpcError. */
export async function viewAt(connection: ChainConnection, hash: Hex, signal: AbortSignal): Promise<View> {
  const ask = (method: string, params: readonly unknown[]): Promise<unknown> =>
    connection.request(method, params, signal);
  const [header, runtime] = await Promise.all([ask("chain_getHeader", [hash]), ask("state_getRuntimeVersion", [hash])]);
  const number = asHeight(header);
  if (number === null) throw new LinkError("The chain node does not know the block it announced.");
  const { specVersion } = parseAnswer(version, runtime, "its runtime version");
  const tables = await tablesOf(connection, hash, specVersion);
  const raw: View["raw"] = (keys) => rawValues(ask, hash, keys);
  return {
    hash,
    number,
    specVersion,
    tables,
    raw,
    call: async (api, method, args) => {
      const answer = await runtimeCall(ask, { hash, tables }, { api, method, args });
      return answer.read((found) => found.toJSON());
    },
    answer: (call) => runtimeCall(ask, { hash, tables }, call),
    storage: (items) => storageValues(raw, tables, items),
  };
}

async function tablesOf(connection: ChainConnection, hash: Hex, specVersion: number): Promise<Tables> {
  const { api } = connection;
  if (api.runtimeVersion.specVersion.toNumber() === specVersion) return api;
  try {
    return await api.at(hash);
  } catch (error) {
    throw new LinkError("The chain node does not hand out the tables of an older runtime.", error);
  }
}

type Ask = (method: string, params: readonly unknown[]) => Promise<unknown>;

async function runtimeCall(
  ask: Ask,
  at: { readonly hash: Hex; readonly tables: Tables },
  call: RuntimeCall,
): Promise<CallAnswer> {
  const { registry } = at.tables;
  const meta = (at.tables.call[call.api]?.[call.method] as CallEntry | undefined)?.meta;
  if (meta === undefined) throw unsupportedRuntime(`runtime call ${call.api}.${call.method}`);
  const bytes = call.args.map((arg, index) =>
    toHex(registry.createTypeUnsafe(meta.params[index]?.type ?? "Null", [arg]).toU8a()).slice(2),
  );
  const answer = fromHex(asHex(await ask("state_call", [meta.name, `0x${bytes.join("")}`, at.hash]), meta.name));
  return {
    type: meta.type,
    bytes: answer,
    read: (read) => decoded(meta.name, () => read(registry.createTypeUnsafe(meta.type, [answer]) as never)),
  };
}

async function storageValues(
  raw: View["raw"],
  tables: Tables,
  items: readonly StorageItem[],
): Promise<readonly unknown[]> {
  const known = items.map((item) => ({ item, key: storageKey(tables, item) }));
  const values = await raw(known.flatMap(({ key }) => (key === null ? [] : [key])));
  return known.map(({ item, key }) =>
    key === null ? undefined : decodeStorage(tables, item, values.get(key) ?? null),
  );
}

/** The key of a value, null when the runtime has no such item. */
export function storageKey(tables: Tables, item: StorageItem): string | null {
  const entry = tables.query[item.pallet]?.[item.item];
  return entry === undefined ? null : entry.key(...item.keys);
}

/** A value as JSON; without one, the item's default, or null when it is optional. */
export function decodeStorage(tables: Tables, item: StorageItem, value: Hex | null): unknown {
  return decodeWith(tables, item, value, (found) => {
    // The library reads a value that is cut short as if zeros followed, and ignores what follows a whole one.
    if (value !== null && found.encodedLength !== value.length / 2 - 1)
      throw new RangeError("not of its type's length");
    return found.toJSON();
  });
}

/** The same for values whose JSON says too little, as events do; `read` gets the library's own object, null for no value. */
export function decodeWith<D extends Decoded, T>(
  tables: Tables,
  item: StorageItem,
  value: Hex | null,
  read: (found: D) => T,
): T | null {
  const meta = tables.query[item.pallet]?.[item.item]?.creator.meta;
  if (meta === undefined) throw unsupportedRuntime(`storage item ${item.pallet}.${item.item}`);
  if (value === null && meta.modifier.isOptional) return null;
  const type = tables.registry.createLookupType(meta.type.isPlain ? meta.type.asPlain : meta.type.asMap.value);
  // As bytes: the library takes hexadecimal text for a byte string's content, without its length.
  const bytes = fromHex(value ?? meta.fallback.toHex());
  return decoded(`${item.pallet}.${item.item}`, () => read(tables.registry.createTypeUnsafe(type, [bytes]) as never));
}

function decoded<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw new LinkError(`The chain node's answer for ${what} cannot be decoded.`, error);
  }
}

async function rawValues(ask: Ask, hash: Hex, keys: readonly string[]): Promise<ReadonlyMap<string, Hex>> {
  const found = new Map<string, Hex>();
  const chunks: Promise<unknown>[] = [];
  for (let from = 0; from < keys.length; from += KEYS_PER_REQUEST) {
    chunks.push(ask("state_queryStorageAt", [keys.slice(from, from + KEYS_PER_REQUEST), hash]));
  }
  for (const answer of await Promise.all(chunks)) {
    for (const row of parseAnswer(changeSets, answer, "storage").flatMap((set) => set.changes)) {
      if (!isChange(row)) throw new LinkError("The chain node's answer for storage cannot be read.");
      const [key, value] = row;
      if (value !== null) found.set(key, value);
    }
  }
  return found;
}
