import type { RuntimeCodec, StorageCodec } from "../metadata/registry.ts";
import type { Overlay, StateReader } from "./state.ts";

/**
 * One storage item as this node uses it: where it is, how its decoded value is read, and what it is when the metadata does
 * not have it (a real metadata file may be older than the item). `K` are the types of its keys.
 */
export interface StorageItem<K extends readonly unknown[], V> {
  readonly pallet: string;
  readonly name: string;
  readonly read: (raw: unknown) => V;
  readonly absent: V;
  /** Never set: carries the type of the keys. */
  readonly keys?: K;
}

const MOST_KEYS = 50_000;
const knownKeys = new WeakMap<StorageCodec, Map<string, string>>();

/** The full key; remembered, because hashing an account costs more than all the rest of a read. */
function fullKey(codec: StorageCodec, keys: readonly unknown[]): string {
  const name = keys.map((key) => (key instanceof Uint8Array ? Buffer.from(key).toString("hex") : String(key))).join();
  let known = knownKeys.get(codec);
  if (known === undefined || known.size >= MOST_KEYS) {
    known = new Map();
    knownKeys.set(codec, known);
  }
  const key = known.get(name) ?? codec.key(...keys);
  known.set(name, key);
  return key;
}

/** Typed reads of a state through the metadata's codecs. */
export class TypedState {
  readonly runtime: RuntimeCodec;
  protected readonly reader: StateReader;

  constructor(runtime: RuntimeCodec, reader: StateReader) {
    this.runtime = runtime;
    this.reader = reader;
  }

  /** The value, or the metadata's default, or (for an optional item) what `read` makes of undefined. */
  get<K extends readonly unknown[], V>(item: StorageItem<K, V>, ...keys: K): V {
    const { pallet, name, read, absent } = item;
    if (!this.runtime.hasStorage(pallet, name)) return absent;
    const codec = this.runtime.storage(pallet, name);
    const bytes = this.reader.get(fullKey(codec, keys));
    if (bytes !== undefined) return read(codec.decode(bytes));
    return read(codec.modifier === "Optional" ? undefined : codec.decode(codec.fallback));
  }

  has<K extends readonly unknown[], V>({ pallet, name }: StorageItem<K, V>): boolean {
    return this.runtime.hasStorage(pallet, name);
  }

  /** The keys of what is stored under a map's first keys, in the order of storage. */
  entries<K extends readonly unknown[], V>({ pallet, name }: StorageItem<K, V>, ...first: Partial<K>): readonly K[] {
    if (!this.runtime.hasStorage(pallet, name)) return [];
    const codec = this.runtime.storage(pallet, name);
    return this.reader.keysOf(codec.key(...first)).map((key) => codec.decodeKey(key) as unknown as K);
  }
}

/** The same over an overlay, with writing. */
export class WritableState extends TypedState {
  readonly overlay: Overlay;

  constructor(runtime: RuntimeCodec, overlay: Overlay) {
    super(runtime, overlay);
    this.overlay = overlay;
  }

  /** Writes in the shapes of the codec; undefined removes. An item the metadata does not have is passed over. */
  put<K extends readonly unknown[], V>(item: StorageItem<K, V>, value: unknown, ...keys: K): void {
    if (!this.runtime.hasStorage(item.pallet, item.name)) return;
    const codec = this.runtime.storage(item.pallet, item.name);
    this.overlay.put(fullKey(codec, keys), value === undefined ? undefined : codec.encode(value));
  }

  /** The same for a value that is dear to make: it is made when somebody reads it. */
  putLater<K extends readonly unknown[], V>(item: StorageItem<K, V>, make: () => unknown, ...keys: K): void {
    if (!this.has(item)) return;
    const codec = this.runtime.storage(item.pallet, item.name);
    let made: Uint8Array | undefined;
    this.overlay.put(codec.key(...keys), () => {
      made ??= codec.encode(make());
      return made;
    });
  }
}
