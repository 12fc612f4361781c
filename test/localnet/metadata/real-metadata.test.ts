import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { V15 } from "@polkadot-api/substrate-bindings";
import { describe, expect, it } from "vitest";
import { localRuntime, runtimeFromMetadata } from "../../../src/localnet/metadata/registry.ts";
import { TypeCodecs } from "../../../src/localnet/metadata/type-codecs.ts";
import { TypeLookup } from "../../../src/localnet/metadata/type-lookup.ts";
import { readMetadata } from "../../../src/localnet/metadata/versions.ts";
import { NoValue, randomValue, seeded, text } from "./values.ts";

const folder = process.env["SUBTENSOR_METADATA_DIR"] ?? "";
const isMissing = folder === "";
const files = isMissing ? [] : readdirSync(folder).filter((name) => name.endsWith(".scale"));
const reason = isMissing ? " (skipped: SUBTENSOR_METADATA_DIR names no folder with real metadata)" : "";
if (isMissing) process.stderr.write(`real metadata:${reason}\n`);

function read(name: string): Uint8Array {
  return readFileSync(join(folder, name));
}

/** A type as text without ids: names, indexes, widths; recursion ends at a path seen before. */
function canonical(types: TypeLookup, id: number, above: readonly number[] = []): string {
  if (above.includes(id)) return `↑${types.get(id).path.join("::")}`;
  const { def, path } = types.get(id);
  const inner = (type: number): string => canonical(types, type, [...above, id]);
  const fields = (list: readonly { name: string | undefined; type: number }[]): string =>
    list.map(({ name, type }) => `${name ?? ""}:${inner(type)}`).join(",");
  const name = path.at(-1) ?? "";
  switch (def.tag) {
    case "primitive":
      return def.value.tag;
    case "compact":
      return `Compact<${inner(def.value)}>`;
    case "sequence":
      return `Vec<${inner(def.value)}>`;
    case "array":
      return `[${inner(def.value.type)};${def.value.len}]`;
    case "tuple":
      return `(${def.value.map(inner).join(",")})`;
    case "composite":
      // The chain wraps it once more, for Ethereum; the bytes are the same.
      if (name === "UncheckedExtrinsic") return name;
      return `${name}{${fields(def.value)}}`;
    case "variant":
      // Outer enums and pallets' own are cut down to what we simulate; they are compared variant by variant below.
      if (["RuntimeCall", "RuntimeEvent", "Call", "Event", "Error"].includes(name)) return path.join("::");
      return `${name}<${def.value.map((one) => `${one.index}${one.name}(${fields(one.fields)})`).join("|")}>`;
    case "bitSequence":
      return def.tag;
    default:
      throw new Error("unknown definition");
  }
}

type Items = Map<string, string>;

function variantsOf(types: TypeLookup, label: string, id: number | undefined, items: Items): void {
  const def = id === undefined ? undefined : types.get(id).def;
  for (const { name, index, fields } of def?.tag === "variant" ? def.value : []) {
    const text = fields.map((field) => `${field.name ?? ""}:${canonical(types, field.type)}`).join(",");
    items.set(`${label}.${name}`, `${index}(${text})`);
  }
}

