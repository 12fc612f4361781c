import { map, plain, type StorageItem, type StorageKeys } from "../metadata/notation.ts";

/** Key shapes; netuid stands for the storage index (mechanism · 4096 + netuid) where the comment says so. */
const NETUID: StorageKeys = [["Identity", "NetUid"]];
const NETUID_TWOX: StorageKeys = [["Twox64Concat", "NetUid"]];
const NETUID_BLAKE: StorageKeys = [["Blake2128Concat", "NetUid"]];
const NETUID_UID: StorageKeys = [...NETUID, ["Identity", "u16"]];
const NETUID_HOTKEY: StorageKeys = [...NETUID, ["Blake2128Concat", "AccountId32"]];
const INDEX: StorageKeys = [["Identity", "NetUidStorageIndex"]];
const INDEX_UID: StorageKeys = [...INDEX, ["Identity", "u16"]];
const ACCOUNT: StorageKeys = [["Blake2128Concat", "AccountId32"]];
const ACCOUNT_NETUID: StorageKeys = [...ACCOUNT, ["Identity", "NetUid"]];
const INDEX_EPOCH: StorageKeys = [
  ["Twox64Concat", "NetUidStorageIndex"],
  ["Twox64Concat", "u64"],
];
const INDEX_WHO: StorageKeys = [
  ["Twox64Concat", "NetUidStorageIndex"],
  ["Twox64Concat", "AccountId32"],
];

const NOBODY = new Uint8Array(32);
const TAO_SIGN = new Uint8Array([0xf0, 0x9d, 0x9c, 0x8f]);

type Storage = Readonly<Record<string, StorageItem>>;

/** Values of the whole chain. */
const GLOBAL: Storage = {
  TotalNetworks: plain("u16", 0),
  SubnetLimit: plain("u16", 128),
  BlockEmission: plain("u64", 1_000_000_000),
  TotalIssuance: plain("TaoBalance", 0),
  TotalStake: plain("TaoBalance", 0),
  TaoWeight: plain("u64", 971_718_665_099_567_868n),
  StakeThreshold: plain("u64", 0),
  AdminFreezeWindow: plain("u16", 10),
  OwnerHyperparamRateLimit: plain("u16", 2),
  MinActivityCutoff: plain("u16", 360),
  MaxEpochsPerBlock: plain("u8", 2),
  MaxMechanismCount: plain("MechId", 2),
  CommitRevealWeightsVersion: plain("u16", 4),
  WeightsVersionKeyRateLimit: plain("u64", 5),
};

/** The epoch of a subnet (chain.md §5, chain-newest.md §1.1). */
const EPOCH: Storage = {
  Tempo: map(NETUID, "u16", 360),
  LastEpochBlock: map(NETUID, "u64", 0),
  PendingEpochAt: map(NETUID, "u64", 0),
  SubnetEpochIndex: map(NETUID, "u64", 0),
  BlocksSinceLastStep: map(NETUID, "u64", 0),
  LastMechansimStepBlock: map(NETUID, "u64", 0),
  LastYumaStepBlock: map(NETUID, "u64"),
  SubnetEpochConsensus: map(NETUID, "EpochConsensus", { type: "Yuma" }),
  SavedYumaMaxAllowedValidators: map(NETUID, "u16"),
  NullPruningTarget: map(NETUID, "u16"),
  MechanismCountCurrent: map(NETUID_TWOX, "MechId", 1),
  MechanismEmissionSplit: map(NETUID_TWOX, "Vec<u16>"),
  FirstEmissionBlockNumber: map(NETUID, "u64"),
};

/** Hyperparameters (chain.md §2). */
const HYPERPARAMETERS: Storage = {
  WeightsSetRateLimit: map(NETUID, "u64", 100),
  WeightsVersionKey: map(NETUID, "u64", 0),
  MinAllowedWeights: map(NETUID, "u16", 1024),
  MaxWeightsLimit: map(NETUID, "u16", 65_535),
  CommitRevealWeightsEnabled: map(NETUID, "bool", true),
  RevealPeriodEpochs: map(NETUID_TWOX, "u64", 1),
  ActivityCutoff: map(NETUID, "u16", 5000),
  ActivityCutoffFactorMilli: map(NETUID, "u32", 13_889),
  ImmunityPeriod: map(NETUID, "u16", 4096),
  MinAllowedUids: map(NETUID, "u16", 64),
  MaxAllowedUids: map(NETUID, "u16", 256),
  MaxAllowedValidators: map(NETUID, "u16", 128),
  ImmuneOwnerUidsLimit: map(NETUID, "u16", 1),
  MinNonImmuneUids: map(NETUID, "u16", 10),
  Yuma3On: map(NETUID_BLAKE, "bool", false),
  LiquidAlphaOn: map(NETUID_BLAKE, "bool", false),
  LiquidAlphaConsensusMode: map(NETUID, "ConsensusMode", { type: "Auto" }),
  AlphaValues: map(NETUID, "(u16, u16)", [45_875, 58_982]),
  AlphaSigmoidSteepness: map(NETUID, "i16", 1000),
  BondsMovingAverage: map(NETUID, "u64", 900_000),
  BondsPenalty: map(NETUID, "u16", 65_535),
  BondsResetOn: map(NETUID, "bool", false),
  Kappa: map(NETUID, "u16", 32_767),
  Rho: map(NETUID, "u16", 10),
  ServingRateLimit: map(NETUID, "u64", 50),
  NetworkRegistrationAllowed: map(NETUID, "bool", true),
  NetworkPowRegistrationAllowed: map(NETUID, "bool", false),
  TargetRegistrationsPerInterval: map(NETUID, "u16", 2),
  MaxRegistrationsPerBlock: map(NETUID, "u16", 1),
  AdjustmentInterval: map(NETUID, "u16", 100),
  AdjustmentAlpha: map(NETUID, "u64", 0),
  Burn: map(NETUID, "TaoBalance", 100_000_000),
  MinBurn: map(NETUID, "TaoBalance", 500_000),
  MaxBurn: map(NETUID, "TaoBalance", 100_000_000_000),
  BurnHalfLife: map(NETUID, "u16", 360),
  BurnIncreaseMult: map(NETUID, "U64F64", { bits: 0x1_428f_5c28_f5c2_9000n }),
  Difficulty: map(NETUID, "u64", 10_000_000),
  MinDifficulty: map(NETUID, "u64", 10_000_000),
  MaxDifficulty: map(NETUID, "u64", 0x3fff_ffff_ffff_ffffn),
  TransferToggle: map(NETUID, "bool", true),
  OwnerCutEnabled: map(NETUID, "bool", true),
  OwnerCutAutoLockEnabled: map(NETUID, "bool", false),
  RecycleOrBurn: map(NETUID, "RecycleOrBurn", { type: "Burn" }),
  SubtokenEnabled: map(NETUID, "bool", false),
  MinChildkeyTakePerSubnet: map(NETUID, "PerU16", 0),
};

