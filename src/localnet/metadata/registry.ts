/**
 * The face of the localnet's metadata room: a runtime by its metadata, as codecs by name (own-metadata.md §1, §4).
 *
 * One path serves our own definition and a metadata file: bytes → decoded → codecs. Nothing here knows a type that the
 * metadata does not declare.
 *
 * ## How values look
 *
 * | SCALE                                        | value                                                                  |
 * | -------------------------------------------- | ---------------------------------------------------------------------- |
 * | `u8`…`u32`, `i8`…`i32`                       | `number`                                                               |
 * | `u64`, `u128`, `u256`, `i64`, `i128`, `i256` | `bigint` (a safe integer is taken as well when encoding)               |
 * | `Compact<T>`                                 | as `T`: `number` up to 32 bits, `bigint` above; either when encoding   |
 * | `bool`, `str`, `char`                        | `boolean`, `string`, `string` of one character                         |
 * | `Vec<u8>`, `[u8; n]`, `BoundedVec<u8, …>`    | `Uint8Array`; so are `AccountId32`, `H256` and signatures               |
 * | `Vec<T>`, `[T; n]`, `BoundedVec<T, …>`       | array; also `Vec<Compact<u8>>` (names and commitments of the metagraph) |
 * | `BTreeMap`, `BTreeSet`                       | array of `[key, value]`, array; sorted and deduplicated when encoding  |
 * | `Option<T>`                                  | `T` or `undefined` (`null` too when encoding); nested: see below       |
 * | struct with named fields                     | object with the metadata's snake_case names                            |
 * | tuple, tuple struct                          | array; with one field only, that field (`NetUid(7)` is `7`)             |
 * | `()`, unit struct                            | `undefined`                                                            |
 * | enum                                         | `{ type }`, `{ type, value }`: value as for the struct or tuple of it   |
 * | `Result<T, E>`                               | an enum: `{ type: "Ok" \| "Err", value }`                               |
 * | `Era`                                        | `undefined` for immortal, else `{ period, phase }`                      |
 *
 * `Option<Option<T>>` is `{ type: "None" }` or `{ type: "Some", value }` outside, so that no value is lost; undefined is
 * taken for `None` when encoding. A struct with one named field stays an object: fixed-point numbers are `{ bits }`.
 * Missing object fields are an error unless the field is an `Option`; unknown ones always are. An opaque extrinsic (the
 * argument of `query_info`, `validate_transaction`) is its bytes without the length prefix. What does not fit throws
 * `ScaleError` (scale-error.ts) with the path in its text; a name that the metadata does not have throws `Error`.
 */
import { defineRuntime } from "../runtime/definition.ts";
import { buildMetadata } from "./build.ts";
import { createRuntime } from "./runtime-codec.ts";

/** One storage item: full keys, values, and what an absent value reads as. */
export interface StorageCodec {
  /** 0x hex of twox128(pallet) ++ twox128(item). */
  readonly prefix: string;
  /** The full 0x hex key; fewer keys than hashers give a prefix for iteration. */
  key(...keys: readonly unknown[]): string;
  /** The key parts of a full key; throws for a hasher that hides them (Twox128, Blake2_256 …). */
  decodeKey(key: string): unknown[];
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
  /** The bytes of the default; for `Optional` items what the metadata says (`00`). */
  readonly fallback: Uint8Array;
  readonly modifier: "Optional" | "Default";
}

export interface EventInput {
  readonly phase:
    | { readonly type: "ApplyExtrinsic"; readonly value: number }
    | { readonly type: "Finalization" | "Initialization" };
  readonly pallet: string;
  readonly event: string;
  /** By name or by position. */
  readonly fields: Readonly<Record<string, unknown>> | readonly unknown[];
}

export interface DecodedCall {
  readonly pallet: string;
  readonly call: string;
  readonly args: Record<string, unknown>;
}

