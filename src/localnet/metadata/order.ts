import { isRecord } from "./scale-shapes.ts";
import type { TypeEntry, TypeLookup } from "./type-lookup.ts";

type Compare = (a: unknown, b: unknown) => number;

/** Shorter first when one is the beginning of the other, as Rust orders slices. */
function lexicographic(a: ArrayLike<unknown>, b: ArrayLike<unknown>, compare: (place: number) => Compare): number {
  const length = Math.min(a.length, b.length);
  for (let place = 0; place < length; place += 1) {
    const result = compare(place)(a[place], b[place]);
    if (result !== 0) return result;
  }
  return a.length - b.length;
}

const plain: Compare = (a, b) => {
  const [x, y] = [a as number, b as number];
  return x < y ? -1 : Number(x > y);
};

function compareLists(item: Compare): Compare {
  return (a, b) => lexicographic(a as ArrayLike<unknown>, b as ArrayLike<unknown>, () => item);
}

function compareTuples(parts: readonly Compare[]): Compare {
  if (parts.length === 1 && parts[0] !== undefined) return parts[0];
  return (a, b) => lexicographic(a as ArrayLike<unknown>, b as ArrayLike<unknown>, (place) => parts[place] ?? plain);
}

/** Rust's `Ord` for values of a type, as far as keys of a BTreeMap or BTreeSet need it. */
export function orderOf(types: TypeLookup, id: number): Compare {
  const entry = types.get(id);
  const { def } = entry;
  switch (def.tag) {
    case "sequence":
      return compareLists(orderOf(types, def.value));
    case "array":
      return compareLists(orderOf(types, def.value.type));
    case "tuple":
      return compareTuples(def.value.map((part) => orderOf(types, part)));
    case "composite":
      return orderOfStruct(types, def.value);
    case "variant":
      return orderOfEnum(types, entry);
    case "primitive":
    case "compact":
    case "bitSequence":
      return plain;
  }
}

type Fields = readonly { readonly name: string | undefined; readonly type: number }[];

function orderOfStruct(types: TypeLookup, fields: Fields): Compare {
  const parts = fields.map((field) => orderOf(types, field.type));
  const names = fields.map((field) => field.name);
  if (names.length === 0) return () => 0;
  if (names.some((name) => name === undefined)) return compareTuples(parts);
  const values = (value: unknown): unknown[] => (isRecord(value) ? names.map((name) => value[name ?? ""]) : []);
  return (a, b) => lexicographic(values(a), values(b), (place) => parts[place] ?? plain);
}

function orderOfEnum(types: TypeLookup, entry: TypeEntry): Compare {
  const variants = entry.def.tag === "variant" ? entry.def.value : [];
  const parts = new Map(variants.map((variant) => [variant.name, orderOfStruct(types, variant.fields)]));
  const places = new Map(variants.map((variant, place) => [variant.name, place]));
  const some = parts.get("Some");
  if (types.isOption(entry) && some !== undefined) {
    return (a, b) =>
      a === undefined || b === undefined ? Number(a !== undefined) - Number(b !== undefined) : some(a, b);
  }
  return (a, b) => {
    const [x, y] = [isRecord(a) ? a : {}, isRecord(b) ? b : {}];
    const [left, right] = [String(x["type"]), String(y["type"])];
    if (left !== right) return (places.get(left) ?? 0) - (places.get(right) ?? 0);
    return (parts.get(left) ?? plain)(x["value"], y["value"]);
  };
}

/** Sorts and keeps the last of equal keys, as collecting into a BTreeMap or BTreeSet does. */
export function sorted(compare: Compare, keyOf: (item: unknown) => unknown): (items: readonly unknown[]) => unknown[] {
  return (items) => {
    const inOrder = [...items].sort((a, b) => compare(keyOf(a), keyOf(b)));
    return inOrder.filter((item, place) => {
      const next = inOrder[place + 1];
      return place === inOrder.length - 1 || compare(keyOf(item), keyOf(next)) !== 0;
    });
  };
}