/** What a subnet is and owns. */
const SUBNET: Storage = {
  NetworksAdded: map(NETUID, "bool", false),
  NetworkRegisteredAt: map(NETUID, "u64", 0),
  SubnetworkN: map(NETUID, "u16", 0),
  SubnetOwner: map(NETUID, "AccountId32", NOBODY),
  SubnetOwnerHotkey: map(NETUID, "AccountId32", NOBODY),
  SubnetIdentitiesV3: map(NETUID_BLAKE, "SubnetIdentityV3"),
  SubnetMechanism: map(NETUID, "u16", 0),
  TokenSymbol: map(NETUID, "Vec<u8>", TAO_SIGN),
  SubnetTAO: map(NETUID, "TaoBalance", 0),
  SubnetAlphaIn: map(NETUID, "AlphaBalance", 0),
  SubnetAlphaOut: map(NETUID, "AlphaBalance", 0),
  SubnetVolume: map(NETUID, "u128", 0),
  SubnetMovingPrice: map(NETUID, "I96F32", { bits: 0 }),
  SubnetTaoInEmission: map(NETUID, "TaoBalance", 0),
  SubnetAlphaInEmission: map(NETUID, "AlphaBalance", 0),
  SubnetAlphaOutEmission: map(NETUID, "AlphaBalance", 0),
  PendingServerEmission: map(NETUID, "AlphaBalance", 0),
  PendingValidatorEmission: map(NETUID, "AlphaBalance", 0),
  TotalAlphaStaked: map(NETUID, "AlphaBalance", 0),
};

/** Neurons, by uid and by hotkey; rows and columns by storage index where the epoch is per mechanism. */
const NEURONS: Storage = {
  Uids: map(NETUID_HOTKEY, "u16"),
  Keys: map(NETUID_UID, "AccountId32", NOBODY),
  IsNetworkMember: map(ACCOUNT_NETUID, "bool", false),
  BlockAtRegistration: map(NETUID_UID, "u64", 0),
  Axons: map(NETUID_HOTKEY, "AxonInfo"),
  Prometheus: map(NETUID_HOTKEY, "PrometheusInfo"),
  Owner: map(ACCOUNT, "AccountId32", NOBODY),
  OwnedHotkeys: map(ACCOUNT, "Vec<AccountId32>", []),
  IdentitiesV2: map(ACCOUNT, "ChainIdentityV2"),
  Delegates: map(ACCOUNT, "PerU16", 11_796),
  TotalHotkeyAlpha: map(ACCOUNT_NETUID, "AlphaBalance", 0),
  ChildKeys: map(ACCOUNT_NETUID, "Vec<(u64, AccountId32)>", []),
  ParentKeys: map(ACCOUNT_NETUID, "Vec<(u64, AccountId32)>", []),
  StakeWeight: map(NETUID, "Vec<u16>", []),
  Active: map(NETUID, "Vec<bool>", []),
  Consensus: map(NETUID, "Vec<PerU16>", []),
  ConsensusByMechanism: map(INDEX, "Vec<PerU16>", []),
  Incentive: map(INDEX, "Vec<PerU16>", []),
  Dividends: map(NETUID, "Vec<PerU16>", []),
  Emission: map(NETUID, "Vec<AlphaBalance>", []),
  ValidatorTrust: map(NETUID, "Vec<PerU16>", []),
  ValidatorPermit: map(NETUID, "Vec<bool>", []),
  LastUpdate: map(INDEX, "Vec<u64>", []),
  Weights: map(INDEX_UID, "Vec<(u16, u16)>", []),
  Bonds: map(INDEX_UID, "Vec<(u16, u16)>", []),
  WeightCommits: map(INDEX_WHO, "Vec<(H256, u64, u64, u64)>"),
  TimelockedWeightCommits: map(INDEX_EPOCH, "Vec<(AccountId32, u64, BoundedVec<u8>, u64)>", []),
  HotkeySuccessor: map(NETUID_HOTKEY, "AccountId32"),
  HotkeyRoot: map(NETUID_HOTKEY, "AccountId32"),
};

/** Storage of SubtensorModule that a validator, the SDKs or the simulated node read (chain.md §1.5, sdk-wire.md §4). */
export const SUBTENSOR_STORAGE: Storage = { ...GLOBAL, ...EPOCH, ...HYPERPARAMETERS, ...SUBNET, ...NEURONS };
