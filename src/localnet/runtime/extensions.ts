import { type NamedTypes, type SignedExtension, struct, variants } from "../metadata/notation.ts";

/** Those without bytes: identifier → path of the type. */
const EMPTY: Readonly<Record<string, string>> = {
  CheckNonZeroSender: "frame_system::extensions::check_non_zero_sender::CheckNonZeroSender",
  CheckSpecVersion: "frame_system::extensions::check_spec_version::CheckSpecVersion",
  CheckTxVersion: "frame_system::extensions::check_tx_version::CheckTxVersion",
  CheckGenesis: "frame_system::extensions::check_genesis::CheckGenesis",
  CheckWeight: "frame_system::extensions::check_weight::CheckWeight",
  SudoTransactionExtension: "node_subtensor_runtime::sudo_wrapper::SudoTransactionExtension",
  CheckShieldedTxValidity: "pallet_shield::extension::CheckShieldedTxValidity",
  SubtensorTransactionExtension: "pallet_subtensor::extensions::subtensor::SubtensorTransactionExtension",
  DrandPriority: "pallet_drand::drand_priority::DrandPriority",
};

export const EXTENSION_TYPES: NamedTypes = {
  ...Object.fromEntries(Object.entries(EMPTY).map(([name, path]) => [name, struct(path, [], { T: null })])),
  CheckMortality: struct("node_subtensor_runtime::check_mortality::CheckMortality", ["Era"], { T: null }),
  CheckNonce: struct("node_subtensor_runtime::check_nonce::CheckNonce", ["Compact<u32>"], { T: null }),
  ChargeTransactionPayment: struct("pallet_transaction_payment::ChargeTransactionPayment", ["Compact<TaoBalance>"], {
    T: null,
  }),
  CheckMetadataHash: struct(
    "frame_metadata_hash_extension::CheckMetadataHash",
    { mode: "MetadataHashMode" },
    { T: null },
  ),
  MetadataHashMode: variants("frame_metadata_hash_extension::Mode", { Disabled: 0, Enabled: 1 }),
};

/** All 13 extensions, in order (chain.md §3.8); 9 to 12 carry no bytes at all. */
export const EXTENSIONS: readonly SignedExtension[] = (
  [
    ["CheckNonZeroSender", "()"],
    ["CheckSpecVersion", "u32"],
    ["CheckTxVersion", "u32"],
    ["CheckGenesis", "H256"],
    ["CheckMortality", "H256"],
    ["CheckNonce", "()"],
    ["CheckWeight", "()"],
    ["ChargeTransactionPayment", "()"],
    ["SudoTransactionExtension", "()"],
    ["CheckShieldedTxValidity", "()"],
    ["SubtensorTransactionExtension", "()"],
    ["DrandPriority", "()"],
    ["CheckMetadataHash", "Option<[u8; 32]>"],
  ] as const
).map(([identifier, additionalSigned]) => ({ identifier, type: identifier, additionalSigned }));
