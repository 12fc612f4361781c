import { AccountId } from "@polkadot-api/substrate-bindings";
import { ERA_PATH } from "../../../src/localnet/metadata/era.ts";
import type { TypeEntry, TypeLookup } from "../../../src/localnet/metadata/type-lookup.ts";

type Random = () => number;

/** Small seeded generator (mulberry32): the same values on every machine. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A value that cannot exist: an enum without variants. */
export class NoValue extends Error {}

function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

/** Edges more often than anything between them. */
function randomInteger(random: Random, bits: number, signed: boolean): number | bigint {
  const top = 2n ** BigInt(signed ? bits - 1 : bits) - 1n;
  const low = signed ? -top - 1n : 0n;
  const edges = [0n, 1n, 63n, 64n, 16383n, 16384n, 2n ** 30n - 1n, 2n ** 30n, 2n ** 53n, top, low].filter(
    (edge) => edge >= low && edge <= top,
  );
  let value = edges[below(random, edges.length)] ?? 0n;
  if (random() < 0.4) {
    value = 0n;
    for (let at = 0; at < bits; at += 16) value = (value << 16n) | BigInt(below(random, 65536));
    value = (value & top) * (signed && random() < 0.5 ? -1n : 1n);
  }
  return bits <= 32 ? Number(value) : value;
}

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => below(random, 256));
}

function randomPrimitive(random: Random, name: string): unknown {
  if (name === "bool") return random() < 0.5;
  if (name === "str") return ["", "a", "Zürich", "名前", "x".repeat(70)][below(random, 5)];
  return randomInteger(random, Number(name.slice(1)), name.startsWith("i"));
}

/** A random value of a type, in our own conventions (head of registry.ts). */
export function randomValue(types: TypeLookup, id: number, random: Random, depth = 0): unknown {
  const entry = types.get(id);
  const { def } = entry;
  const inner = (type: number): unknown => randomValue(types, type, random, depth + 1);
  switch (def.tag) {
    case "primitive":
      return randomPrimitive(random, def.value.tag);
    case "compact":
      return inner(types.unwrapped(def.value).id);
    case "sequence": {
      const length = depth > 6 ? 0 : below(random, 4);
      if (types.isByte(def.value)) return randomBytes(random, [0, 1, 5, 63, 64, 70][below(random, 6)] ?? 0);
      return Array.from({ length }, () => inner(def.value));
    }
    case "array":
      if (types.isByte(def.value.type)) return randomBytes(random, def.value.len);
      return Array.from({ length: def.value.len }, () => inner(def.value.type));
    case "tuple":
      return randomFields(
        def.value.map((type) => ({ name: undefined, type })),
        inner,
      );
    case "composite":
      return randomFields(def.value, inner);
    case "variant":
      return randomVariant(types, entry, random, depth);
    case "bitSequence":
      throw new NoValue(def.tag);
    default:
      throw new Error("unknown definition");
  }
}

function randomFields(
  fields: readonly { readonly name: string | undefined; readonly type: number }[],
  inner: (type: number) => unknown,
): unknown {
  const [first] = fields;
  if (first === undefined) return undefined;
  if (first.name === undefined) return fields.length === 1 ? inner(first.type) : fields.map(({ type }) => inner(type));
  return Object.fromEntries(fields.map(({ name, type }) => [name, inner(type)]));
}

