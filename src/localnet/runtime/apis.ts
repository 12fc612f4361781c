import { type NamedTypes, numbered, type RuntimeApi, struct, variants } from "../metadata/notation.ts";

const SUBNET_INFO = "pallet_subtensor::rpc_info::subnet_info";

export const API_TYPES: NamedTypes = {
  OpaqueMetadata: struct("sp_core::OpaqueMetadata", ["Vec<u8>"]),
  HyperparamEntry: struct(`${SUBNET_INFO}::HyperparamEntry`, { name: "Vec<u8>", value: "HyperparamValue" }),
  HyperparamValue: variants(`${SUBNET_INFO}::HyperparamValue`, {
    Bool: [0, ["bool"]],
    U16: [1, ["Compact<u16>"]],
    U32: [2, ["Compact<u32>"]],
    U64: [3, ["Compact<u64>"]],
    U128: [4, ["Compact<u128>"]],
    TaoBalance: [5, ["Compact<TaoBalance>"]],
    I32F32: [6, ["I32F32"]],
    U64F64: [7, ["U64F64"]],
  }),
  SubnetHyperparamsV2: struct(`${SUBNET_INFO}::SubnetHyperparamsV2`, {
    rho: "Compact<u16>",
    kappa: "Compact<u16>",
    immunity_period: "Compact<u16>",
    min_allowed_weights: "Compact<u16>",
    max_weights_limit: "Compact<u16>",
    tempo: "Compact<u16>",
    min_difficulty: "Compact<u64>",
    max_difficulty: "Compact<u64>",
    weights_version: "Compact<u64>",
    weights_rate_limit: "Compact<u64>",
    adjustment_interval: "Compact<u16>",
    activity_cutoff: "Compact<u64>",
    registration_allowed: "bool",
    target_regs_per_interval: "Compact<u16>",
    min_burn: "Compact<TaoBalance>",
    max_burn: "Compact<TaoBalance>",
    bonds_moving_avg: "Compact<u64>",
    max_regs_per_block: "Compact<u16>",
    serving_rate_limit: "Compact<u64>",
    max_validators: "Compact<u16>",
    adjustment_alpha: "Compact<u64>",
    difficulty: "Compact<u64>",
    commit_reveal_period: "Compact<u64>",
    commit_reveal_weights_enabled: "bool",
    alpha_high: "Compact<u16>",
    alpha_low: "Compact<u16>",
    liquid_alpha_enabled: "bool",
    alpha_sigmoid_steepness: "I32F32",
    yuma_version: "Compact<u16>",
    subnet_is_active: "bool",
    transfers_enabled: "bool",
    bonds_reset_enabled: "bool",
    user_liquidity_enabled: "bool",
  }),
  TransactionSource: variants(
    "sp_runtime::transaction_validity::TransactionSource",
    numbered(["InBlock", "Local", "External"]),
  ),
  ValidTransaction: struct("sp_runtime::transaction_validity::ValidTransaction", {
    priority: "u64",
    requires: "Vec<Vec<u8>>",
    provides: "Vec<Vec<u8>>",
    longevity: "u64",
    propagate: "bool",
  }),
  TransactionValidityError: variants("sp_runtime::transaction_validity::TransactionValidityError", {
    Invalid: [0, ["InvalidTransaction"]],
    Unknown: [1, ["UnknownTransaction"]],
  }),
  InvalidTransaction: variants("sp_runtime::transaction_validity::InvalidTransaction", {
    Call: 0,
    Payment: 1,
    Future: 2,
    Stale: 3,
    BadProof: 4,
    AncientBirthBlock: 5,
    ExhaustsResources: 6,
    Custom: [7, ["u8"]],
    BadMandatory: 8,
    MandatoryValidation: 9,
    BadSigner: 10,
    IndeterminateImplicit: 11,
    UnknownOrigin: 12,
  }),
  UnknownTransaction: variants("sp_runtime::transaction_validity::UnknownTransaction", {
    CannotLookup: 0,
    NoUnsignedValidator: 1,
    Custom: [2, ["u8"]],
  }),
};

const NETUID = { netuid: "NetUid" };

/** Runtime APIs that clients ask for (sdk-wire.md §3), with the versions of the chain. */
export const APIS: readonly RuntimeApi[] = [
  { name: "Core", version: 5, methods: { version: { inputs: {}, output: "RuntimeVersion" } } },
  {
    name: "Metadata",
    version: 2,
    methods: {
      metadata: { inputs: {}, output: "OpaqueMetadata" },
      metadata_at_version: { inputs: { version: "u32" }, output: "Option<OpaqueMetadata>" },
      metadata_versions: { inputs: {}, output: "Vec<u32>" },
    },
  },
  {
    name: "TaggedTransactionQueue",
    version: 3,
    methods: {
      validate_transaction: {
        inputs: { source: "TransactionSource", tx: "UncheckedExtrinsic", block_hash: "H256" },
        output: "Result<ValidTransaction, TransactionValidityError>",
      },
    },
  },
  {
    name: "AccountNonceApi",
    version: 1,
    methods: { account_nonce: { inputs: { account: "AccountId32" }, output: "u32" } },
  },
  {
    name: "TransactionPaymentApi",
    version: 4,
    methods: {
      query_info: { inputs: { uxt: "UncheckedExtrinsic", len: "u32" }, output: "RuntimeDispatchInfo" },
      query_fee_details: { inputs: { uxt: "UncheckedExtrinsic", len: "u32" }, output: "FeeDetails" },
    },
  },
  {
    name: "NeuronInfoRuntimeApi",
    version: 1,
    methods: {
      get_neurons_lite: { inputs: NETUID, output: "Vec<NeuronInfoLite>" },
      get_neuron_lite: { inputs: { netuid: "NetUid", uid: "u16" }, output: "Option<NeuronInfoLite>" },
    },
  },
  {
    name: "SubnetInfoRuntimeApi",
    version: 2,
    methods: {
      get_subnet_hyperparams_v2: { inputs: NETUID, output: "Option<SubnetHyperparamsV2>" },
      get_subnet_hyperparams_v3: { inputs: NETUID, output: "Option<Vec<HyperparamEntry>>" },
      get_metagraph: { inputs: NETUID, output: "Option<Metagraph>" },
      get_mechagraph: { inputs: { netuid: "NetUid", mecid: "MechId" }, output: "Option<Metagraph>" },
      get_selective_metagraph: {
        inputs: { netuid: "NetUid", metagraph_indexes: "Vec<u16>" },
        output: "Option<SelectiveMetagraph>",
      },
      get_selective_mechagraph: {
        inputs: { netuid: "NetUid", subid: "MechId", metagraph_indexes: "Vec<u16>" },
        output: "Option<SelectiveMetagraph>",
      },
      get_subnet_state: { inputs: NETUID, output: "Option<SubnetState>" },
      get_next_epoch_start_block: { inputs: NETUID, output: "Option<u64>" },
    },
  },
];
