import type { Metadata, V14, V15, V16 } from "@polkadot-api/substrate-bindings";
import { metadata } from "@polkadot-api/substrate-bindings";
import { encodeMetadata } from "./build.ts";
import { decodeAll } from "./cursor.ts";

type Entry = V15["lookup"][number];

export interface MetadataVersions {
  readonly model: V15;
  readonly v14: Uint8Array;
  readonly v15: Uint8Array;
  /** Only when that is what was given: nothing is made up for it. */
  readonly v16: Uint8Array | null;
}

/**
 * Metadata bytes of version 14, 15 or 16 as the model we work with (the V15 layout) and as bytes of both versions that
 * clients ask for; the version given stays as it is, byte for byte. V14 has no runtime APIs, so its V15 has none.
 */
export function readMetadata(bytes: Uint8Array): MetadataVersions {
  const layout = decodeLayout(bytes);
  const raw = new Uint8Array(bytes);
  if (layout.tag === "v14") {
    const model = fromV14(layout.value);
    return { model, v14: raw, v15: encodeMetadata({ tag: "v15", value: model }), v16: null };
  }
  if (layout.tag !== "v15" && layout.tag !== "v16") throw new Error(`metadata ${layout.tag} is not supported`);
  const model = layout.tag === "v15" ? layout.value : fromV16(layout.value);
  const v14 = encodeMetadata({ tag: "v14", value: toV14(model) });
  if (layout.tag === "v15") return { model, v14, v15: raw, v16: null };
  return { model, v14, v15: encodeMetadata({ tag: "v15", value: model }), v16: raw };
}

function decodeLayout(bytes: Uint8Array): Metadata["metadata"] {
  const magic = String.fromCharCode(...bytes.subarray(0, 4));
  const version = bytes[4] ?? 0;
  if (magic !== "meta") throw new Error('no runtime metadata: the first four bytes are not "meta"');
  if (version < 14 || version > 16) throw new Error(`metadata version ${version} is not supported: 14, 15 and 16 are`);
  try {
    return decodeAll(metadata.dec, bytes).metadata;
  } catch (cause) {
    throw new Error(`damaged runtime metadata of version ${version}`, { cause });
  }
}

const UNCHECKED_EXTRINSIC = "UncheckedExtrinsic";

function nextId(lookup: readonly Entry[]): number {
  return lookup.reduce((highest, entry) => Math.max(highest, entry.id), -1) + 1;
}

/** V14 tells address, call, signature and extra as parameters of the extrinsic type; one is added if there is none. */
function toV14(model: V15): V14 {
  const { address, call, signature, extra, version, signedExtensions } = model.extrinsic;
  const wanted = [address, call, signature, extra];
  const lookup = [...model.lookup];
  let type = lookup.find(
    ({ path, params }) => path.at(-1) === UNCHECKED_EXTRINSIC && wanted.every((id, at) => params[at]?.type === id),
  )?.id;
  if (type === undefined) {
    const bytes = lookup.find(({ def }) => def.tag === "sequence" && isByte(lookup, def.value))?.id;
    type = nextId(lookup);
    const params = ["Address", "Call", "Signature", "Extra"].map((name, at) => ({ name, type: wanted[at] }));
    const fields = bytes === undefined ? [] : [{ name: undefined, type: bytes, typeName: "Vec<u8>", docs: [] }];
    const path = ["sp_runtime", "generic", "unchecked_extrinsic", UNCHECKED_EXTRINSIC];
    lookup.push({ id: type, path, params, def: { tag: "composite", value: fields }, docs: [] });
  }
  const pallets = model.pallets.map((pallet) => ({ ...pallet, docs: [] }));
  return { lookup, pallets, extrinsic: { type, version, signedExtensions }, type: model.type, apis: [] };
}

function isByte(lookup: readonly Entry[], id: number): boolean {
  const def = lookup.find((entry) => entry.id === id)?.def;
  return def?.tag === "primitive" && def.value.tag === "u8";
}

function fromV14(old: V14): V15 {
  const extrinsicType = old.lookup.find(({ id }) => id === old.extrinsic.type);
  const [address, call, signature, extra] = (extrinsicType?.params ?? []).map(({ type }) => type);
  if (address === undefined || call === undefined || signature === undefined || extra === undefined) {
    throw new Error("metadata V14 does not say what an extrinsic is made of");
  }
  const event = old.lookup.find(({ path }) => path.at(-1) === "RuntimeEvent")?.id;
  if (event === undefined) throw new Error("metadata V14 has no type RuntimeEvent");
  const known = old.lookup.find(({ path }) => path.at(-1) === "RuntimeError");
  const errors = known ?? outerError(old);
  return {
    lookup: known === undefined ? [...old.lookup, errors] : old.lookup,
    pallets: old.pallets,
    extrinsic: { ...old.extrinsic, address, call, signature, extra },
    type: old.type,
    apis: [],
    outerEnums: { call, event, error: errors.id },
    custom: [],
  };
}

function outerError(old: V14): Entry {
  const variants = old.pallets.flatMap(({ name, index, errors }) =>
    errors === undefined
      ? []
      : [{ name, index, docs: [], fields: [{ name: undefined, type: errors, typeName: `${name}::Error`, docs: [] }] }],
  );
  const path = ["runtime", "RuntimeError"];
  return { id: nextId(old.lookup), path, params: [], def: { tag: "variant", value: variants }, docs: [] };
}

function fromV16(next: V16): V15 {
  const { address, call, signature, signedExtensions, signedExtensionsByVersion } = next.extrinsic;
  const order = signedExtensionsByVersion[0]?.[1] ?? signedExtensions.map((_, place) => place);
  const extensions = order.flatMap((place) => signedExtensions[place] ?? []);
  const extra = nextId(next.lookup);
  const def: Entry["def"] = { tag: "tuple", value: extensions.map(({ type }) => type) };
  const pallets = next.pallets.map((pallet) => ({
    ...pallet,
    calls: pallet.calls?.type,
    events: pallet.events?.type,
    errors: pallet.errors?.type,
  }));
  const runtime = next.lookup.find(({ path }) => path.at(-1) === "Runtime")?.id;
  return {
    lookup: [...next.lookup, { id: extra, path: [], params: [], def, docs: [] }],
    pallets,
    extrinsic: { version: 4, address, call, signature, extra, signedExtensions: extensions },
    type: runtime ?? extra,
    apis: next.apis,
    outerEnums: next.outerEnums,
    custom: next.custom,
  };
}