function randomVariant(types: TypeLookup, entry: TypeEntry, random: Random, depth: number): unknown {
  const inner = (type: number): unknown => randomValue(types, type, random, depth + 1);
  if (entry.path.join("::") === ERA_PATH) {
    if (random() < 0.3) return undefined;
    const period = 2 ** (2 + below(random, 15));
    const step = Math.max(1, period >> 12);
    return { period, phase: below(random, period / step) * step };
  }
  const all = entry.def.tag === "variant" ? entry.def.value : [];
  const some = all.find(({ name }) => name === "Some")?.fields[0];
  if (types.isOption(entry) && some !== undefined) {
    const tagged = isNullable(types, some.type);
    if (random() < 0.4) return tagged ? { type: "None" } : undefined;
    return tagged ? { type: "Some", value: inner(some.type) } : inner(some.type);
  }
  // Deep down only variants without fields, or the recursion of calls in calls would not end.
  const flat = all.filter(({ fields }) => fields.length === 0);
  const choice = depth > 6 && flat.length > 0 ? flat : all;
  const variant = choice[below(random, choice.length)];
  if (variant === undefined || depth > 14) throw new NoValue(entry.path.join("::"));
  const value = randomFields(variant.fields, inner);
  return variant.fields.length === 0 ? { type: variant.name } : { type: variant.name, value };
}

function isNullable(types: TypeLookup, id: number): boolean {
  const inner = types.unwrapped(id);
  return types.isOption(inner) || types.isUnit(inner) || inner.path.join("::") === ERA_PATH;
}

const account = AccountId();

/** The notation of the SDK vectors, turned into ours by the type. */
export function fromVector(types: TypeLookup, id: number, value: unknown): unknown {
  const entry = types.get(id);
  const { def } = entry;
  const inner = (type: number, part: unknown): unknown => fromVector(types, type, part);
  const fields = (
    list: readonly { readonly name: string | undefined; readonly type: number }[],
    part: unknown,
  ): unknown => {
    const [first] = list;
    if (first === undefined) return undefined;
    if (first.name !== undefined) {
      const source = part as Record<string, unknown>;
      return Object.fromEntries(list.map(({ name, type }) => [name, inner(type, source[name ?? ""])]));
    }
    if (list.length === 1) return inner(first.type, part);
    return list.map(({ type }, at) => inner(type, (part as unknown[])[at]));
  };
  if (entry.path.at(-1) === "AccountId32" && typeof value === "string") return account.enc(value);
  switch (def.tag) {
    case "primitive":
      return ["bool", "str"].includes(def.value.tag) ? value : integer(def.value.tag, value);
    case "compact":
      return inner(types.unwrapped(def.value).id, value);
    case "sequence":
      return types.isByte(def.value) ? hex(value) : (value as unknown[]).map((part) => inner(def.value, part));
    case "array":
      return types.isByte(def.value.type)
        ? hex(value)
        : (value as unknown[]).map((part) => inner(def.value.type, part));
    case "tuple":
      return fields(
        def.value.map((type) => ({ name: undefined, type })),
        value,
      );
    case "composite":
      return fields(def.value, value);
    case "variant":
      return vectorVariant(types, entry, value, fields);
    case "bitSequence":
      throw new NoValue(def.tag);
    default:
      throw new Error("unknown definition");
  }
}

function vectorVariant(
  types: TypeLookup,
  entry: TypeEntry,
  value: unknown,
  fields: (list: readonly { readonly name: string | undefined; readonly type: number }[], part: unknown) => unknown,
): unknown {
  const all = entry.def.tag === "variant" ? entry.def.value : [];
  const some = all.find(({ name }) => name === "Some");
  if (types.isOption(entry) && some !== undefined) {
    const tagged = some.fields[0] !== undefined && isNullable(types, some.fields[0].type);
    if (value === null) return tagged ? { type: "None" } : undefined;
    return tagged ? { type: "Some", value: fields(some.fields, value) } : fields(some.fields, value);
  }
  const [type, payload] = typeof value === "string" ? [value, undefined] : (Object.entries(value as object)[0] ?? []);
  const variant = all.find(({ name }) => name === type);
  if (variant === undefined) throw new Error(`no variant ${String(type)}`);
  return variant.fields.length === 0 ? { type } : { type, value: fields(variant.fields, payload) };
}

function integer(kind: string, value: unknown): number | bigint {
  return Number(kind.slice(1)) <= 32 ? Number(value) : BigInt(value as string);
}

export function hex(value: unknown): Uint8Array {
  return new Uint8Array(Buffer.from(String(value).replace(/^0x/, ""), "hex"));
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
