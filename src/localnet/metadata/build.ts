import { metadata, type V15 } from "@polkadot-api/substrate-bindings";
import { describePallet } from "./build-pallet.ts";
import type { NamedType, NamedTypes, Pallet, RuntimeApi, RuntimeDefinition, Variants } from "./notation.ts";
import { TypeCodecs } from "./type-codecs.ts";
import { TypeList } from "./type-list.ts";

/** `meta`, the first four bytes of all metadata. */
const MAGIC = 0x6174656d;

/** The V15 metadata bytes of a definition (own-metadata.md §2, §3). V14 is derived from them: versions.ts. */
export function buildMetadata(definition: RuntimeDefinition): Uint8Array {
  return encodeMetadata({ tag: "v15", value: describeRuntime(definition) });
}

/** Metadata bytes of a decoded layout. */
export function encodeMetadata(layout: Parameters<typeof metadata.enc>[0]["metadata"]): Uint8Array {
  return metadata.enc({ magicNumber: MAGIC, metadata: layout });
}

function describeRuntime(definition: RuntimeDefinition): V15 {
  const named = { ...definition.types, ...palletTypes(definition.pallets), ...outerTypes(definition) };
  const types = new TypeList(named);
  const extrinsic = describeExtrinsic(types, definition);
  const outerEnums = {
    call: types.id("RuntimeCall"),
    event: types.id("RuntimeEvent"),
    error: types.id("RuntimeError"),
  };
  const pallets = definition.pallets.map((pallet) => describePallet(types, pallet));
  const apis = definition.apis.map((api) => describeApi(types, api));
  const type = types.id("Runtime");
  // Only now the list is complete and values can be encoded.
  const codecs = new TypeCodecs(types.lookup);
  return {
    lookup: types.lookup,
    pallets: pallets.map((finish) => finish(codecs)),
    extrinsic,
    type,
    apis,
    outerEnums,
    custom: [],
  };
}

function describeExtrinsic(types: TypeList, { extensions }: RuntimeDefinition): V15["extrinsic"] {
  return {
    version: 4,
    address: types.id("Address"),
    call: types.id("RuntimeCall"),
    signature: types.id("MultiSignature"),
    extra: types.id(extraType(extensions)),
    signedExtensions: extensions.map(({ identifier, type, additionalSigned }) => ({
      identifier,
      type: types.id(type),
      additionalSigned: types.id(additionalSigned),
    })),
  };
}

function describeApi(types: TypeList, api: RuntimeApi): V15["apis"][number] {
  const methods = Object.entries(api.methods).map(([name, { inputs, output }]) => ({
    name,
    inputs: Object.entries(inputs).map(([input, type]) => ({ name: input, type: types.id(type) })),
    output: types.id(output),
    docs: [],
  }));
  return { name: api.name, methods, docs: [] };
}

/** Calls, events and errors as named types; three path segments, or SDK 10 takes them for the outer enums. */
function palletTypes(pallets: readonly Pallet[]): NamedTypes {
  const types: Record<string, NamedType> = {};
  for (const { name, module, calls, events, errors } of pallets) {
    for (const [kind, list] of Object.entries({ Call: calls, Event: events, Error: errors })) {
      if (list === undefined) continue;
      types[`${name}::${kind}`] = {
        path: `${module}::pallet::${kind}`,
        params: { T: null },
        shape: { variants: list },
      };
    }
  }
  return types;
}

function outerTypes({ module, pallets, extensions }: RuntimeDefinition): NamedTypes {
  const outer = (kind: "Call" | "Event" | "Error", listOf: (pallet: Pallet) => Variants | undefined): NamedType => {
    const present = pallets.filter((pallet) => listOf(pallet) !== undefined);
    const variants = Object.fromEntries(
      present.map(({ name, index }) => [name, [index, [`${name}::${kind}`]] as const]),
    );
    return { path: `${module}::Runtime${kind}`, shape: { variants } };
  };
  return {
    RuntimeCall: outer("Call", ({ calls }) => calls),
    RuntimeEvent: outer("Event", ({ events }) => events),
    RuntimeError: outer("Error", ({ errors }) => errors),
    Runtime: { path: `${module}::Runtime`, shape: { fields: [] } },
    UncheckedExtrinsic: {
      path: "sp_runtime::generic::unchecked_extrinsic::UncheckedExtrinsic",
      params: { Address: "Address", Call: "RuntimeCall", Signature: "MultiSignature", Extra: extraType(extensions) },
      shape: { fields: ["Vec<u8>"] },
    },
  };
}

function extraType(extensions: RuntimeDefinition["extensions"]): string {
  return `(${extensions.map(({ type }) => type).join(",")})`;
}