/** Everything a metadata offers, as name → canonical text. */
function describeAll(model: V15): Items {
  const types = new TypeLookup(model.lookup);
  const items: Items = new Map();
  for (const pallet of model.pallets) {
    items.set(`pallet ${pallet.name}`, String(pallet.index));
    for (const { name, type, modifier } of pallet.storage?.items ?? []) {
      const keys =
        type.tag === "plain"
          ? ""
          : `${type.value.hashers.map(({ tag }) => tag).join("+")} ${canonical(types, type.value.key)}`;
      const value = canonical(types, type.tag === "plain" ? type.value : type.value.value);
      items.set(`storage ${pallet.name}.${name}`, `${modifier} ${keys} → ${value}`);
    }
    variantsOf(types, `call ${pallet.name}`, pallet.calls, items);
    variantsOf(types, `event ${pallet.name}`, pallet.events, items);
    if (pallet.name !== "SubtensorModule") variantsOf(types, `error ${pallet.name}`, pallet.errors, items);
    for (const { name, type } of pallet.constants) items.set(`constant ${pallet.name}.${name}`, canonical(types, type));
  }
  for (const { name, methods } of model.apis) {
    for (const method of methods) {
      const inputs = method.inputs.map((input) => `${input.name}:${canonical(types, input.type)}`).join(",");
      items.set(`api ${name}.${method.name}`, `(${inputs}) → ${canonical(types, method.output)}`);
    }
  }
  for (const { identifier, type, additionalSigned } of model.extrinsic.signedExtensions) {
    items.set(`extension ${identifier}`, `${canonical(types, type)} / ${canonical(types, additionalSigned)}`);
  }
  return items;
}

/** What 475 has and 461 has not (chain-newest.md §1.1, §4.6). */
const NEW_AT_475 = [
  "call AdminUtils.sudo_set_epoch_consensus",
  "call AdminUtils.sudo_trim_null_uids_batch",
  "event SubtensorModule.EpochConsensusSet",
  "event SubtensorModule.NullUidsPruningProgress",
  "storage Commitments.TimelockRevealCursor",
  "storage SubtensorModule.LastYumaStepBlock",
  "storage SubtensorModule.NullPruningTarget",
  "storage SubtensorModule.SavedYumaMaxAllowedValidators",
  "storage SubtensorModule.SubnetEpochConsensus",
];

describe.skipIf(isMissing)(`real metadata${reason}`, () => {
  it("our definition has the shapes of spec 461, except what 475 added", () => {
    const ours = describeAll(readMetadata(localRuntime({ blockMs: 250 }).v15).model);
    const real = describeAll(readMetadata(read("subtensor-461.v15.scale")).model);
    const missing = [...ours.keys()].filter((name) => !real.has(name)).sort();
    expect(missing).toEqual(NEW_AT_475);
    const different = [...ours].filter(([name, shape]) => real.has(name) && real.get(name) !== shape);
    expect(different.map(([name, shape]) => ({ name, ours: shape, real: real.get(name) }))).toEqual([]);
  });

  it.each(files)("%s: becomes a runtime; V14 and V15 of it are read back the same", (name) => {
    const bytes = read(name);
    const runtime = runtimeFromMetadata(bytes);
    expect(name).toContain(String(runtime.specVersion));
    if (name.includes(".v14.")) expect(text(runtime.v14)).toBe(text(bytes));
    if (name.includes(".v15.")) expect(text(runtime.v15)).toBe(text(bytes));
    const again = runtimeFromMetadata(runtime.v14);
    expect(again.storage("SubtensorModule", "Tempo").key(1)).toBe(runtime.storage("SubtensorModule", "Tempo").key(1));
    const call = { netuid: 1, dests: [1], weights: [2], version_key: 3n };
    const encoded = runtime.encodeCall("SubtensorModule", "set_weights", call);
    expect(again.decodeCall(encoded).args).toEqual(call);
    expect(runtime.apis.length).toBeGreaterThan(20);
  });

  it.each(files)("%s: random values of every type come back the same", (name) => {
    const { model } = readMetadata(read(name));
    const codecs = new TypeCodecs(model.lookup);
    const random = seeded(5);
    let seen = 0;
    for (const { id } of model.lookup) {
      try {
        const bytes = codecs.codec(id).enc(randomValue(codecs.types, id, random));
        expect(text(codecs.codec(id).enc(codecs.codec(id).dec(new Uint8Array(bytes))))).toBe(text(bytes));
        seen += 1;
      } catch (error) {
        if (!(error instanceof NoValue)) throw error;
      }
    }
    expect(seen).toBeGreaterThan(model.lookup.length * 0.9);
  });
});
