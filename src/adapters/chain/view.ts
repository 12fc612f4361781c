import * as z from "zod";
import { fromHex, toHex } from "../../core/determinism/digest.ts";
import type { Hex } from "../../core/model/ids.ts";
import { asHeight, asHex, parseAnswer } from "./answers.ts";
import { ArchiveError, LinkError, PolicyError, unsupportedRuntime } from "./chain-fault.ts";
import type { ChainConnection } from "./connection.ts";
import type { Tables } from "./polkadot.ts";
import { type Ask, rawValues } from "./raw-values.ts";

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
 * Reads of the chain at one block. Every one names the block's hash and is decoded here with that block's tables: the library's
 * own reads fill holes from a cache that spans blocks, and look up the parent's runtime on the way.
 */
export interface Reads {
  readonly hash: Hex;
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

/** What a block says of itself. */
export interface BlockFacts {
  readonly number: number;
  readonly specVersion: number;
}

/** The chain at one block whose height and runtime are known. */
export interface View extends Reads, BlockFacts {}

const version = z.object({ specName: z.string(), specVersion: z.number().int() });
/** @throws LinkError, RpcError. */
export async function viewAt(connection: ChainConnection, hash: Hex, signal: AbortSignal): Promise<View> {
  const facts = await blockFacts(connection, hash, signal);
  return { ...facts, ...readsWith(connection, { hash, tables: await tablesOf(connection, hash, facts) }, signal) };
}

/**
 * A first read that does not wait for what the block says of itself: it goes out with the tables of the connection's own
 * runtime, beside the questions for height and version, and is done anew when the block has another runtime. So one round trip
 * where {@link viewAt} and a read take two.
 *
 * @throws LinkError, RpcError, and what `read` throws.
 */
export async function readAt<T>(
  connection: ChainConnection,
  at: { readonly hash: Hex; readonly read: (reads: Reads) => Promise<T> },
  signal: AbortSignal,
): Promise<{ readonly view: View; readonly found: T }> {
  const { hash, read } = at;
  const { api } = connection;
  const assumed = specVersionOf(api);
  const guess = readsWith(connection, { hash, tables: api }, signal);
  const [facts, guessed] = await Promise.allSettled([blockFacts(connection, hash, signal), read(guess)]);
  if (facts.status === "rejected") throw facts.reason;
  if (facts.value.specVersion === assumed && specVersionOf(api) === assumed) {
    if (guessed.status === "rejected") throw guessed.reason;
    return { view: { ...facts.value, ...guess }, found: guessed.value };
  }
  const tables = await tablesOf(connection, hash, facts.value);
  const reads = readsWith(connection, { hash, tables }, signal);
  return { view: { ...facts.value, ...reads }, found: await read(reads) };
}

function specVersionOf(tables: ChainConnection["api"]): number {
  return tables.runtimeVersion.specVersion.toNumber();
}

async function blockFacts(connection: ChainConnection, hash: Hex, signal: AbortSignal): Promise<BlockFacts> {
  const [header, runtime] = await Promise.all([
    connection.request("chain_getHeader", [hash], signal),
    connection.request("state_getRuntimeVersion", [hash], signal),
  ]);
  const number = asHeight(header);
  if (number === null) throw new LinkError("The chain node does not know the block it announced.");
  connection.heads.requireHeader(header, hash);
  return { number, specVersion: parseAnswer(version, runtime, "its runtime version").specVersion };
}

/** The library looks at the parent's runtime: for the block that brought a new one it has the tables of the old. */
async function tablesOf(connection: ChainConnection, hash: Hex, { specVersion }: BlockFacts): Promise<Tables> {
  const { api } = connection;
  if (specVersionOf(api) === specVersion) return api;
  let found: Tables & { readonly runtimeVersion: { readonly specVersion: { toNumber(): number } } };
  try {
    found = await api.at(hash);
  } catch (error) {
    if (error instanceof ArchiveError || error instanceof PolicyError) throw error;
    throw new LinkError("The chain node does not hand out the tables of another runtime.", error);
  }
  if (found.query["subtensorModule"] === undefined) {
    throw new LinkError("The chain node's tables of another runtime cannot be read.");
  }
  if (found.runtimeVersion.specVersion.toNumber() === specVersion) return found;
  throw new LinkError("The chain's runtime is being replaced, and the tables of the new one are not here yet.");
}

function readsWith(
  connection: ChainConnection,
  at: { readonly hash: Hex; readonly tables: Tables },
  signal: AbortSignal,
): Reads {
  const { hash, tables } = at;
  const ask: Ask = (method, params) => connection.request(method, params, signal);
  const raw: Reads["raw"] = (keys) => rawValues(ask, hash, keys);
  return {
    hash,
    tables,
    raw,
    call: async (api, method, args) => {
      const answer = await runtimeCall(ask, at, { api, method, args });
      return answer.read((found) => found.toJSON());
    },
    answer: (call) => runtimeCall(ask, at, call),
    storage: (items) => storageValues(raw, tables, items),
  };
}

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
  raw: Reads["raw"],
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
