import type { V14Lookup } from "@polkadot-api/substrate-bindings";
import type { FieldList, NamedType, NamedTypes, Variants } from "./notation.ts";

type Entry = V14Lookup[number];
type Definition = Entry["def"];
type Field = Extract<Definition, { tag: "composite" }>["value"][number];
type PrimitiveDefinition = Extract<Definition, { tag: "primitive" }>;

const PRIMITIVES = "bool char str u8 u16 u32 u64 u128 u256 i8 i16 i32 i64 i128 i256".split(" ");

/** The parts of `a, b<c, d>, (e, f)` at its outermost commas. */
function splitParts(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? "";
    if ("<([".includes(character)) depth += 1;
    else if (">)]".includes(character)) depth -= 1;
    else if (character === separator && depth === 0) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)].filter((part) => part !== "");
}

/**
 * The type registry that grows while a definition is read: every text one type, ids = positions (own-metadata.md §2).
 * A type's id is reserved before its parts are described, so that a type may contain itself.
 */
export class TypeList {
  readonly lookup: Entry[] = [];
  readonly #named: NamedTypes;
  readonly #ids = new Map<string, number>();

  constructor(named: NamedTypes) {
    this.#named = named;
  }

  /** The id of a type by its text. */
  id(text: string): number {
    const key = text.replaceAll(" ", "");
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const entry: Entry = { id: this.lookup.length, path: [], params: [], def: { tag: "tuple", value: [] }, docs: [] };
    this.#ids.set(key, entry.id);
    this.lookup.push(entry);
    Object.assign(entry, this.#describe(key));
    return entry.id;
  }

  #describe(key: string): Pick<Entry, "def"> & Partial<Entry> {
    if (PRIMITIVES.includes(key)) return { def: { tag: "primitive", value: primitiveDefinition(key) } };
    if (key.startsWith("(") && key.endsWith(")")) {
      return { def: { tag: "tuple", value: splitParts(key.slice(1, -1), ",").map((part) => this.id(part)) } };
    }
    if (key.startsWith("[") && key.endsWith("]")) return { def: this.#array(key) };
    const named = this.#named[key];
    if (named !== undefined) return this.#describeNamed(named);
    const generic = /^(\w+)<(.*)>$/.exec(key);
    if (generic === null) throw new Error(`the definition has no type "${key}"`);
    return this.#generic(generic[1] ?? "", splitParts(generic[2] ?? "", ","));
  }

  #array(key: string): Definition {
    const [item = "", length = ""] = splitParts(key.slice(1, -1), ";");
    return { tag: "array", value: { type: this.id(item), len: Number(length) } };
  }

  #generic(name: string, args: readonly string[]): Pick<Entry, "def"> & Partial<Entry> {
    const [first = "()", second = "()"] = args;
    switch (name) {
      case "Vec":
        return { def: { tag: "sequence", value: this.id(first) } };
      case "Compact":
        return { def: { tag: "compact", value: this.id(first) } };
      case "Option":
        return this.#describeNamed(generic("Option", { T: first }, { variants: { None: 0, Some: [1, [first]] } }));
      case "Result": {
        const list: Variants = { Ok: [0, [first]], Err: [1, [second]] };
        return this.#describeNamed(generic("Result", { T: first, E: second }, { variants: list }));
      }
      case "BTreeMap":
        return this.#describeNamed(
          generic("BTreeMap", { K: first, V: second }, { fields: [`Vec<(${first},${second})>`] }),
        );
      case "BTreeSet":
        return this.#describeNamed(generic("BTreeSet", { T: first }, { fields: [`Vec<${first}>`] }));
      case "Cow":
        return this.#describeNamed(generic("Cow", { T: first }, { fields: [first] }));
      case "BoundedVec": {
        const path = "bounded_collections::bounded_vec::BoundedVec";
        return this.#describeNamed(generic(path, { T: first, S: null }, { fields: [`Vec<${first}>`] }));
      }
      default:
        throw new Error(`the notation has no generic type "${name}"`);
    }
  }

  #describeNamed({ path, params, shape }: NamedType): Pick<Entry, "def"> & Partial<Entry> {
    const def: Definition =
      "fields" in shape
        ? { tag: "composite", value: this.#fields(shape.fields) }
        : { tag: "variant", value: this.#variants(shape.variants) };
    return {
      path: path.split("::"),
      params: Object.entries(params ?? {}).map(([name, type]) => ({
        name,
        type: type === null ? undefined : this.id(type),
      })),
      def,
    };
  }

  #fields(fields: FieldList): Field[] {
    const list: [string | undefined, string][] = isList(fields)
      ? fields.map((type) => [undefined, type])
      : Object.entries(fields);
    return list.map(([name, type]) => ({ name, type: this.id(type), typeName: type, docs: [] }));
  }

  #variants(list: Variants): Extract<Definition, { tag: "variant" }>["value"] {
    return Object.entries(list).map(([name, variant]) => {
      const [index, fields] = typeof variant === "number" ? [variant, []] : variant;
      return { name, index, fields: this.#fields(fields), docs: [] };
    });
  }
}

function isList(fields: FieldList): fields is readonly string[] {
  return Array.isArray(fields);
}

function generic(path: string, params: NamedType["params"], shape: NamedType["shape"]): NamedType {
  return { path, params: params ?? {}, shape };
}

function primitiveDefinition(name: string): PrimitiveDefinition["value"] {
  return { tag: name, value: undefined } as PrimitiveDefinition["value"];
}
