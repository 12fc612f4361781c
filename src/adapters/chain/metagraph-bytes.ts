import { toHex } from "../../core/determinism/digest.ts";
import type { Hex } from "../../core/model/ids.ts";
import type { Tables } from "./polkadot.ts";

/** The columns of a metagraph that a snapshot holds, by uid; a vector may be shorter than the number of neurons. */
export interface Columns {
  readonly accounts: readonly Hex[];
  readonly active: readonly boolean[];
  readonly validatorPermit: readonly boolean[];
  readonly lastUpdate: readonly number[];
  readonly incentives: readonly number[];
  readonly blockAtRegistration: readonly number[];
  readonly totalStake: readonly bigint[];
}

/**
 * A selective metagraph read by hand: `Option<struct>` whose first field is the netuid and whose every other is an Option,
 * None where the column was not asked for. The library makes an object of each number, most of a snapshot of thousands of
 * neurons. Null where the metadata shows another layout, or the bytes are not just this: then the library reads them.
 */
export function readColumns(tables: Tables, type: string, bytes: Uint8Array): Columns | null {
  const fields = fieldsOf(tables, type);
  if (fields === null || bytes[0] !== 1) return null;
  const reader = new Reader(bytes, 1);
  reader.compact();
  const found = new Map<string, readonly unknown[]>();
  for (const [name, kind] of fields) {
    if (reader.byte() === 0) continue;
    const read = READERS[kind];
    // What follows is only known for the columns that were asked for.
    if (read === undefined || !NAMES.has(name)) return null;
    found.set(name, reader.list(read));
    if (!reader.whole) return null;
  }
  return reader.atEnd ? columnsOf(found) : null;
}

const NAMES: ReadonlySet<string> = new Set([
  "hotkeys",
  "active",
  "validatorPermit",
  "lastUpdate",
  "incentives",
  "blockAtRegistration",
  "totalStake",
]);

/** By the type that the metadata gives a column. */
const READERS: Readonly<Record<string, (reader: Reader) => unknown>> = {
  "Option<Vec<AccountId32>>": (reader) => reader.account(),
  "Option<Vec<bool>>": (reader) => reader.flag(),
  "Option<Vec<Compact<u64>>>": (reader) => reader.compact(),
  "Option<Vec<Compact<u16>>>": (reader) => reader.compact(),
  "Option<Vec<Compact<PerU16>>>": (reader) => reader.compact(),
};

function columnsOf(found: ReadonlyMap<string, readonly unknown[]>): Columns | null {
  const flags = (name: string): readonly boolean[] => (found.get(name) ?? []) as readonly boolean[];
  const counts = (name: string): readonly (number | bigint)[] =>
    (found.get(name) ?? []) as readonly (number | bigint)[];
  const lastUpdate = counts("lastUpdate").map(Number);
  const incentives = counts("incentives").map(Number);
  const blockAtRegistration = counts("blockAtRegistration").map(Number);
  // A number that a number cannot hold, or a column that is missing: the slow way has the words for it.
  if (![...lastUpdate, ...incentives, ...blockAtRegistration].every(Number.isSafeInteger) || found.size < NAMES.size)
    return null;
  const accounts = found.get("hotkeys") as readonly Hex[];
  const permits = flags("validatorPermit");
  const totalStake = counts("totalStake").map(BigInt);
  return {
    accounts,
    active: flags("active"),
    validatorPermit: permits,
    lastUpdate,
    incentives,
    blockAtRegistration,
    totalStake,
  };
}

type Layout = readonly (readonly [name: string, type: string])[];

/** Fields of the struct after the netuid, in their order, by its type; null for another layout. Made once for each runtime. */
const layouts = new WeakMap<Tables["registry"]["metadata"], Map<string, Layout | null>>();

function fieldsOf(tables: Tables, type: string): Layout | null {
  const { metadata } = tables.registry;
  const known = layouts.get(metadata) ?? new Map<string, Layout | null>();
  layouts.set(metadata, known);
  const before = known.get(type);
  if (before !== undefined) return before;
  const fields = fieldsOfStruct(tables, type);
  known.set(type, fields);
  return fields;
}

function fieldsOfStruct({ registry }: Tables, type: string): Layout | null {
  const [first, ...rest] = Object.entries(typesOfStruct(registry, type) ?? {});
  const fits =
    first?.[0] === "netuid" && first[1] === "Compact<u16>" && rest.every(([, kind]) => /^Option</.test(kind));
  return fits ? rest : null;
}

/** Some of nothing but zeros: the library's object for it knows names and types. */
function typesOfStruct(registry: Tables["registry"], type: string): Readonly<Record<string, string>> | undefined {
  try {
    const some = registry.createTypeUnsafe(type, [Uint8Array.of(1, ...new Uint8Array(1_023))]) as unknown as {
      readonly isSome?: boolean;
      unwrap?(): { readonly Type?: Readonly<Record<string, string>> };
    };
    return some.isSome === true ? some.unwrap?.().Type : undefined;
  } catch {
    // A type of which zeros are no value is another one than we know.
    return undefined;
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;
  #whole = true;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
  }

  /** False as soon as something was read that is not there, or is not what it should be. */
  get whole(): boolean {
    return this.#whole;
  }

  get atEnd(): boolean {
    return this.#whole && this.#at === this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    this.#at += 1;
    if (byte === undefined) this.#whole = false;
    return byte ?? 0;
  }

  flag(): boolean {
    const byte = this.byte();
    if (byte > 1) this.#whole = false;
    return byte === 1;
  }

  account(): Hex {
    const start = this.#at;
    this.#at += 32;
    if (this.#at > this.#bytes.length) this.#whole = false;
    return toHex(this.#bytes.subarray(start, this.#at));
  }

  /** SCALE's compact integer, up to 64 bits. */
  compact(): number | bigint {
    const first = this.byte();
    const mode = first & 3;
    if (mode === 0) return first >>> 2;
    if (mode === 1) return (first >>> 2) + this.byte() * 64;
    if (mode === 2) return (first >>> 2) + this.byte() * 64 + this.byte() * 16_384 + this.byte() * 4_194_304;
    return this.#large((first >>> 2) + 4);
  }

  #large(size: number): bigint {
    const start = this.#at;
    this.#at += size;
    if (size > 8 || this.#at > this.#bytes.length) {
      this.#whole = false;
      return 0n;
    }
    let value = 0n;
    for (let at = size - 1; at >= 0; at -= 1) value = value * 256n + BigInt(this.#view.getUint8(start + at));
    return value;
  }

  /** Stops at the end of the bytes, whatever length they state. */
  list(read: (reader: Reader) => unknown): readonly unknown[] {
    const length = Number(this.compact());
    const items: unknown[] = [];
    while (items.length < length && this.#whole) items.push(read(this));
    return items;
  }
}
