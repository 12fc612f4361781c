import { activityCutoff } from "./epoch.ts";
import * as items from "./items.ts";
import type { StorageItem } from "./storage-item.ts";
import type { SubnetView } from "./subnet-view.ts";

type Kind = "Bool" | "U16" | "U32" | "U64" | "TaoBalance" | "I32F32" | "U64F64";
type Value = (view: SubnetView) => unknown;

const { bigintItem, flagItem, numberItem } = items;

function reads<V>(item: StorageItem<readonly [netuid: number], V>): Value {
  return (view) => view.get(item);
}

const integer = (name: string): Value => reads(numberItem(name));
const big = (name: string): Value => reads(bigintItem(name));
const flag = (name: string): Value => reads(flagItem(name));
const fixed = (name: string): Value => reads({ ...bigintItem(name), read: (raw) => raw ?? { bits: 0 } });

/** Sigmoid steepness 1000 as a fixed-point number with 32 fraction bits. */
const steepness: Value = (view) => ({ bits: BigInt(view.get(numberItem("AlphaSigmoidSteepness"))) << 32n });

/** Names and kinds of `get_subnet_hyperparams_v3`, in its order (chain.md §2). */
const ENTRIES: readonly (readonly [string, Kind, Value])[] = [
  ["kappa", "U16", integer("Kappa")],
  ["immunity_period", "U16", integer("ImmunityPeriod")],
  ["min_allowed_weights", "U16", integer("MinAllowedWeights")],
  ["max_weights_limit", "U16", () => 65_535],
  ["tempo", "U16", integer("Tempo")],
  ["weights_version", "U64", big("WeightsVersionKey")],
  ["weights_rate_limit", "U64", big("WeightsSetRateLimit")],
  ["activity_cutoff", "U64", (view) => activityCutoff(view.state, view.netuid)],
  ["activity_cutoff_factor", "U32", integer("ActivityCutoffFactorMilli")],
  ["registration_allowed", "Bool", flag("NetworkRegistrationAllowed")],
  ["target_regs_per_interval", "U16", integer("TargetRegistrationsPerInterval")],
  ["min_burn", "TaoBalance", big("MinBurn")],
  ["max_burn", "TaoBalance", big("MaxBurn")],
  ["burn_half_life", "U16", integer("BurnHalfLife")],
  ["burn_increase_mult", "U64F64", fixed("BurnIncreaseMult")],
  ["bonds_moving_avg", "U64", big("BondsMovingAverage")],
  ["max_regs_per_block", "U16", integer("MaxRegistrationsPerBlock")],
  ["serving_rate_limit", "U64", big("ServingRateLimit")],
  ["max_validators", "U16", integer("MaxAllowedValidators")],
  ["commit_reveal_period", "U64", big("RevealPeriodEpochs")],
  ["commit_reveal_weights_enabled", "Bool", flag("CommitRevealWeightsEnabled")],
  ["alpha_high", "U16", (view) => view.get(items.ALPHA_VALUES)[1] ?? 0],
  ["alpha_low", "U16", (view) => view.get(items.ALPHA_VALUES)[0] ?? 0],
  ["liquid_alpha_enabled", "Bool", flag("LiquidAlphaOn")],
  ["alpha_sigmoid_steepness", "I32F32", steepness],
  ["yuma_version", "U16", (view) => (view.get(flagItem("Yuma3On")) ? 3 : 2)],
  ["subnet_is_active", "Bool", flag("SubtokenEnabled")],
  ["transfers_enabled", "Bool", flag("TransferToggle")],
  ["bonds_reset_enabled", "Bool", flag("BondsResetOn")],
  ["user_liquidity_enabled", "Bool", () => false],
  ["owner_cut_enabled", "Bool", flag("OwnerCutEnabled")],
  ["owner_cut_auto_lock_enabled", "Bool", flag("OwnerCutAutoLockEnabled")],
  ["min_childkey_take", "U16", integer("MinChildkeyTakePerSubnet")],
];

/** Entries that only `v3` has. */
const NEWER = [
  "activity_cutoff_factor",
  "burn_half_life",
  "burn_increase_mult",
  "owner_cut_enabled",
  "owner_cut_auto_lock_enabled",
  "min_childkey_take",
];

const encoder = new TextEncoder();

/** `get_subnet_hyperparams_v3`: names with tagged values. */
export function hyperparametersV3(view: SubnetView): unknown[] {
  return ENTRIES.map(([name, type, value]) => ({ name: encoder.encode(name), value: { type, value: value(view) } }));
}

/** `SubnetHyperparamsV2`. */
export function hyperparametersV2(view: SubnetView): Record<string, unknown> {
  const shared = ENTRIES.filter(([name]) => !NEWER.includes(name)).map(([name, , value]) => [name, value(view)]);
  return {
    ...Object.fromEntries(shared),
    rho: view.get(numberItem("Rho")),
    min_difficulty: view.get(bigintItem("MinDifficulty")),
    max_difficulty: view.get(bigintItem("MaxDifficulty")),
    adjustment_interval: view.get(numberItem("AdjustmentInterval")),
    adjustment_alpha: view.get(bigintItem("AdjustmentAlpha")),
    difficulty: view.get(bigintItem("Difficulty")),
  };
}
