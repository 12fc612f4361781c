import { type AnyCodec, codecOf } from "./cursor.ts";
import { ERA_PATH, eraCodec } from "./era.ts";
import { orderOf, sorted } from "./order.ts";
import { ScaleError } from "./scale-error.ts";
import { byteList, compactOf, fixedBytes, primitive, primitiveSize, unit } from "./scale-primitives.ts";
import { arrayOf, enumOf, listOf, optionOf, structOf, tupleOf } from "./scale-shapes.ts";
import { type TypeEntry, TypeLookup } from "./type-lookup.ts";

interface Field {
  readonly name: string | undefined;
  readonly type: number;
}

/** A type may contain itself (a call holds calls) so often; a node allows calls 8 deep when it validates (chain.md §3.6). */
const MAX_DEPTH = 16;

/** From type ids to codecs: our own walk over a metadata's type registry (DESIGN D19). Codecs are made on first use. */
export class TypeCodecs {
  readonly types: TypeLookup;
  readonly #codecs = new Map<number, AnyCodec>();
  readonly #open = new Set<number>();
  #depth = 0;

  constructor(lookup: readonly TypeEntry[]) {
    this.types = new TypeLookup(lookup);
  }

  /** The codec of a type. Values: the table at the head of registry.ts. */
  codec(id: number): AnyCodec {
    const known = this.#codecs.get(id);
    if (known !== undefined) return known;
    if (this.#open.has(id)) return this.#recursive(id);
    this.#open.add(id);
    const made = this.#make(this.types.get(id));
    this.#open.delete(id);
    this.#codecs.set(id, made);
    return made;
  }

  /** The codec of fields: an object when they have names, else as a tuple. */
  fields(fields: readonly Field[]): AnyCodec {
    const [first] = fields;
    if (first === undefined) return unit;
    if (fields.some((field) => field.name === undefined)) {
      return fields.length === 1 ? this.codec(first.type) : tupleOf(fields.map((field) => this.codec(field.type)));
    }
    return structOf(
      fields.map(({ name, type }) => ({
        name: name ?? "",
        codec: this.codec(type),
        optional: this.types.isOption(this.types.unwrapped(type)),
      })),
    );
  }

  #recursive(id: number): AnyCodec {
    const descend = <T>(run: () => T): T => {
      if (this.#depth >= MAX_DEPTH) throw new ScaleError(`nested more than ${MAX_DEPTH} times`);
      this.#depth += 1;
      try {
        return run();
      } finally {
        this.#depth -= 1;
      }
    };
    return codecOf(
      (out, value) => descend(() => this.codec(id).write(out, value)),
      (bytes) => descend(() => this.codec(id).dec(bytes)),
    );
  }

  #make(entry: TypeEntry): AnyCodec {
    const { def } = entry;
    switch (def.tag) {
      case "primitive":
        return primitive(def.value.tag);
      case "compact":
        return this.#compact(def.value);
      case "sequence":
        return this.types.isByte(def.value) ? byteList : listOf(this.codec(def.value), this.types.minimum(def.value));
      case "array":
        return this.#array(def.value.type, def.value.len);
      case "tuple":
        return this.fields(def.value.map((type) => ({ name: undefined, type })));
      case "composite":
        return this.#ordered(entry) ?? this.fields(def.value);
      case "variant":
        return this.#variant(entry);
      case "bitSequence":
        throw new ScaleError("bit sequences are not supported: no type of this chain has one");
      default:
        throw new ScaleError(`type ${entry.id} has an unknown definition`);
    }
  }

  #array(item: number, length: number): AnyCodec {
    if (this.types.isByte(item)) return fixedBytes(length);
    return arrayOf(this.codec(item), length, this.types.minimum(item));
  }

  #compact(id: number): AnyCodec {
    const inner = this.types.unwrapped(id);
    if (this.types.isUnit(inner)) return unit;
    if (inner.def.tag !== "primitive") throw new ScaleError(`type ${id} cannot be compact`);
    return compactOf(primitiveSize(inner.def.value.tag) * 8);
  }

  /** BTreeMap and BTreeSet: lists that are sorted and without duplicates on the wire. */
  #ordered(entry: TypeEntry): AnyCodec | undefined {
    const name = entry.path.length === 1 ? entry.path[0] : undefined;
    const list = entry.def.tag === "composite" ? entry.def.value[0] : undefined;
    if ((name !== "BTreeMap" && name !== "BTreeSet") || list === undefined) return undefined;
    const { def } = this.types.get(list.type);
    if (def.tag !== "sequence") return undefined;
    const pair = this.types.get(def.value).def;
    const isMap = name === "BTreeMap";
    const key = isMap && pair.tag === "tuple" ? pair.value[0] : def.value;
    if (key === undefined) return undefined;
    const keyOf = (item: unknown): unknown => (isMap && Array.isArray(item) ? item[0] : item);
    const order = sorted(orderOf(this.types, key), keyOf);
    return listOf(this.codec(def.value), this.types.minimum(def.value), order);
  }

  #variant(entry: TypeEntry): AnyCodec {
    if (entry.path.join("::") === ERA_PATH) return eraCodec;
    const variants = entry.def.tag === "variant" ? entry.def.value : [];
    const some = variants.find((variant) => variant.name === "Some")?.fields[0];
    if (this.types.isOption(entry) && some !== undefined) {
      return optionOf(this.codec(some.type), this.#canBeUndefined(some.type));
    }
    return enumOf(
      variants.map(({ name, index, fields }) => ({
        name,
        index,
        codec: this.fields(fields),
        empty: fields.length === 0,
      })),
    );
  }

  #canBeUndefined(id: number): boolean {
    const inner = this.types.unwrapped(id);
    return this.types.isOption(inner) || this.types.isUnit(inner) || inner.path.join("::") === ERA_PATH;
  }
}
