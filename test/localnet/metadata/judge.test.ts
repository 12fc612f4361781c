import { createRequire } from "node:module";
import { afterAll, describe, expect, it, vi } from "vitest";
import { localRuntime } from "../../../src/localnet/metadata/registry.ts";
import { TypeCodecs } from "../../../src/localnet/metadata/type-codecs.ts";
import { readMetadata } from "../../../src/localnet/metadata/versions.ts";
import { hex, NoValue, randomValue, seeded, text } from "./values.ts";

/** The unmodified client library is the judge here: it reads our metadata and every value we encode. */
const require = createRequire(import.meta.url);
const fromApi = createRequire(require.resolve("@polkadot/api"));
const pjs = fromApi("@polkadot/types") as {
  Metadata: new (registry: Registry, bytes: string) => Metadata;
  TypeRegistry: new () => Registry;
};

interface Judged {
  toU8a(): Uint8Array;
}

/** As much of the library as is used here. */
interface Registry {
  setMetadata(metadata: Metadata): void;
  createLookupType(id: number): string;
  createType(name: string, value: unknown): Judged;
  findMetaError(error: Uint8Array): { readonly section: string; readonly name: string };
}

interface Metadata {
  readonly version: number;
  readonly asLatest: {
    readonly pallets: readonly { readonly name: { toString(): string } }[];
    readonly apis: readonly { readonly name: { toString(): string } }[];
    readonly extrinsic: { readonly addressType: { toNumber(): number } };
  };
}

const runtime = localRuntime({ blockMs: 250 });
const { model } = readMetadata(runtime.v15);
const codecs = new TypeCodecs(model.lookup);

function registryOf(bytes: Uint8Array): { registry: Registry; metadata: Metadata } {
  const registry = new pjs.TypeRegistry();
  const metadata = new pjs.Metadata(registry, `0x${text(bytes)}`);
  registry.setMetadata(metadata);
  return { registry, metadata };
}

