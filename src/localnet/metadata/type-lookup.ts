import type { V14Lookup } from "@polkadot-api/substrate-bindings";
import { ScaleError } from "./scale-error.ts";
import { primitiveSize } from "./scale-primitives.ts";

/** One entry of a metadata's type registry. */
export type TypeEntry = V14Lookup[number];

/** Reads a type registry: entries by id and the questions several walks ask about them. */
export class TypeLookup {
  readonly #entries: ReadonlyMap<number, TypeEntry>;
  readonly #minimum = new Map<number, number>();

  constructor(lookup: readonly TypeEntry[]) {
    this.#entries = new Map(lookup.map((entry) => [entry.id, entry]));
  }

  get(id: number): TypeEntry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new ScaleError(`the metadata has no type ${id}`);
    return entry;
  }

  /** The type below one-field tuple structs and one-element tuples: `NetUid` → `u16`. */
  unwrapped(id: number): TypeEntry {
    const entry = this.get(id);
    const { def } = entry;
    const only = def.tag === "composite" && def.value.length === 1 ? def.value[0] : undefined;
    if (only !== undefined && only.name === undefined) return this.unwrapped(only.type);
    const single = def.tag === "tuple" && def.value.length === 1 ? def.value[0] : undefined;
    return single === undefined ? entry : this.unwrapped(single);
  }

  isByte(id: number): boolean {
    const { def } = this.get(id);
    return def.tag === "primitive" && def.value.tag === "u8";
  }

  isOption(entry: TypeEntry): boolean {
    return entry.def.tag === "variant" && entry.path.length === 1 && entry.path[0] === "Option";
  }

  isUnit(entry: TypeEntry): boolean {
    return (entry.def.tag === "composite" || entry.def.tag === "tuple") && entry.def.value.length === 0;
  }

  /** The fewest bytes a value of the type can have: a lower bound, so that counts can be checked before allocating. */
  minimum(id: number): number {
    const known = this.#minimum.get(id);
    if (known !== undefined) return known;
    this.#minimum.set(id, 0);
    const size = this.#measure(this.get(id));
    this.#minimum.set(id, size);
    return size;
  }

  #measure({ def }: TypeEntry): number {
    switch (def.tag) {
      case "composite":
        return def.value.reduce((sum, field) => sum + this.minimum(field.type), 0);
      case "tuple":
        return def.value.reduce((sum, type) => sum + this.minimum(type), 0);
      case "array":
        return def.value.len * this.minimum(def.value.type);
      case "primitive":
        return primitiveSize(def.value.tag);
      case "compact":
        return this.isUnit(this.unwrapped(def.value)) ? 0 : 1;
      case "variant":
        return def.value.length === 0 ? 1 : 1 + Math.min(...def.value.map((variant) => this.#fields(variant.fields)));
      case "sequence":
      case "bitSequence":
        return 1;
      default:
        return 0;
    }
  }

  #fields(fields: readonly { readonly type: number }[]): number {
    return fields.reduce((sum, field) => sum + this.minimum(field.type), 0);
  }
}
