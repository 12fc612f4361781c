import type { V15 } from "@polkadot-api/substrate-bindings";
import { concat, decodeAll, fromHex, reader, toHex } from "./cursor.ts";
import { ExtrinsicCodec, toCall } from "./extrinsic-codec.ts";
import type { ApiMethod, EventInput, RuntimeCodec, StorageCodec } from "./registry.ts";
import { ScaleError, within } from "./scale-error.ts";
import { isRecord } from "./scale-shapes.ts";
import { storageCodec } from "./storage-codec.ts";
import { TypeCodecs } from "./type-codecs.ts";
import { readMetadata } from "./versions.ts";

type PalletMetadata = V15["pallets"][number];
type Variant = {
  readonly name: string;
  readonly index: number;
  readonly fields: readonly { name: string | undefined }[];
};

/** Names of a runtime's metadata, found once. */
class Names {
  readonly codecs: TypeCodecs;
  readonly model: V15;
  readonly #pallets: ReadonlyMap<string, PalletMetadata>;
  readonly #storage = new Map<string, StorageCodec>();

  constructor(model: V15) {
    this.model = model;
    this.codecs = new TypeCodecs(model.lookup);
    this.#pallets = new Map(model.pallets.map((pallet) => [pallet.name, pallet]));
  }

  pallet(name: string): PalletMetadata {
    const pallet = this.#pallets.get(name);
    if (pallet === undefined) throw new Error(`the metadata has no pallet ${name}`);
    return pallet;
  }

  hasStorage(pallet: string, item: string): boolean {
    return this.#pallets.get(pallet)?.storage?.items.some(({ name }) => name === item) === true;
  }

  storage(pallet: string, item: string): StorageCodec {
    const label = `${pallet}.${item}`;
    const known = this.#storage.get(label);
    if (known !== undefined) return known;
    const { storage } = this.pallet(pallet);
    const found = storage?.items.find(({ name }) => name === item);
    if (storage === undefined || found === undefined) throw new Error(`the metadata has no storage item ${label}`);
    const codec = storageCodec(this.codecs, storage.prefix, found);
    this.#storage.set(label, codec);
    return codec;
  }

  constant(pallet: string, name: string): PalletMetadata["constants"][number] {
    const found = this.pallet(pallet).constants.find((constant) => constant.name === name);
    if (found === undefined) throw new Error(`the metadata has no constant ${pallet}.${name}`);
    return found;
  }

  constantValue(pallet: string, name: string): unknown {
    const { type, value } = this.constant(pallet, name);
    return decodeAll(this.codecs.codec(type).dec, fromHex(value));
  }

  get storageItems(): readonly (readonly [pallet: string, item: string])[] {
    return this.model.pallets.flatMap(({ name, storage }) =>
      (storage?.items ?? []).map((item) => [name, item.name] as const),
    );
  }

  variant(kind: "calls" | "events" | "errors", pallet: string, name: string): Variant | undefined {
    const id = this.#pallets.get(pallet)?.[kind];
    const def = id === undefined ? undefined : this.codecs.types.get(id).def;
    return def?.tag === "variant" ? def.value.find((variant) => variant.name === name) : undefined;
  }

  known(kind: "calls" | "events" | "errors", pallet: string, name: string): Variant {
    const found = this.variant(kind, pallet, name);
    if (found === undefined) throw new Error(`the metadata has no ${kind.slice(0, -1)} ${pallet}.${name}`);
    return found;
  }
}

interface VersionConstant {
  readonly spec_name: string;
  readonly spec_version: number;
  readonly transaction_version: number;
  readonly apis: readonly (readonly [Uint8Array, number])[];
}

