/**
 * The notation of our own runtime definition (own-metadata.md §2).
 *
 * Types are strings in Rust's own reading: `u16`, `Vec<(AccountId32, Compact<u64>)>`, `[u8; 32]`, `Option<T>`,
 * `Result<T, E>`, `BoundedVec<T>`, `BTreeMap<K, V>`, `()`. All other names stand in a table of named types.
 */

/** Fields without names are a list of types, fields with names an object. */
export type FieldList = readonly string[] | Readonly<Record<string, string>>;

/** A variant without fields is its index alone. */
export type Variants = Readonly<Record<string, number | readonly [index: number, fields: FieldList]>>;

export interface NamedType {
  /** As clients read it: `sp_core::crypto::AccountId32` (own-metadata.md §3 lists which ones matter). */
  readonly path: string;
  /** Generic parameters: a type, or null for one that the metadata leaves out. */
  readonly params?: Readonly<Record<string, string | null>>;
  readonly shape: { readonly fields: FieldList } | { readonly variants: Variants };
}

export type NamedTypes = Readonly<Record<string, NamedType>>;

type Hasher = "Blake2128Concat" | "Blake2128" | "Blake2256" | "Twox64Concat" | "Twox128" | "Twox256" | "Identity";

export type StorageKeys = readonly (readonly [hasher: Hasher, type: string])[];

/** A storage item; without `fallback` it is `Optional`. The fallback is a value, encoded when the metadata is built. */
export interface StorageItem {
  readonly keys: StorageKeys;
  readonly value: string;
  readonly fallback?: { readonly value: unknown };
}

export interface Pallet {
  readonly name: string;
  readonly index: number;
  /** Rust path of its module, `pallet_subtensor`; its enums become `pallet_subtensor::pallet::Call` and so on. */
  readonly module: string;
  readonly calls?: Variants;
  readonly events?: Variants;
  readonly errors?: Variants;
  readonly storage?: Readonly<Record<string, StorageItem>>;
  readonly constants?: Readonly<Record<string, readonly [type: string, value: unknown]>>;
}

export interface RuntimeApi {
  readonly name: string;
  readonly version: number;
  readonly methods: Readonly<
    Record<string, { readonly inputs: Readonly<Record<string, string>>; readonly output: string }>
  >;
}

export interface SignedExtension {
  readonly identifier: string;
  readonly type: string;
  readonly additionalSigned: string;
}

export interface RuntimeDefinition {
  readonly types: NamedTypes;
  readonly pallets: readonly Pallet[];
  readonly apis: readonly RuntimeApi[];
  readonly extensions: readonly SignedExtension[];
  /** Rust path before `RuntimeCall`, `RuntimeEvent` and `RuntimeError`. */
  readonly module: string;
}

/** A plain storage value. With a fallback it is `Default`, without `Optional`. */
export function plain(value: string, ...fallback: readonly [] | readonly [value: unknown]): StorageItem {
  return map([], value, ...fallback);
}

/** A storage map. With a fallback it is `Default`, without `Optional`. */
export function map(
  keys: StorageKeys,
  value: string,
  ...fallback: readonly [] | readonly [value: unknown]
): StorageItem {
  return fallback.length === 0 ? { keys, value } : { keys, value, fallback: { value: fallback[0] } };
}

/** Variants numbered from 0 by their position: error names. */
export function numbered(names: readonly string[]): Variants {
  return Object.fromEntries(names.map((name, index) => [name, index]));
}

/** A struct with named or unnamed fields. */
export function struct(path: string, fields: FieldList, params?: NamedType["params"]): NamedType {
  return params === undefined ? { path, shape: { fields } } : { path, params, shape: { fields } };
}

/** An enum. */
export function variants(path: string, list: Variants, params?: NamedType["params"]): NamedType {
  return params === undefined ? { path, shape: { variants: list } } : { path, params, shape: { variants: list } };
}
