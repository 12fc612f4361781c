import { type NamedTypes, struct } from "../metadata/notation.ts";

type Fields = Readonly<Record<string, string>>;

/** The part of a metagraph that is one value per subnet: fields 0 to 51 (chain.md §1.2). */
const SUBNET_FIELDS: Fields = {
  netuid: "Compact<NetUid>",
  name: "Vec<Compact<u8>>",
  symbol: "Vec<Compact<u8>>",
  identity: "Option<SubnetIdentityV3>",
  network_registered_at: "Compact<u64>",
  owner_hotkey: "AccountId32",
  owner_coldkey: "AccountId32",
  block: "Compact<u64>",
  tempo: "Compact<u16>",
  last_step: "Compact<u64>",
  blocks_since_last_step: "Compact<u64>",
  subnet_emission: "Compact<u64>",
  alpha_in: "Compact<AlphaBalance>",
  alpha_out: "Compact<AlphaBalance>",
  tao_in: "Compact<TaoBalance>",
  alpha_out_emission: "Compact<AlphaBalance>",
  alpha_in_emission: "Compact<AlphaBalance>",
  tao_in_emission: "Compact<TaoBalance>",
  pending_alpha_emission: "Compact<AlphaBalance>",
  pending_root_emission: "Compact<TaoBalance>",
  subnet_volume: "Compact<u128>",
  moving_price: "I96F32",
  rho: "Compact<u16>",
  kappa: "Compact<u16>",
  min_allowed_weights: "Compact<u16>",
  max_weights_limit: "Compact<u16>",
  weights_version: "Compact<u64>",
  weights_rate_limit: "Compact<u64>",
  activity_cutoff: "Compact<u64>",
  max_validators: "Compact<u16>",
  num_uids: "Compact<u16>",
  max_uids: "Compact<u16>",
  burn: "Compact<TaoBalance>",
  difficulty: "Compact<u64>",
  registration_allowed: "bool",
  pow_registration_allowed: "bool",
  immunity_period: "Compact<u16>",
  min_difficulty: "Compact<u64>",
  max_difficulty: "Compact<u64>",
  min_burn: "Compact<TaoBalance>",
  max_burn: "Compact<TaoBalance>",
  adjustment_alpha: "Compact<u64>",
  adjustment_interval: "Compact<u16>",
  target_regs_per_interval: "Compact<u16>",
  max_regs_per_block: "Compact<u16>",
  serving_rate_limit: "Compact<u64>",
  commit_reveal_weights_enabled: "bool",
  commit_reveal_period: "Compact<u64>",
  liquid_alpha_enabled: "bool",
  alpha_high: "Compact<u16>",
  alpha_low: "Compact<u16>",
  bonds_moving_avg: "Compact<u64>",
};

/** The columns, one entry per uid: fields 52 to 71. */
const NEURON_FIELDS: Fields = {
  hotkeys: "Vec<AccountId32>",
  coldkeys: "Vec<AccountId32>",
  identities: "Vec<Option<ChainIdentityV2>>",
  axons: "Vec<AxonInfo>",
  active: "Vec<bool>",
  validator_permit: "Vec<bool>",
  pruning_score: "Vec<Compact<u16>>",
  last_update: "Vec<Compact<u64>>",
  emission: "Vec<Compact<AlphaBalance>>",
  dividends: "Vec<Compact<PerU16>>",
  incentives: "Vec<Compact<PerU16>>",
  consensus: "Vec<Compact<PerU16>>",
  trust: "Vec<Compact<PerU16>>",
  rank: "Vec<Compact<u16>>",
  block_at_registration: "Vec<Compact<u64>>",
  alpha_stake: "Vec<Compact<AlphaBalance>>",
  tao_stake: "Vec<Compact<TaoBalance>>",
  total_stake: "Vec<Compact<TaoBalance>>",
  tao_dividends_per_hotkey: "Vec<(AccountId32, Compact<TaoBalance>)>",
  alpha_dividends_per_hotkey: "Vec<(AccountId32, Compact<AlphaBalance>)>",
};

/** Since spec 435 (chain-newest.md §3.1). */
const COLLATERAL_FIELDS: Fields = {
  collateral_locked: "Vec<Compact<AlphaBalance>>",
  collateral_min: "Vec<Compact<AlphaBalance>>",
  collateral_earned: "Vec<Compact<AlphaBalance>>",
};

