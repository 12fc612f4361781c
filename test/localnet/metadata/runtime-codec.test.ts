import { describe, expect, it } from "vitest";
import { buildMetadata } from "../../../src/localnet/metadata/build.ts";
import { plain, type RuntimeDefinition, struct } from "../../../src/localnet/metadata/notation.ts";
import { localRuntime, type RuntimeCodec, runtimeFromMetadata } from "../../../src/localnet/metadata/registry.ts";
import { ScaleError } from "../../../src/localnet/metadata/scale-error.ts";
import { readMetadata } from "../../../src/localnet/metadata/versions.ts";
import { defineRuntime } from "../../../src/localnet/runtime/definition.ts";
import { text } from "./values.ts";

const runtime = localRuntime({ blockMs: 250 });

/** Our definition with a few types and storage items added to its System pallet. */
function withStorage(
  storage: NonNullable<RuntimeDefinition["pallets"][number]["storage"]>,
  types: RuntimeDefinition["types"] = {},
): RuntimeCodec {
  const definition = defineRuntime({ blockMs: 250 });
  const pallets = definition.pallets.map((pallet) => (pallet.name === "System" ? addTo(pallet, storage) : pallet));
  return runtimeFromMetadata(buildMetadata({ ...definition, pallets, types: { ...definition.types, ...types } }));
}

function addTo<T extends { readonly storage?: object }>(pallet: T, storage: object): T {
  return { ...pallet, storage: { ...pallet.storage, ...storage } };
}

describe("the local runtime", () => {
  it("tells who it is", () => {
    expect(runtime.specName).toBe("node-subtensor");
    expect(runtime.specVersion).toBe(475);
    expect(runtime.transactionVersion).toBe(1);
    // blake2-64 of the names, as clients compare them; without Metadata 2 they fall back to V14 (own-metadata.md §7).
    expect(runtime.apis).toContainEqual({ id: "0x37e397fc7c91f5e4", version: 2 });
    expect(runtime.apis).toContainEqual({ id: "0xdf6acb689907609b", version: 5 });
    expect(text(runtime.v15.subarray(0, 5))).toBe("6d6574610f");
    expect(text(runtime.v14.subarray(0, 5))).toBe("6d6574610e");
    expect(runtime.constant("System", "SS58Prefix")).toBe(42);
  });

  it("follows the block time and is the same each time", () => {
    expect(runtime.constant("Aura", "SlotDuration")).toBe(250n);
    expect(localRuntime({ blockMs: 12_000 }).constant("Aura", "SlotDuration")).toBe(12_000n);
    expect(text(localRuntime({ blockMs: 250 }).v15)).toBe(text(runtime.v15));
    expect(() => localRuntime({ blockMs: 0 })).toThrow(/blockMs 0/);
  });

  it("numbers types by position, names every field and keeps what clients read (own-metadata.md §3)", () => {
    const { model } = readMetadata(runtime.v15);
    expect(model.lookup.map(({ id }) => id)).toEqual(model.lookup.map((_, place) => place));
    for (const { def, path } of model.lookup) {
      const lists = def.tag === "composite" ? [def.value] : [];
      if (def.tag === "variant") lists.push(...def.value.map(({ fields }) => fields));
      for (const field of lists.flat()) expect(field.typeName, path.join("::")).toBeTruthy();
    }
    const find = (name: string) => model.lookup.find(({ path }) => path.join("::") === name);
    for (const kind of ["Call", "Event", "Error"]) expect(find(`pallet_subtensor::pallet::${kind}`)).toBeDefined();
    expect(find("sp_core::crypto::AccountId32")).toBeDefined();
    expect(find("sp_runtime::generic::era::Era")?.def.value).toHaveLength(256);
    expect(find("frame_system::EventRecord")?.params.map(({ name }) => name)).toEqual(["E", "T"]);
    expect(find("sp_runtime::multiaddress::MultiAddress")?.params).toHaveLength(2);
    const extrinsic = find("sp_runtime::generic::unchecked_extrinsic::UncheckedExtrinsic");
    expect(extrinsic?.params.map(({ type }) => type)).toEqual([
      model.extrinsic.address,
      model.extrinsic.call,
      model.extrinsic.signature,
      model.extrinsic.extra,
    ]);
    expect(new Set(model.lookup.map(({ path, params, def }) => JSON.stringify([path, params, def]))).size).toBe(
      model.lookup.length,
    );
  });

  it("comes back the same from its own V14 and V15 bytes", () => {
    const old = runtimeFromMetadata(runtime.v14);
    expect(text(old.v14)).toBe(text(runtime.v14));
    expect(old.api("SubnetInfoRuntimeApi", "get_metagraph")).toBeUndefined();
    expect(text(runtimeFromMetadata(old.v15).v14)).toBe(text(runtime.v14));
    const again = runtimeFromMetadata(runtime.v15);
    expect(text(again.v15)).toBe(text(runtime.v15));
    expect(text(again.v14)).toBe(text(runtime.v14));
    const call = { netuid: 1, mecid: 0, commit: Uint8Array.of(1), reveal_round: 5n, commit_reveal_version: 4 };
    const bytes = runtime.encodeCall("SubtensorModule", "commit_timelocked_mechanism_weights", call);
    expect(old.decodeCall(bytes)).toEqual(again.decodeCall(bytes));
  });

  it("says what is missing", () => {
    expect(() => runtime.storage("SubtensorModule", "Nothing")).toThrow("no storage item SubtensorModule.Nothing");
    expect(() => runtime.storage("Nothing", "Tempo")).toThrow("no pallet Nothing");
    expect(() => runtime.constant("Aura", "Nothing")).toThrow("no constant Aura.Nothing");
    expect(() => runtime.encodeCall("System", "nothing", {})).toThrow("no call System.nothing");
    expect(() => runtime.moduleError("System", "Nothing")).toThrow("no error System.Nothing");
    expect(runtime.hasStorage("SubtensorModule", "SubnetEpochConsensus")).toBe(true);
    expect(runtime.hasStorage("SubtensorModule", "NullConsensus")).toBe(false);
    expect(runtime.hasCall("SubtensorModule", "set_weights_v2")).toBe(false);
    expect(runtime.hasEvent("SubtensorModule", "EpochSkipped")).toBe(true);
    expect(runtime.hasError("SubtensorModule", "CommitQueueFull")).toBe(true);
    expect(runtime.api("SubnetInfoRuntimeApi", "nothing")).toBeUndefined();
  });

  it("tells where a value does not fit", () => {
    const encode = (args: Record<string, unknown>) => () => runtime.encodeCall("SubtensorModule", "set_weights", args);
    const good = { netuid: 1, dests: [1], weights: [2], version_key: 0 };
    expect(encode(good)).not.toThrow();
    expect(encode({ ...good, dests: [1, 70_000] })).toThrow(
      "call.SubtensorModule.set_weights.dests[1]: 70000 is no u16",
    );
    expect(encode({ ...good, netuid: 1.5 })).toThrow("netuid: 1.5 is no u16");
    expect(encode({ ...good, version_key: -1 })).toThrow("version_key: -1 is no u64");
    expect(encode({ ...good, extra: 1 })).toThrow("no field extra");
    expect(encode({ netuid: 1, dests: [], weights: [] })).toThrow("version_key: missing");
    expect(() => runtime.storage("SubtensorModule", "Uids").key(1, new Uint8Array(31))).toThrow(
      "SubtensorModule.Uids.key 1: 31 bytes where 32 bytes belong",
    );
    expect(() => runtime.storage("SubtensorModule", "Uids").key(1, 2, 3)).toThrow("takes 2 keys, not 3");
  });
});

