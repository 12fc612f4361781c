import { numbered, type Pallet, type Variants } from "../metadata/notation.ts";

/** A call that sets one value of one subnet. */
function setting(index: number, name: string, type: string): readonly [number, Readonly<Record<string, string>>] {
  return [index, { netuid: "NetUid", [name]: type }];
}

const CALLS: Variants = {
  sudo_set_serving_rate_limit: setting(3, "serving_rate_limit", "u64"),
  sudo_set_weights_version_key: setting(6, "weights_version_key", "u64"),
  sudo_set_weights_set_rate_limit: setting(7, "weights_set_rate_limit", "u64"),
  sudo_set_immunity_period: setting(13, "immunity_period", "u16"),
  sudo_set_min_allowed_weights: setting(14, "min_allowed_weights", "u16"),
  sudo_set_max_allowed_uids: setting(15, "max_allowed_uids", "u16"),
  sudo_set_kappa: setting(16, "kappa", "u16"),
  sudo_set_network_registration_allowed: setting(19, "registration_allowed", "bool"),
  sudo_set_max_allowed_validators: setting(25, "max_allowed_validators", "u16"),
  sudo_set_bonds_moving_average: setting(26, "bonds_moving_average", "u64"),
  sudo_set_tempo: setting(30, "tempo", "u16"),
  sudo_set_stake_threshold: [42, { min_stake: "u64" }],
  sudo_set_commit_reveal_weights_enabled: setting(49, "enabled", "bool"),
  sudo_set_liquid_alpha_enabled: setting(50, "enabled", "bool"),
  sudo_set_commit_reveal_weights_interval: setting(57, "interval", "u64"),
  sudo_set_yuma3_enabled: setting(69, "enabled", "bool"),
  sudo_set_commit_reveal_version: [71, { version: "u16" }],
  sudo_set_admin_freeze_window: [74, { window: "u16" }],
  sudo_set_mechanism_count: setting(76, "mechanism_count", "MechId"),
  sudo_set_mechanism_emission_split: setting(77, "maybe_split", "Option<Vec<u16>>"),
  sudo_set_activity_cutoff_factor: setting(97, "factor_milli", "u32"),
  sudo_set_epoch_consensus: setting(111, "mode", "EpochConsensus"),
  sudo_trim_null_uids_batch: setting(112, "target", "u16"),
};

const ERRORS = [
  "SubnetDoesNotExist",
  "MaxValidatorsLargerThanMaxUIds",
  "MaxAllowedUIdsLessThanCurrentUIds",
  "BondsMovingAverageMaxReached",
  "NegativeSigmoidSteepness",
  "ValueNotInBounds",
  "MinAllowedUidsGreaterThanCurrentUids",
  "MinAllowedUidsGreaterThanMaxAllowedUids",
  "MaxAllowedUidsLessThanMinAllowedUids",
  "MaxAllowedUidsGreaterThanDefaultMaxAllowedUids",
  "InvalidValue",
  "NotPermittedOnRootSubnet",
  "POWRegistrationDisabled",
  "Deprecated",
  "CollateralLockShareTooHigh",
  "CollateralDrainRatioOutOfBounds",
  "GrandpaChangeDelayMustBeZero",
];

/** AdminUtils, index 19: the calls with which an owner or root changes what a validator has to notice. */
export const ADMIN_UTILS: Pallet = {
  name: "AdminUtils",
  index: 19,
  module: "pallet_admin_utils",
  calls: CALLS,
  events: {
    Yuma3EnableToggled: [1, { netuid: "NetUid", enabled: "bool" }],
    BondsResetToggled: [2, { netuid: "NetUid", enabled: "bool" }],
  },
  errors: numbered(ERRORS),
};