/** The runtime of raw metadata bytes; registry.ts says what it can do. */
export function createRuntime(bytes: Uint8Array): RuntimeCodec {
  const { model, v14, v15, v16 } = readMetadata(bytes);
  const names = new Names(model);
  const { codecs } = names;
  const version = names.constantValue("System", "Version") as VersionConstant;
  const versions = { specVersion: version.spec_version, transactionVersion: version.transaction_version };
  const extrinsics = new ExtrinsicCodec(codecs, model, versions);
  const calls = codecs.codec(model.outerEnums.call);
  return {
    ...versions,
    specName: version.spec_name,
    v14,
    v15,
    v16,
    storage: (pallet, item) => names.storage(pallet, item),
    hasStorage: (pallet, item) => names.hasStorage(pallet, item),
    storageItems: names.storageItems,
    encodeConstant: (pallet, name, value) => codecs.codec(names.constant(pallet, name).type).enc(value),
    constant: (pallet, name) => names.constantValue(pallet, name),
    decodeCall: (input) => named("call", () => toCall(decodeAll(calls.dec, input))),
    encodeCall: (pallet, call, args) => {
      names.known("calls", pallet, call);
      return named("call", () => calls.enc({ type: pallet, value: { type: call, value: args } }));
    },
    hasCall: (pallet, call) => names.variant("calls", pallet, call) !== undefined,
    encodeEvents: (events) => encodeEvents(names, events),
    hasEvent: (pallet, event) => names.variant("events", pallet, event) !== undefined,
    moduleError: (pallet, error) => ({
      index: names.pallet(pallet).index,
      error: Uint8Array.of(names.known("errors", pallet, error).index, 0, 0, 0),
    }),
    hasError: (pallet, error) => names.variant("errors", pallet, error) !== undefined,
    api: apiMethods(names),
    apis: version.apis.map(([id, number]) => ({ id: toHex(id), version: number })),
    decodeExtrinsic: (input) => extrinsics.decode(input),
    encodeInherent: (callBytes) => extrinsics.encodeBare(callBytes),
    signedBytes: (extrinsic, context) => extrinsics.signedBytes(extrinsic, context),
  };
}

function named<T>(label: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw within(error, label);
  }
}

function encodeEvents(names: Names, events: readonly EventInput[]): Uint8Array {
  const records = events.map(({ phase, pallet, event, fields }) => {
    const value = eventFields(names.known("events", pallet, event), fields);
    return { phase, event: { type: pallet, value: { type: event, value } }, topics: [] };
  });
  return names.storage("System", "Events").encode(records);
}

/** Fields by position become fields by name where the metadata has names, and the other way round never. */
function eventFields({ name, fields }: Variant, given: EventInput["fields"]): unknown {
  if (isRecord(given)) return given;
  const list = given as readonly unknown[];
  if (list.length !== fields.length) throw new ScaleError(`takes ${fields.length} fields, not ${list.length}`, name);
  if (fields.every((field) => field.name === undefined)) return list.length === 1 ? list[0] : list;
  return Object.fromEntries(fields.map((field, place) => [field.name ?? "", list[place]]));
}

function apiMethods(names: Names): RuntimeCodec["api"] {
  const made = new Map<string, ApiMethod>();
  return (name, method) => {
    const label = `${name}_${method}`;
    const known = made.get(label);
    if (known !== undefined) return known;
    const found = names.model.apis.find((api) => api.name === name)?.methods.find((entry) => entry.name === method);
    if (found === undefined) return undefined;
    const codec = apiMethod(names.codecs, label, found);
    made.set(label, codec);
    return codec;
  };
}

type ApiMethodMetadata = V15["apis"][number]["methods"][number];

function apiMethod(codecs: TypeCodecs, label: string, { inputs, output }: ApiMethodMetadata): ApiMethod {
  const params = inputs.map(({ name, type }) => ({ name, codec: codecs.codec(type) }));
  const result = codecs.codec(output);
  const readInputs = reader((bytes) => params.map(({ name, codec }) => named(name, () => codec.dec(bytes))));
  const encodeInput = (args: readonly unknown[]): Uint8Array => {
    if (args.length !== params.length) throw new ScaleError(`takes ${params.length} arguments, not ${args.length}`);
    return concat(params.map(({ name, codec }, place) => named(name, () => codec.enc(args[place]))));
  };
  return {
    decodeInput: (bytes) => named(label, () => decodeAll(readInputs, bytes)),
    encodeInput: (args) => named(label, () => encodeInput(args)),
    encodeOutput: (value) => named(label, () => result.enc(value)),
    decodeOutput: (bytes) => named(label, () => decodeAll(result.dec, bytes)),
  };
}
