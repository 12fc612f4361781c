import type { StorageItem } from "./storage-item.ts";

type Keys = readonly unknown[];
type Netuid = readonly [netuid: number];
type Index = readonly [storageIndex: number];
type Account = readonly [account: Uint8Array];

const asNumber = (raw: unknown): number => Number(raw ?? 0);
const asBigint = (raw: unknown): bigint => BigInt((raw ?? 0) as bigint | number);
const asBoolean = (raw: unknown): boolean => raw === true;
const asBytes = (raw: unknown): Uint8Array => (raw instanceof Uint8Array ? raw : new Uint8Array(0));
const asNumbers = (raw: unknown): readonly number[] => (Array.isArray(raw) ? raw.map(asNumber) : []);
const asBooleans = (raw: unknown): readonly boolean[] => (Array.isArray(raw) ? raw.map(asBoolean) : []);
const asIs = (raw: unknown): unknown => raw;

function subtensor<K extends Keys, V>(name: string, read: (raw: unknown) => V, absent: V): StorageItem<K, V> {
  return { pallet: "SubtensorModule", name, read, absent };
}

function number<K extends Keys = Netuid>(name: string, absent = 0): StorageItem<K, number> {
  return subtensor(name, asNumber, absent);
}

function flag<K extends Keys = Netuid>(name: string): StorageItem<K, boolean> {
  return subtensor(name, asBoolean, false);
}

function numbers<K extends Keys = Netuid>(name: string): StorageItem<K, readonly number[]> {
  return subtensor(name, asNumbers, []);
}

function raw<K extends Keys>(name: string): StorageItem<K, unknown> {
  return subtensor(name, asIs, undefined);
}

function optional<K extends Keys = Netuid>(name: string): StorageItem<K, number | undefined> {
  return subtensor(name, (value) => (value === undefined ? undefined : Number(value)), undefined);
}

// The epoch (chain.md §5.1).
export const TEMPO: StorageItem<Netuid, number> = number("Tempo");
export const LAST_EPOCH_BLOCK: StorageItem<Netuid, number> = number("LastEpochBlock");
export const PENDING_EPOCH_AT: StorageItem<Netuid, number> = number("PendingEpochAt");
export const EPOCH_INDEX: StorageItem<Netuid, number> = number("SubnetEpochIndex");
export const BLOCKS_SINCE_LAST_STEP: StorageItem<Netuid, number> = number("BlocksSinceLastStep");
export const LAST_STEP: StorageItem<Netuid, number> = number("LastMechansimStepBlock");
export const LAST_YUMA_STEP: StorageItem<Netuid, number> = number("LastYumaStepBlock");
/** Epochs that one block can take; none defers them all, as a chain with many subnets does (chain.md §5.1). */
export const MOST_EPOCHS: StorageItem<[], number> = subtensor("MaxEpochsPerBlock", asNumber, 2);

// What decides whether weights are taken (chain.md §2, §3.3).
export const MECHANISM_COUNT: StorageItem<Netuid, number> = number("MechanismCountCurrent", 1);
export const NETWORK_ADDED: StorageItem<Netuid, boolean> = flag("NetworksAdded");
export const SUBNET_N: StorageItem<Netuid, number> = number("SubnetworkN");
export const WEIGHTS_RATE_LIMIT: StorageItem<Netuid, number> = number("WeightsSetRateLimit");
export const WEIGHTS_VERSION_KEY: StorageItem<Netuid, bigint> = subtensor("WeightsVersionKey", asBigint, 0n);
export const MIN_ALLOWED_WEIGHTS: StorageItem<Netuid, number> = number("MinAllowedWeights", 1);
export const COMMIT_REVEAL: StorageItem<Netuid, boolean> = flag("CommitRevealWeightsEnabled");
export const REVEAL_PERIOD: StorageItem<Netuid, number> = number("RevealPeriodEpochs", 1);
export const COMMIT_REVEAL_VERSION: StorageItem<[], number> = number("CommitRevealWeightsVersion", 4);
export const STAKE_THRESHOLD: StorageItem<[], bigint> = subtensor("StakeThreshold", asBigint, 0n);
export const MAX_VALIDATORS: StorageItem<Netuid, number> = number("MaxAllowedValidators", 64);
export const MAX_UIDS: StorageItem<Netuid, number> = number("MaxAllowedUids", 256);
/** Only older runtimes go by it. */
export const ACTIVITY_CUTOFF: StorageItem<Netuid, number> = number("ActivityCutoff", 5000);
export const ACTIVITY_FACTOR: StorageItem<Netuid, number> = number("ActivityCutoffFactorMilli", 13_889);