describe("@polkadot/types as the judge", () => {
  const warnings = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const { registry, metadata } = registryOf(runtime.v15);

  afterAll(() => {
    warnings.mockRestore();
    errors.mockRestore();
  });

  it("accepts V15 and V14 without a complaint beyond the chain's own extensions", () => {
    const old = registryOf(runtime.v14);
    expect(metadata.version).toBe(15);
    expect(old.metadata.version).toBe(14);
    const said = [...warnings.mock.calls, ...errors.mock.calls].map((line) => line.join(" "));
    expect(said.filter((line) => !line.includes("Unknown signed extensions"))).toEqual([]);
    expect(metadata.asLatest.pallets.map(({ name }) => name.toString())).toContain("SubtensorModule");
    expect(metadata.asLatest.apis.map(({ name }) => name.toString())).toContain("SubnetInfoRuntimeApi");
    expect(old.metadata.asLatest.extrinsic.addressType.toNumber()).toBe(model.extrinsic.address);
  });

  it("re-encodes random values of every type to the same bytes", () => {
    const random = seeded(20_261_007);
    let compared = 0;
    const impossible = new Set<string>();
    for (const { id, path, def } of model.lookup) {
      const name = registry.createLookupType(id);
      for (let round = 0; round < 5; round += 1) {
        const value = make(
          () => randomValue(codecs.types, id, random),
          () => impossible.add(path.join("::")),
        );
        if (value === undefined) continue;
        const ours = codecs.codec(id).enc(value.made);
        const back = codecs.codec(id).dec(new Uint8Array(ours));
        expect(text(codecs.codec(id).enc(back)), `type ${id} ${path.join("::")}`).toBe(text(ours));
        const isNothing = def.tag === "compact" && value.made === undefined;
        if (isNothing || isKnownDifference(value.made)) continue;
        const theirs = registry.createType(name, new Uint8Array(ours)).toU8a();
        expect(text(theirs), `type ${id} ${path.join("::")} ${def.tag}`).toBe(text(ours));
        compared += 1;
      }
    }
    expect([...impossible]).toEqual([]);
    expect(compared).toBeGreaterThan(model.lookup.length * 4);
  });

  it("reads the columns of a metagraph by their names", () => {
    const random = seeded(7);
    const api = runtime.api("SubnetInfoRuntimeApi", "get_metagraph");
    const output = model.lookup.find(({ path }) => path.at(-1) === "Metagraph")?.id ?? -1;
    const value = randomValue(codecs.types, output, random) as Record<string, unknown>;
    const hotkeys = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const graph = { ...value, netuid: 64, tempo: 360, hotkeys, incentives: [65_535, 1], alpha_stake: [5n, 2n ** 63n] };
    const bytes = api?.encodeOutput(graph) ?? new Uint8Array();
    const theirs = registry.createType(registry.createLookupType(output), bytes.subarray(1)) as unknown as {
      toJSON(): Record<string, unknown>;
      netuid: { toNumber(): number };
      hotkeys: { toU8a(): Uint8Array }[];
      alphaStake: { toBigInt(): bigint }[];
      incentives: { toNumber(): number }[];
    };
    expect(Object.keys(theirs.toJSON())).toHaveLength(75);
    expect(theirs.netuid.toNumber()).toBe(64);
    expect(theirs.hotkeys.map((key) => text(key.toU8a()))).toEqual(hotkeys.map(text));
    expect(theirs.alphaStake.map((stake) => stake.toBigInt())).toEqual([5n, 2n ** 63n]);
    expect(theirs.incentives.map((value) => value.toNumber())).toEqual([65_535, 1]);
    expect(api?.decodeOutput(bytes)).toEqual(graph);
  });

  it("knows 77 fields of the selective metagraph and 175 errors of SubtensorModule", () => {
    const selective = model.lookup.find(({ path }) => path.at(-1) === "SelectiveMetagraph");
    expect(selective?.def.tag === "composite" && selective.def.value.length).toBe(77);
    const error = runtime.moduleError("SubtensorModule", "CommitPayloadTooLarge");
    expect(error).toEqual({ index: 7, error: Uint8Array.of(173, 0, 0, 0) });
    const found = registry.findMetaError(Uint8Array.of(error.index, ...error.error.subarray(0, 1)));
    expect(`${found.section}.${found.name}`).toBe("subtensorModule.CommitPayloadTooLarge");
  });

  it("decodes our events", () => {
    const bytes = runtime.encodeEvents([
      { phase: { type: "Initialization" }, pallet: "SubtensorModule", event: "WeightsSet", fields: [1, 5] },
      {
        phase: { type: "ApplyExtrinsic", value: 2 },
        pallet: "Commitments",
        event: "Commitment",
        fields: [7, new Uint8Array(32)],
      },
      {
        phase: { type: "ApplyExtrinsic", value: 1 },
        pallet: "System",
        event: "ExtrinsicFailed",
        fields: {
          dispatch_error: { type: "Module", value: runtime.moduleError("SubtensorModule", "SettingWeightsTooFast") },
          dispatch_info: {
            weight: { ref_time: 1, proof_size: 2n },
            class: { type: "Normal" },
            pays_fee: { type: "No" },
          },
        },
      },
    ]);
    const events = registry.createType("Vec<EventRecord>", bytes) as unknown as {
      event: { section: string; method: string; data: { toString(): string }[] };
    }[];
    expect(events.map(({ event }) => `${event.section}.${event.method}`)).toEqual([
      "subtensorModule.WeightsSet",
      "commitments.Commitment",
      "system.ExtrinsicFailed",
    ]);
    expect(events[0]?.event.data.map(String)).toEqual(["1", "5"]);
  });

  it("signs an extrinsic that we decode and whose signed bytes we rebuild", () => {
    const { Keyring } = require("@polkadot/keyring") as typeof import("@polkadot/keyring");
    const { sr25519Verify } = require("@polkadot/util-crypto") as typeof import("@polkadot/util-crypto");
    const pair = new Keyring({ type: "sr25519" }).addFromUri("//Alice");
    const args = { netuid: 1, mecid: 0, dests: [0, 1, 200], weights: [65_535, 7, 9], version_key: 3n };
    const call = registry.createType("Call", runtime.encodeCall("SubtensorModule", "set_mechanism_weights", args));
    const era = registry.createType("ExtrinsicEra", { current: 1234, period: 32 });
    const genesisHash = new Uint8Array(32).fill(9);
    const eraBlockHash = new Uint8Array(32).fill(8);
    const unsigned = registry.createType("Extrinsic", call) as unknown as { sign(pair: unknown, how: unknown): Judged };
    const extrinsic = unsigned.sign(pair, {
      blockHash: eraBlockHash,
      era,
      genesisHash,
      nonce: 70_000,
      tip: 5,
      runtimeVersion: { specVersion: 475, transactionVersion: 1 },
    });
    const decoded = runtime.decodeExtrinsic(extrinsic.toU8a());
    expect(decoded.call).toEqual({ pallet: "SubtensorModule", call: "set_mechanism_weights", args });
    expect(decoded.signed?.nonce).toBe(70_000);
    expect(decoded.signed?.tip).toBe(5n);
    expect(decoded.signed?.era).toEqual({ period: 32, phase: 1234 % 32 });
    expect(decoded.signed?.scheme).toBe("Sr25519");
    expect(decoded.signed?.signer).toEqual(pair.publicKey);
    const message = runtime.signedBytes(decoded, { genesisHash, eraBlockHash });
    expect(sr25519Verify(message, decoded.signed?.signature ?? "", pair.publicKey)).toBe(true);
    const other = runtime.signedBytes(decoded, { genesisHash, eraBlockHash, specVersion: 476 });
    expect(sr25519Verify(other, decoded.signed?.signature ?? "", pair.publicKey)).toBe(false);
    const inherent = runtime.encodeInherent(runtime.encodeCall("Timestamp", "set", { now: 1_700_000_000_000n }));
    expect(runtime.decodeExtrinsic(inherent).signed).toBeUndefined();
    const theirs = registry.createType("Extrinsic", inherent) as unknown as { method: { section: string } };
    expect(theirs.method.section).toBe("timestamp");
    expect(hex(text(inherent))).toEqual(inherent);
  });
});

function make(run: () => unknown, onImpossible: () => void): { readonly made: unknown } | undefined {
  try {
    return { made: run() };
  } catch (error) {
    if (!(error instanceof NoValue)) throw error;
    onImpossible();
    return undefined;
  }
}

/** The judge reads `MultiAddress` by rules of its own: Raw by its length, an index where this chain has `()`. */
function isKnownDifference(value: unknown): boolean {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
  return (
    ("type" in value && (value.type === "Raw" || value.type === "Index")) ||
    Object.values(value).some(isKnownDifference)
  );
}