describe("values", () => {
  it("keys: prefixes for iteration, and back", () => {
    const uids = runtime.storage("SubtensorModule", "Uids");
    const hotkey = new Uint8Array(32).fill(7);
    expect(uids.key(1, hotkey).startsWith(uids.key(1))).toBe(true);
    expect(uids.key(1).startsWith(uids.key())).toBe(true);
    expect(uids.key()).toBe(uids.prefix);
    expect(uids.decodeKey(uids.key(1, hotkey))).toEqual([1, hotkey]);
    expect(() => uids.decodeKey(runtime.storage("SubtensorModule", "Keys").key(1, 2))).toThrow(/another item/);
    expect(() => uids.decodeKey(uids.key(1))).toThrow(ScaleError);
  });

  it("options: undefined or null, tagged when nested, missing fields are None", () => {
    const api = runtime.api("SubnetInfoRuntimeApi", "get_selective_metagraph");
    const none = api?.encodeOutput({ netuid: 1 }) ?? new Uint8Array();
    expect(text(none)).toBe(`0104${"00".repeat(76)}`);
    expect(api?.decodeOutput(none)).toMatchObject({ netuid: 1, tempo: undefined, identity: { type: "None" } });
    const some = api?.encodeOutput({ netuid: 1, tempo: null, identity: { type: "Some", value: undefined } });
    expect(api?.decodeOutput(some ?? none)).toMatchObject({ identity: { type: "Some", value: undefined } });
    expect(text(api?.encodeOutput(undefined) ?? none)).toBe("00");
  });

  it("maps and sets are sorted by value, not by bytes, and each key is there once", () => {
    const account = (fill: number) => new Uint8Array(32).fill(fill);
    const set = runtime.storage("Commitments", "TimelockedIndex");
    const given = [
      [256, account(1)],
      [1, account(9)],
      [1, account(2)],
      [256, account(1)],
    ];
    expect(set.decode(set.encode(given))).toEqual([
      [1, account(2)],
      [1, account(9)],
      [256, account(1)],
    ]);
    const more = withStorage({
      Map: plain("BTreeMap<u16, u8>", [
        [300, 1],
        [2, 2],
        [300, 3],
      ]),
      Names: plain("BTreeSet<(Option<i8>, DispatchClass, Vec<u8>)>"),
    });
    expect(more.storage("System", "Map").decode(more.storage("System", "Map").fallback)).toEqual([
      [2, 2],
      [300, 3],
    ]);
    const names = more.storage("System", "Names");
    const entry = (a: number | undefined, type: string, ...bytes: number[]) => [a, { type }, Uint8Array.from(bytes)];
    const order = [
      entry(undefined, "Mandatory", 9),
      entry(-3, "Normal"),
      entry(2, "Normal", 1),
      entry(2, "Normal", 1, 0),
      entry(2, "Operational", 0),
    ];
    expect(names.decode(names.encode([...order].reverse()))).toEqual(order);
  });

  it("integers of all widths, texts and characters, at their edges", () => {
    const all = struct("test::Edges", {
      a: "u8",
      b: "i8",
      c: "i32",
      d: "i64",
      e: "i128",
      f: "u128",
      g: "u256",
      h: "i256",
      i: "char",
      j: "str",
      k: "[u16; 2]",
      l: "Compact<u128>",
    });
    const edges = withStorage({ Edges: plain("Edges") }, { Edges: all }).storage("System", "Edges");
    const low = {
      a: 0,
      b: -128,
      c: -(2 ** 31),
      d: -(2n ** 63n),
      e: -(2n ** 127n),
      f: 0n,
      g: 0n,
      h: -(2n ** 255n),
      i: "é",
      j: "",
      k: [0, 65_535],
      l: 0n,
    };
    const high = {
      a: 255,
      b: 127,
      c: 2 ** 31 - 1,
      d: 2n ** 63n - 1n,
      e: 2n ** 127n - 1n,
      f: 2n ** 128n - 1n,
      g: 2n ** 256n - 1n,
      h: 2n ** 255n - 1n,
      i: "🜚",
      j: "τ 🜚",
      k: [1, 2],
      l: 2n ** 128n - 1n,
    };
    for (const value of [low, high]) expect(edges.decode(edges.encode(value))).toEqual(value);
    expect(() => edges.encode({ ...low, i: "ab" })).toThrow(/Edges.i: "ab" is no character/);
    expect(() => edges.encode({ ...low, e: 2n ** 127n })).toThrow(/is no i128/);
    expect(() => edges.encode({ ...low, l: 2n ** 128n })).toThrow(/is no Compact<u128>/);
    expect(() => edges.encode({ ...low, j: "\ud800" })).toThrow(/is no text/);
  });

  it("events by name and by position, of both kinds of fields", () => {
    const hotkey = new Uint8Array(32).fill(3);
    const phase = { type: "Finalization" } as const;
    const byName = { netuid: 1, block: 9 };
    const pallet = "SubtensorModule";
    const bytes = runtime.encodeEvents([
      { phase, pallet, event: "EpochSkipped", fields: byName },
      { phase, pallet, event: "EpochSkipped", fields: [1, 9] },
      { phase, pallet, event: "NeuronRegistered", fields: [1, 2, hotkey] },
      { phase, pallet, event: "StakeThresholdSet", fields: [5] },
      { phase, pallet: "Utility", event: "BatchCompleted", fields: [] },
    ]);
    const events = runtime.storage("System", "Events").decode(bytes) as { event: { value: { value: unknown } } }[];
    expect(events.map(({ event }) => event.value.value)).toEqual([
      { netuid: 1, block: 9n },
      { netuid: 1, block: 9n },
      [1, 2, hotkey],
      5n,
      undefined,
    ]);
    expect(() => runtime.encodeEvents([{ phase, pallet, event: "EpochSkipped", fields: [1] }])).toThrow(
      "takes 2 fields",
    );
    expect(() => runtime.encodeEvents([{ phase, pallet, event: "Nothing", fields: [] }])).toThrow("no event");
  });

  it("a definition with a wrong type or value fails when it is built, with its name", () => {
    expect(() => withStorage({ Wrong: plain("u16", 70_000) })).toThrow("System.Wrong: 70000 is no u16");
    expect(() => withStorage({ Wrong: plain("Unknown") })).toThrow('no type "Unknown"');
    expect(() => withStorage({ Wrong: plain("Arc<u8>") })).toThrow('no generic type "Arc"');
  });
});