// What is only shown.
export const SUBTOKEN_ENABLED: StorageItem<Netuid, boolean> = flag("SubtokenEnabled");
export const TOKEN_SYMBOL: StorageItem<Netuid, Uint8Array> = subtensor("TokenSymbol", asBytes, new Uint8Array(0));
export const SUBNET_IDENTITY: StorageItem<Netuid, unknown> = raw("SubnetIdentitiesV3");
export const MOVING_PRICE: StorageItem<Netuid, unknown> = raw("SubnetMovingPrice");
export const ALPHA_VALUES: StorageItem<Netuid, readonly number[]> = numbers("AlphaValues");

// Epoch modes, pruning, mechanisms (chain-newest.md §1.1, §2.4).
export type EpochMode = "Yuma" | "Null";
export const EPOCH_CONSENSUS: StorageItem<Netuid, EpochMode> = subtensor(
  "SubnetEpochConsensus",
  (value) => ((value as { readonly type?: string } | undefined)?.type === "Null" ? "Null" : "Yuma"),
  "Yuma",
);
export const SAVED_MAX_VALIDATORS: StorageItem<Netuid, number | undefined> = optional("SavedYumaMaxAllowedValidators");
export const PRUNING_TARGET: StorageItem<Netuid, number | undefined> = optional("NullPruningTarget");
export const MECHANISM_SPLIT: StorageItem<Netuid, readonly number[]> = numbers("MechanismEmissionSplit");
export const MAX_MECHANISMS: StorageItem<[], number> = number("MaxMechanismCount", 2);
export const MIN_UIDS: StorageItem<Netuid, number> = number("MinAllowedUids", 64);
export const IMMUNITY_PERIOD: StorageItem<Netuid, number> = number("ImmunityPeriod", 4096);
export const FREEZE_WINDOW: StorageItem<[], number> = number("AdminFreezeWindow", 10);

// What Yuma is computed with (chain.md §2, §8).
export const KAPPA: StorageItem<Netuid, number> = number("Kappa", 32_767);
export const BONDS_PENALTY: StorageItem<Netuid, number> = number("BondsPenalty", 65_535);
export const BONDS_MOVING_AVERAGE: StorageItem<Netuid, number> = number("BondsMovingAverage", 900_000);
export const YUMA3: StorageItem<Netuid, boolean> = flag("Yuma3On");
export const LIQUID_ALPHA: StorageItem<Netuid, boolean> = flag("LiquidAlphaOn");
export const SIGMOID_STEEPNESS: StorageItem<Netuid, number> = number("AlphaSigmoidSteepness", 1000);

/** Any item of one number, 0 where the metadata has none. */
export function numberItem(name: string): StorageItem<Netuid, number> {
  return number(name);
}

export function bigintItem(name: string): StorageItem<Netuid, bigint> {
  return subtensor(name, asBigint, 0n);
}

export function flagItem(name: string): StorageItem<Netuid, boolean> {
  return flag(name);
}

// Neurons (chain.md §1.5).
export const UIDS: StorageItem<readonly [netuid: number, hotkey: Uint8Array], number | undefined> = subtensor(
  "Uids",
  (value) => (value === undefined ? undefined : Number(value)),
  undefined,
);
export const KEYS: StorageItem<readonly [netuid: number, uid: number], Uint8Array> = subtensor(
  "Keys",
  asBytes,
  new Uint8Array(32),
);
export const IS_MEMBER: StorageItem<readonly [hotkey: Uint8Array, netuid: number], boolean> = flag("IsNetworkMember");
export const REGISTRATION_BLOCK: StorageItem<readonly [netuid: number, uid: number], number> =
  number("BlockAtRegistration");
export const OWNER: StorageItem<Account, Uint8Array> = subtensor("Owner", asBytes, new Uint8Array(32));
export const SUBNET_OWNER: StorageItem<Netuid, Uint8Array> = subtensor("SubnetOwner", asBytes, new Uint8Array(32));
export const OWNER_HOTKEY: StorageItem<Netuid, Uint8Array> = subtensor(
  "SubnetOwnerHotkey",
  asBytes,
  new Uint8Array(32),
);
export const HOTKEY_ALPHA: StorageItem<readonly [hotkey: Uint8Array, netuid: number], bigint> = subtensor(
  "TotalHotkeyAlpha",
  asBigint,
  0n,
);
export const AXONS: StorageItem<readonly [netuid: number, hotkey: Uint8Array], unknown> = raw("Axons");
export const PROMETHEUS: StorageItem<readonly [netuid: number, hotkey: Uint8Array], unknown> = raw("Prometheus");
type NetuidHotkey = readonly [netuid: number, hotkey: Uint8Array];
export const HOTKEY_SUCCESSOR: StorageItem<NetuidHotkey, unknown> = raw("HotkeySuccessor");
export const HOTKEY_ROOT: StorageItem<NetuidHotkey, unknown> = raw("HotkeyRoot");
export const COLDKEY_IDENTITY: StorageItem<Account, unknown> = raw("IdentitiesV2");