/** Signed part of an extrinsic, v4 (own-metadata.md §5). */
export interface ExtrinsicSignature {
  /** The address as decoded: `{ type: "Id", value: Uint8Array }`. */
  readonly address: { readonly type: string; readonly value?: unknown };
  /** The 32 bytes when the address is `Id`, else undefined. */
  readonly signer: Uint8Array | undefined;
  readonly scheme: "Ed25519" | "Sr25519" | "Ecdsa";
  readonly signature: Uint8Array;
  /** Value of every extension by identifier, in metadata order; extensions without bytes are `undefined`. */
  readonly extensions: readonly { readonly id: string; readonly value: unknown }[];
  /** Exactly the bytes of the extensions' explicit part, as they stand in the extrinsic. */
  readonly extensionBytes: Uint8Array;
  readonly era: { readonly period: number; readonly phase: number } | undefined;
  readonly nonce: number;
  readonly tip: bigint;
}

export interface DecodedExtrinsic {
  readonly version: number;
  readonly call: DecodedCall;
  /** Exactly the bytes of the call. */
  readonly callBytes: Uint8Array;
  /** Undefined for an unsigned extrinsic (an inherent). */
  readonly signed: ExtrinsicSignature | undefined;
}

export interface ApiMethod {
  decodeInput(bytes: Uint8Array): unknown[];
  encodeInput(args: readonly unknown[]): Uint8Array;
  encodeOutput(value: unknown): Uint8Array;
  decodeOutput(bytes: Uint8Array): unknown;
}

/** What `additionalSigned` needs from outside; the order follows the metadata. */
export interface SigningContext {
  readonly genesisHash: Uint8Array;
  /** Hash of the block in which the era was born; the genesis hash for an immortal one. */
  readonly eraBlockHash: Uint8Array;
  /** Default: the runtime's own. */
  readonly specVersion?: number;
  readonly transactionVersion?: number;
}

export interface RuntimeCodec {
  readonly specName: string;
  readonly specVersion: number;
  readonly transactionVersion: number;
  /** Raw metadata bytes, `meta` magic included, without Option or compact wrapper. */
  readonly v14: Uint8Array;
  readonly v15: Uint8Array;
  /** Null unless the runtime came from such a file. */
  readonly v16: Uint8Array | null;
  /** Throws when the metadata has no such item. */
  storage(pallet: string, item: string): StorageCodec;
  hasStorage(pallet: string, item: string): boolean;
  /** All storage items as [pallet, item]. */
  readonly storageItems: readonly (readonly [pallet: string, item: string])[];
  /** The bytes of a constant that had another value. */
  encodeConstant(pallet: string, name: string, value: unknown): Uint8Array;
  constant(pallet: string, name: string): unknown;
  /** Throws `ScaleError` on hostile bytes, left-over bytes included. */
  decodeCall(bytes: Uint8Array): DecodedCall;
  encodeCall(pallet: string, call: string, args: Readonly<Record<string, unknown>>): Uint8Array;
  hasCall(pallet: string, call: string): boolean;
  encodeEvents(events: readonly EventInput[]): Uint8Array;
  hasEvent(pallet: string, event: string): boolean;
  /** What `DispatchError.Module` holds: pallet index and four error bytes. */
  moduleError(pallet: string, error: string): { index: number; error: Uint8Array };
  hasError(pallet: string, error: string): boolean;
  api(name: string, method: string): ApiMethod | undefined;
  /** As in `RuntimeVersion.apis`; id = 0x + blake2-64 of the name. Taken from the constant `System.Version`. */
  readonly apis: readonly { readonly id: string; readonly version: number }[];
  decodeExtrinsic(bytes: Uint8Array): DecodedExtrinsic;
  /** An unsigned (bare) v4 extrinsic, length prefix included: inherents. */
  encodeInherent(callBytes: Uint8Array): Uint8Array;
  /** call ++ extensions ++ additionalSigned; hashed with blake2-256 if longer than 256 bytes: what was signed. */
  signedBytes(extrinsic: DecodedExtrinsic, context: SigningContext): Uint8Array;
}

/** Our own definition of the pallets a validator and the localnet need. `Aura.SlotDuration` follows `blockMs`. */
export function localRuntime(options: { readonly blockMs: number }): RuntimeCodec {
  return createRuntime(buildMetadata(defineRuntime(options)));
}

/** A runtime by raw metadata bytes (V14, V15 or V16, `meta` magic included): a `--metadata FILE`. */
export function runtimeFromMetadata(bytes: Uint8Array): RuntimeCodec {
  return createRuntime(bytes);
}