/** Only in the selective form, where they stand before the collateral: fields 72 and 73. */
const SELECTIVE_FIELDS: Fields = {
  validators: "Vec<Compact<u16>>",
  commitments: "Vec<(AccountId32, Vec<Compact<u8>>)>",
};

function optional(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, type]) => [name, name === "netuid" ? type : `Option<${type}>`]),
  );
}

/** The rows of `get_subnet_state`. */
const STATE_FIELDS: readonly string[] = [
  "netuid",
  "hotkeys",
  "coldkeys",
  "active",
  "validator_permit",
  "pruning_score",
  "last_update",
  "emission",
  "dividends",
  "incentives",
  "consensus",
  "trust",
  "rank",
  "block_at_registration",
  "alpha_stake",
  "tao_stake",
  "total_stake",
];

function stateFields(): Fields {
  const all = { ...SUBNET_FIELDS, ...NEURON_FIELDS };
  return {
    ...Object.fromEntries(STATE_FIELDS.map((name) => [name, all[name] ?? "()"])),
    emission_history: "Vec<Vec<Compact<AlphaBalance>>>",
  };
}

const ACCOUNT = { AccountId: "AccountId32" };
const RPC_INFO = "pallet_subtensor::rpc_info";

const AXON_FIELDS: Fields = { block: "u64", version: "u32", ip: "u128", port: "u16", ip_type: "u8" };

const IDENTITY_TYPES: NamedTypes = {
  AxonInfo: struct("pallet_subtensor::pallet::AxonInfo", {
    ...AXON_FIELDS,
    protocol: "u8",
    placeholder1: "u8",
    placeholder2: "u8",
  }),
  PrometheusInfo: struct("pallet_subtensor::pallet::PrometheusInfo", AXON_FIELDS),
  ChainIdentityV2: struct("pallet_subtensor::pallet::ChainIdentityV2", {
    name: "Vec<u8>",
    url: "Vec<u8>",
    github_repo: "Vec<u8>",
    image: "Vec<u8>",
    discord: "Vec<u8>",
    description: "Vec<u8>",
    additional: "Vec<u8>",
  }),
  SubnetIdentityV3: struct("pallet_subtensor::pallet::SubnetIdentityV3", {
    subnet_name: "Vec<u8>",
    github_repo: "Vec<u8>",
    subnet_contact: "Vec<u8>",
    subnet_url: "Vec<u8>",
    discord: "Vec<u8>",
    description: "Vec<u8>",
    logo_url: "Vec<u8>",
    additional: "Vec<u8>",
  }),
};

/** What the runtime APIs about subnets and neurons answer with: 75 and 77 fields at spec 461 and later. */
export const METAGRAPH_TYPES: NamedTypes = {
  ...IDENTITY_TYPES,
  Metagraph: struct(
    `${RPC_INFO}::metagraph::Metagraph`,
    { ...SUBNET_FIELDS, ...NEURON_FIELDS, ...COLLATERAL_FIELDS },
    ACCOUNT,
  ),
  SelectiveMetagraph: struct(
    `${RPC_INFO}::metagraph::SelectiveMetagraph`,
    optional({ ...SUBNET_FIELDS, ...NEURON_FIELDS, ...SELECTIVE_FIELDS, ...COLLATERAL_FIELDS }),
    ACCOUNT,
  ),
  SubnetState: struct(`${RPC_INFO}::show_subnet::SubnetState`, stateFields(), ACCOUNT),
  NeuronInfoLite: struct(
    `${RPC_INFO}::neuron_info::NeuronInfoLite`,
    {
      hotkey: "AccountId32",
      coldkey: "AccountId32",
      uid: "Compact<u16>",
      netuid: "Compact<NetUid>",
      active: "bool",
      axon_info: "AxonInfo",
      prometheus_info: "PrometheusInfo",
      stake: "Vec<(AccountId32, Compact<AlphaBalance>)>",
      rank: "Compact<u16>",
      emission: "Compact<AlphaBalance>",
      incentive: "Compact<PerU16>",
      consensus: "Compact<PerU16>",
      trust: "Compact<PerU16>",
      validator_trust: "Compact<PerU16>",
      dividends: "Compact<PerU16>",
      last_update: "Compact<u64>",
      validator_permit: "bool",
      pruning_score: "Compact<u16>",
    },
    ACCOUNT,
  ),
};