// Columns of the last epoch; rows of weights by storage index and uid.
export const STAKE_WEIGHT: StorageItem<Netuid, readonly number[]> = numbers("StakeWeight");
export const ACTIVE: StorageItem<Netuid, readonly boolean[]> = subtensor("Active", asBooleans, []);
export const PERMITS: StorageItem<Netuid, readonly boolean[]> = subtensor("ValidatorPermit", asBooleans, []);
export const CONSENSUS: StorageItem<Netuid, readonly number[]> = numbers("Consensus");
export const CONSENSUS_BY_MECHANISM: StorageItem<Index, readonly number[]> = numbers("ConsensusByMechanism");
export const INCENTIVE: StorageItem<Index, readonly number[]> = numbers("Incentive");
export const DIVIDENDS: StorageItem<Netuid, readonly number[]> = numbers("Dividends");
export const EMISSION: StorageItem<Netuid, readonly number[]> = numbers("Emission");
export const VALIDATOR_TRUST: StorageItem<Netuid, readonly number[]> = numbers("ValidatorTrust");
export const LAST_UPDATE: StorageItem<Index, readonly number[]> = numbers("LastUpdate");
export const WEIGHTS: StorageItem<readonly [storageIndex: number, uid: number], WeightPairs> = subtensor(
  "Weights",
  (value) => (value ?? []) as WeightPairs,
  [],
);
export const BONDS: StorageItem<readonly [storageIndex: number, uid: number], WeightPairs> = subtensor(
  "Bonds",
  (value) => (value ?? []) as WeightPairs,
  [],
);
export type WeightPairs = readonly (readonly [uid: number, value: number])[];

/** Account, block of the commit, ciphertext, round of the beacon that opens it. */
export type TimelockedCommit = readonly [who: Uint8Array, block: bigint, ciphertext: Uint8Array, round: bigint];
export const TIMELOCKED: StorageItem<readonly [storageIndex: number, epoch: number], readonly TimelockedCommit[]> =
  subtensor("TimelockedWeightCommits", (value) => (value ?? []) as readonly TimelockedCommit[], []);

function plain<V>(pallet: string, name: string, read: (value: unknown) => V, absent: V): StorageItem<[], V> {
  return { pallet, name, read, absent };
}

export const BLOCK_NUMBER: StorageItem<[], number> = plain("System", "Number", asNumber, 0);
export const PARENT_HASH: StorageItem<[], unknown> = plain("System", "ParentHash", asIs, undefined);
export const EVENT_COUNT: StorageItem<[], number> = plain("System", "EventCount", asNumber, 0);
export const NOW: StorageItem<[], number> = plain("Timestamp", "Now", asNumber, 0);
export const LAST_STORED_ROUND: StorageItem<[], bigint> = plain("Drand", "LastStoredRound", asBigint, 0n);
export const OLDEST_STORED_ROUND: StorageItem<[], bigint> = plain("Drand", "OldestStoredRound", asBigint, 0n);
export const BEACON_CONFIG: StorageItem<[], unknown> = plain("Drand", "BeaconConfig", asIs, undefined);
export const PULSES: StorageItem<readonly [round: number | bigint], PulseSignature | undefined> = {
  pallet: "Drand",
  name: "Pulses",
  read: (value) => value as PulseSignature | undefined,
  absent: undefined,
};
export interface PulseSignature {
  readonly signature: Uint8Array;
}
export const MAX_SPACE: StorageItem<[], number> = plain("Commitments", "MaxSpace", asNumber, 3100);
export const TIMELOCKED_INDEX: StorageItem<[], readonly unknown[]> = plain(
  "Commitments",
  "TimelockedIndex",
  (value) => (value ?? []) as readonly unknown[],
  [],
);

export interface AccountInfo {
  readonly nonce: number;
  readonly [field: string]: unknown;
}
export const ACCOUNT: StorageItem<Account, AccountInfo | undefined> = {
  pallet: "System",
  name: "Account",
  read: (value) => value as AccountInfo,
  absent: undefined,
};

type NetuidWho = readonly [netuid: number, who: Uint8Array];
function commitments<V>(name: string, read: (value: unknown) => V, absent: V): StorageItem<NetuidWho, V> {
  return { pallet: "Commitments", name, read, absent };
}
export const COMMITMENT_OF: StorageItem<NetuidWho, unknown> = commitments("CommitmentOf", asIs, undefined);
export const LAST_COMMITMENT: StorageItem<NetuidWho, number> = commitments("LastCommitment", asNumber, 0);
export const REVEALED: StorageItem<NetuidWho, unknown> = commitments("RevealedCommitments", asIs, undefined);
export const USED_SPACE: StorageItem<NetuidWho, SpaceUsage | undefined> = commitments(
  "UsedSpaceOf",
  (value) => value as SpaceUsage | undefined,
  undefined,
);
export interface SpaceUsage {
  readonly last_epoch: bigint;
  readonly used_space: bigint;
}
