import { map, type NamedTypes, numbered, type Pallet, plain, struct, variants } from "../metadata/notation.ts";
import { BLOCK_HASH_COUNT, SS58_PREFIX } from "./versions.ts";

const ZERO_HASH = new Uint8Array(32);
const NO_WEIGHT = { ref_time: 0, proof_size: 0 };

export const EMPTY_BALANCE: Readonly<Record<string, unknown>> = { free: 0, reserved: 0, frozen: 0, flags: 1n << 127n };

export const SYSTEM_TYPES: NamedTypes = {
  AccountInfo: struct(
    "frame_system::AccountInfo",
    { nonce: "u32", consumers: "u32", providers: "u32", sufficients: "u32", data: "AccountData" },
    { Nonce: "u32", AccountData: "AccountData" },
  ),
  PerDispatchClass: struct(
    "frame_support::dispatch::PerDispatchClass",
    { normal: "Weight", operational: "Weight", mandatory: "Weight" },
    { T: "Weight" },
  ),
  EventRecord: struct(
    "frame_system::EventRecord",
    { phase: "Phase", event: "RuntimeEvent", topics: "Vec<H256>" },
    { E: "RuntimeEvent", T: "H256" },
  ),
  Phase: variants("frame_system::Phase", { ApplyExtrinsic: [0, ["u32"]], Finalization: 1, Initialization: 2 }),
  DispatchEventInfo: struct("frame_system::DispatchEventInfo", {
    weight: "Weight",
    class: "DispatchClass",
    pays_fee: "Pays",
  }),
  LastRuntimeUpgradeInfo: struct("frame_system::LastRuntimeUpgradeInfo", {
    spec_version: "Compact<u32>",
    spec_name: "Cow<str>",
  }),
  RuntimeVersion: struct("sp_version::RuntimeVersion", {
    spec_name: "Cow<str>",
    impl_name: "Cow<str>",
    authoring_version: "u32",
    spec_version: "u32",
    impl_version: "u32",
    apis: "Cow<Vec<([u8; 8], u32)>>",
    transaction_version: "u32",
    system_version: "u8",
  }),
  RuntimeDbWeight: struct("sp_weights::RuntimeDbWeight", { read: "u64", write: "u64" }),
  Slot: struct("sp_consensus_slots::Slot", ["u64"]),
};

const SYSTEM_ERRORS = [
  "InvalidSpecName",
  "SpecVersionNeedsToIncrease",
  "FailedToExtractRuntimeVersion",
  "NonDefaultComposite",
  "NonZeroRefCount",
  "CallFiltered",
  "MultiBlockMigrationsOngoing",
  "NothingAuthorized",
  "Unauthorized",
];

/** System, index 0. `version` is the value of its `Version` constant. */
export function systemPallet(version: unknown): Pallet {
  return {
    name: "System",
    index: 0,
    module: "frame_system",
    calls: {
      remark: [0, { remark: "Vec<u8>" }],
      set_code: [2, { code: "Vec<u8>" }],
      remark_with_event: [7, { remark: "Vec<u8>" }],
    },
    events: {
      ExtrinsicSuccess: [0, { dispatch_info: "DispatchEventInfo" }],
      ExtrinsicFailed: [1, { dispatch_error: "DispatchError", dispatch_info: "DispatchEventInfo" }],
      CodeUpdated: 2,
      NewAccount: [3, { account: "AccountId32" }],
      KilledAccount: [4, { account: "AccountId32" }],
      Remarked: [5, { sender: "AccountId32", hash: "H256" }],
    },
    errors: numbered(SYSTEM_ERRORS),
    storage: {
      Account: map([["Blake2128Concat", "AccountId32"]], "AccountInfo", {
        nonce: 0,
        consumers: 0,
        providers: 0,
        sufficients: 0,
        data: EMPTY_BALANCE,
      }),
      ExtrinsicCount: plain("u32"),
      BlockWeight: plain("PerDispatchClass", { normal: NO_WEIGHT, operational: NO_WEIGHT, mandatory: NO_WEIGHT }),
      BlockHash: map([["Twox64Concat", "u32"]], "H256", ZERO_HASH),
      Number: plain("u32", 0),
      ParentHash: plain("H256", ZERO_HASH),
      Digest: plain("Digest", { logs: [] }),
      Events: plain("Vec<EventRecord>", []),
      EventCount: plain("u32", 0),
      LastRuntimeUpgrade: plain("LastRuntimeUpgradeInfo"),
    },
    constants: {
      BlockHashCount: ["u32", BLOCK_HASH_COUNT],
      DbWeight: ["RuntimeDbWeight", { read: 25_000_000, write: 100_000_000 }],
      Version: ["RuntimeVersion", version],
      SS58Prefix: ["u16", SS58_PREFIX],
    },
  };
}

/** Timestamp 2 and Aura 3. Clients take the block time from `Aura.SlotDuration` (sdk-wire.md §2). */
export function clockPallets(blockMs: number): Pallet[] {
  return [
    {
      name: "Timestamp",
      index: 2,
      module: "pallet_timestamp",
      calls: { set: [0, { now: "Compact<u64>" }] },
      storage: { Now: plain("u64", 0), DidUpdate: plain("bool", false) },
      constants: { MinimumPeriod: ["u64", Math.floor(blockMs / 2)] },
    },
    {
      name: "Aura",
      index: 3,
      module: "pallet_aura",
      storage: { CurrentSlot: plain("Slot", 0) },
      constants: { SlotDuration: ["u64", blockMs] },
    },
  ];
}
