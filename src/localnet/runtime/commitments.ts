import {
  map,
  type NamedTypes,
  numbered,
  type Pallet,
  plain,
  type StorageKeys,
  struct,
  variants,
} from "../metadata/notation.ts";

const NETUID_WHO: StorageKeys = [
  ["Identity", "NetUid"],
  ["Twox64Concat", "AccountId32"],
];

/** Raw0 … Raw128: exactly so many bytes, no length; the index is one higher (chain.md §6.1). */
function rawVariants(): Record<string, readonly [number, readonly string[]]> {
  return Object.fromEntries(Array.from({ length: 129 }, (_, size) => [`Raw${size}`, [size + 1, [`[u8; ${size}]`]]]));
}

const REVEAL_FAILURES = [
  "SignatureDeserialize",
  "CiphertextDeserialize",
  "Decrypt",
  "EmptyPlaintext",
  "PulseExpired",
  "RoundMismatch",
];

export const COMMITMENT_TYPES: NamedTypes = {
  CommitmentData: variants("pallet_commitments::types::Data", {
    None: 0,
    ...rawVariants(),
    BlakeTwo256: [130, ["[u8; 32]"]],
    Sha256: [131, ["[u8; 32]"]],
    Keccak256: [132, ["[u8; 32]"]],
    ShaThree256: [133, ["[u8; 32]"]],
    TimelockEncrypted: [134, { encrypted: "BoundedVec<u8>", reveal_round: "u64" }],
    ResetBondsFlag: 135,
    BigRaw: [136, ["BoundedVec<u8>"]],
    TimelockRevealFailed: [137, { encrypted: "BoundedVec<u8>", reveal_round: "u64" }],
  }),
  CommitmentInfo: struct(
    "pallet_commitments::types::CommitmentInfo",
    { fields: "BoundedVec<CommitmentData>" },
    { FieldLimit: null },
  ),
  Registration: struct(
    "pallet_commitments::types::Registration",
    { deposit: "TaoBalance", block: "u32", info: "CommitmentInfo" },
    { Balance: "TaoBalance", MaxFields: null, BlockNumber: "u32" },
  ),
  UsageTracker: struct("pallet_commitments::types::UsageTracker", { last_epoch: "u64", used_space: "u64" }),
  RevealFailure: variants("pallet_commitments::types::RevealFailure", numbered(REVEAL_FAILURES)),
};

/** Commitments, index 18 (chain.md §6, chain-newest.md §4.6). */
export const COMMITMENTS: Pallet = {
  name: "Commitments",
  index: 18,
  module: "pallet_commitments",
  calls: {
    set_commitment: [0, { netuid: "NetUid", info: "CommitmentInfo" }],
    set_max_space: [2, { new_limit: "u32" }],
  },
  events: {
    Commitment: [0, { netuid: "NetUid", who: "AccountId32" }],
    TimelockCommitment: [1, { netuid: "NetUid", who: "AccountId32", reveal_round: "u64" }],
    CommitmentRevealed: [2, { netuid: "NetUid", who: "AccountId32" }],
    CommitmentRevealFailed: [3, { netuid: "NetUid", who: "AccountId32", reveal_round: "u64", error: "RevealFailure" }],
  },
  errors: numbered([
    "TooManyFieldsInCommitmentInfo",
    "AccountNotAllowedCommit",
    "SpaceLimitExceeded",
    "UnexpectedUnreserveLeftover",
    "TimelockRevealFailedNotAllowed",
  ]),
  storage: {
    TimelockedIndex: plain("BTreeSet<(NetUid, AccountId32)>", []),
    CommitmentOf: map(NETUID_WHO, "Registration"),
    LastCommitment: map(NETUID_WHO, "u32"),
    LastBondsReset: map(NETUID_WHO, "u32"),
    RevealedCommitments: map(NETUID_WHO, "Vec<(Vec<u8>, u64)>"),
    UsedSpaceOf: map(NETUID_WHO, "UsageTracker"),
    TimelockRevealCursor: plain("(NetUid, AccountId32)"),
    MaxSpace: plain("u32", 3100),
  },
  constants: {
    MaxFields: ["u32", 3],
    InitialDeposit: ["TaoBalance", 0],
    FieldDeposit: ["TaoBalance", 0],
  },
};
