import { type NamedTypes, numbered, struct, variants } from "../metadata/notation.ts";

/** Era: one byte 0, or two bytes whose first names the variant. */
function eraVariants(): Record<string, number | readonly [number, readonly string[]]> {
  const mortal = Array.from({ length: 255 }, (_, place) => [`Mortal${place + 1}`, [place + 1, ["u8"]]] as const);
  return { Immortal: 0, ...Object.fromEntries(mortal) };
}

const UNIT_TOKEN_ERRORS = [
  "FundsUnavailable",
  "OnlyProvider",
  "BelowMinimum",
  "CannotCreate",
  "UnknownAsset",
  "Frozen",
  "Unsupported",
  "CannotCreateHold",
  "NotExpendable",
  "Blocked",
];

const TRIE_ERRORS = [
  "InvalidStateRoot",
  "IncompleteDatabase",
  "ValueAtIncompleteKey",
  "DecoderError",
  "InvalidHash",
  "DuplicateKey",
  "ExtraneousNode",
  "ExtraneousValue",
  "ExtraneousHashReference",
  "InvalidChildReference",
  "ValueMismatch",
  "IncompleteProof",
  "RootMismatch",
  "DecodeError",
];

/** Types that every pallet uses; paths as clients read them (own-metadata.md §3). */
export const COMMON_TYPES: NamedTypes = {
  AccountId32: struct("sp_core::crypto::AccountId32", ["[u8; 32]"]),
  H256: struct("primitive_types::H256", ["[u8; 32]"]),
  Address: variants(
    "sp_runtime::multiaddress::MultiAddress",
    {
      Id: [0, ["AccountId32"]],
      Index: [1, ["Compact<()>"]],
      Raw: [2, ["Vec<u8>"]],
      Address32: [3, ["[u8; 32]"]],
      Address20: [4, ["[u8; 20]"]],
    },
    { AccountId: "AccountId32", AccountIndex: "()" },
  ),
  MultiSignature: variants("sp_runtime::MultiSignature", {
    Ed25519: [0, ["[u8; 64]"]],
    Sr25519: [1, ["[u8; 64]"]],
    Ecdsa: [2, ["[u8; 65]"]],
  }),
  MultiSigner: variants("sp_runtime::MultiSigner", {
    Ed25519: [0, ["[u8; 32]"]],
    Sr25519: [1, ["[u8; 32]"]],
    Ecdsa: [2, ["[u8; 33]"]],
  }),
  Era: variants("sp_runtime::generic::era::Era", eraVariants()),
  Weight: struct("sp_weights::weight_v2::Weight", { ref_time: "Compact<u64>", proof_size: "Compact<u64>" }),
  DispatchClass: variants("frame_support::dispatch::DispatchClass", { Normal: 0, Operational: 1, Mandatory: 2 }),
  Pays: variants("frame_support::dispatch::Pays", { Yes: 0, No: 1 }),
  DispatchError: variants("sp_runtime::DispatchError", {
    Other: 0,
    CannotLookup: 1,
    BadOrigin: 2,
    Module: [3, ["ModuleError"]],
    ConsumerRemaining: 4,
    NoProviders: 5,
    TooManyConsumers: 6,
    Token: [7, ["TokenError"]],
    Arithmetic: [8, ["ArithmeticError"]],
    Transactional: [9, ["TransactionalError"]],
    Exhausted: 10,
    Corruption: 11,
    Unavailable: 12,
    RootNotAllowed: 13,
    Trie: [14, ["TrieError"]],
  }),
  ModuleError: struct("sp_runtime::ModuleError", { index: "u8", error: "[u8; 4]" }),
  TokenError: variants("sp_runtime::TokenError", numbered(UNIT_TOKEN_ERRORS)),
  ArithmeticError: variants("sp_arithmetic::ArithmeticError", numbered(["Underflow", "Overflow", "DivisionByZero"])),
  TransactionalError: variants("sp_runtime::TransactionalError", numbered(["LimitReached", "NoLayer"])),
  TrieError: variants("sp_runtime::proving_trie::TrieError", numbered(TRIE_ERRORS)),
  Digest: struct("sp_runtime::generic::digest::Digest", { logs: "Vec<DigestItem>" }),
  DigestItem: variants("sp_runtime::generic::digest::DigestItem", {
    PreRuntime: [6, ["[u8; 4]", "Vec<u8>"]],
    Consensus: [4, ["[u8; 4]", "Vec<u8>"]],
    Seal: [5, ["[u8; 4]", "Vec<u8>"]],
    Other: [0, ["Vec<u8>"]],
    RuntimeEnvironmentUpdated: 8,
  }),
  NetUid: struct("subtensor_runtime_common::NetUid", ["u16"]),
  NetUidStorageIndex: struct("subtensor_runtime_common::NetUidStorageIndex", ["u16"]),
  MechId: struct("subtensor_runtime_common::MechId", ["u8"]),
  TaoBalance: struct("subtensor_runtime_common::currency::TaoBalance", ["u64"]),
  AlphaBalance: struct("subtensor_runtime_common::currency::AlphaBalance", ["u64"]),
  PerU16: struct("sp_arithmetic::per_things::PerU16", ["u16"]),
  /** Fixed point: value = bits ÷ 2^fraction (chain.md §1.5). */
  I96F32: struct("substrate_fixed::FixedI128", { bits: "i128" }, { Frac: null }),
  I32F32: struct("substrate_fixed::FixedI64", { bits: "i64" }, { Frac: null }),
  U64F64: struct("substrate_fixed::FixedU128", { bits: "u128" }, { Frac: null }),
};
