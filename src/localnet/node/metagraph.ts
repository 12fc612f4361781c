import { activityCutoff } from "./epoch.ts";
import * as items from "./items.ts";
import type { SubnetView } from "./subnet-view.ts";

type Column = (view: SubnetView) => unknown;

const { bigintItem, flagItem, numberItem } = items;
const NO_AXON = { block: 0, version: 0, ip: 0, port: 0, ip_type: 0, protocol: 0, placeholder1: 0, placeholder2: 0 };

const integer = (name: string): Column => {
  const item = numberItem(name);
  return (view) => view.get(item);
};
const big = (name: string): Column => {
  const item = bigintItem(name);
  return (view) => view.get(item);
};
const flag = (name: string): Column => {
  const item = flagItem(name);
  return (view) => view.get(item);
};
const empty: Column = () => [];
const zeros: Column = (view) => view.eachUid(() => 0);

function nameOf(view: SubnetView): number[] {
  const identity = view.get(items.SUBNET_IDENTITY) as { readonly subnet_name: Uint8Array } | undefined;
  return [...(identity?.subnet_name ?? [])];
}

/** Fields 0 to 51: one value per subnet (chain.md §1.2, whose names and order these are). */
const SUBNET_COLUMNS: readonly (readonly [string, Column])[] = [
  // Trap 2 of chain.md §1.2: for mechanisms above 0 this is the storage index.
  ["netuid", (view) => view.index],
  ["name", nameOf],
  ["symbol", (view) => [...view.get(items.TOKEN_SYMBOL)]],
  ["identity", (view) => view.get(items.SUBNET_IDENTITY)],
  ["network_registered_at", integer("NetworkRegisteredAt")],
  ["owner_hotkey", (view) => view.get(items.OWNER_HOTKEY)],
  ["owner_coldkey", (view) => view.get(items.SUBNET_OWNER)],
  ["block", (view) => view.state.get(items.BLOCK_NUMBER)],
  ["tempo", integer("Tempo")],
  ["last_step", (view) => view.get(items.LAST_STEP)],
  ["blocks_since_last_step", (view) => view.state.get(items.BLOCK_NUMBER) - view.get(items.LAST_STEP)],
  ["subnet_emission", () => 0],
  ["alpha_in", big("SubnetAlphaIn")],
  ["alpha_out", big("SubnetAlphaOut")],
  ["tao_in", big("SubnetTAO")],
  ["alpha_out_emission", big("SubnetAlphaOutEmission")],
  ["alpha_in_emission", big("SubnetAlphaInEmission")],
  ["tao_in_emission", big("SubnetTaoInEmission")],
  ["pending_alpha_emission", big("PendingServerEmission")],
  ["pending_root_emission", () => 0],
  ["subnet_volume", big("SubnetVolume")],
  ["moving_price", (view) => view.get(items.MOVING_PRICE) ?? { bits: 0 }],
  ["rho", integer("Rho")],
  ["kappa", integer("Kappa")],
  ["min_allowed_weights", integer("MinAllowedWeights")],
  // The stored value is ignored: the chain's getter is a constant.
  ["max_weights_limit", () => 65_535],
  ["weights_version", big("WeightsVersionKey")],
  ["weights_rate_limit", integer("WeightsSetRateLimit")],
  ["activity_cutoff", (view) => activityCutoff(view.state, view.netuid)],
  ["max_validators", integer("MaxAllowedValidators")],
  ["num_uids", (view) => view.count],
  ["max_uids", integer("MaxAllowedUids")],
  ["burn", big("Burn")],
  ["difficulty", big("Difficulty")],
  ["registration_allowed", flag("NetworkRegistrationAllowed")],
  ["pow_registration_allowed", flag("NetworkPowRegistrationAllowed")],
  ["immunity_period", integer("ImmunityPeriod")],
  ["min_difficulty", big("MinDifficulty")],
  ["max_difficulty", big("MaxDifficulty")],
  ["min_burn", big("MinBurn")],
  ["max_burn", big("MaxBurn")],
  ["adjustment_alpha", big("AdjustmentAlpha")],
  ["adjustment_interval", integer("AdjustmentInterval")],
  ["target_regs_per_interval", integer("TargetRegistrationsPerInterval")],
  ["max_regs_per_block", integer("MaxRegistrationsPerBlock")],
  ["serving_rate_limit", big("ServingRateLimit")],
  ["commit_reveal_weights_enabled", flag("CommitRevealWeightsEnabled")],
  ["commit_reveal_period", integer("RevealPeriodEpochs")],
  ["liquid_alpha_enabled", flag("LiquidAlphaOn")],
  ["alpha_high", (view) => view.get(items.ALPHA_VALUES)[1] ?? 0],
  ["alpha_low", (view) => view.get(items.ALPHA_VALUES)[0] ?? 0],
  ["bonds_moving_avg", big("BondsMovingAverage")],
];

/** Fields 52 to 71: one entry per uid. */
const NEURON_COLUMNS: readonly (readonly [string, Column])[] = [
  ["hotkeys", (view) => view.hotkeys],
  ["coldkeys", (view) => view.coldkeys()],
  ["identities", (view) => view.coldkeys().map((coldkey) => view.state.get(items.COLDKEY_IDENTITY, coldkey))],
  ["axons", (view) => view.eachHotkey((hotkey) => view.state.get(items.AXONS, view.netuid, hotkey) ?? NO_AXON)],
  ["active", (view) => view.column(items.ACTIVE, view.netuid, false)],
  ["validator_permit", (view) => view.column(items.PERMITS, view.netuid, false)],
  ["pruning_score", empty],
  ["last_update", (view) => view.numbers(items.LAST_UPDATE, view.index)],
  ["emission", (view) => view.numbers(items.EMISSION)],
  ["dividends", (view) => view.numbers(items.DIVIDENDS)],
  ["incentives", (view) => view.numbers(items.INCENTIVE, view.index)],
  ["consensus", (view) => view.numbers(items.CONSENSUS)],
  ["trust", empty],
  ["rank", empty],
  [
    "block_at_registration",
    (view) => view.eachUid((uid) => view.state.get(items.REGISTRATION_BLOCK, view.netuid, uid)),
  ],
  ["alpha_stake", (view) => view.stakes()],
  ["tao_stake", zeros],
  ["total_stake", (view) => view.stakes()],
  ["tao_dividends_per_hotkey", (view) => view.eachHotkey((hotkey) => [hotkey, 0])],
  ["alpha_dividends_per_hotkey", (view) => view.eachHotkey((hotkey) => [hotkey, 0])],
];

/** Fields 72 and 73 of the selective form. */
const SELECTIVE_COLUMNS: readonly (readonly [string, Column])[] = [
  ["validators", validators],
  ["commitments", commitments],
];

/** Since spec 435 (chain-newest.md §3.1); 74 to 76 of the selective form. */
const COLLATERAL_COLUMNS: readonly (readonly [string, Column])[] = [
  ["collateral_locked", zeros],
  ["collateral_min", zeros],
  ["collateral_earned", zeros],
];

/** Permit and stake at or above the threshold, ascending by stake. */
function validators(view: SubnetView): number[] {
  const stakes = view.stakes();
  const permits = view.get(items.PERMITS);
  const threshold = view.state.get(items.STAKE_THRESHOLD);
  const chosen = [...stakes.keys()].filter((uid) => permits[uid] === true && (stakes[uid] ?? 0n) >= threshold);
  return chosen.sort((a, b) => Number((stakes[a] ?? 0n) - (stakes[b] ?? 0n)) || a - b);
}

/** Account and SCALE bytes of its `Registration`. */
function commitments(view: SubnetView): unknown[] {
  const codec = view.state.runtime.storage("Commitments", "CommitmentOf");
  return view.hotkeys.flatMap((hotkey) => {
    const row = view.state.get(items.COMMITMENT_OF, view.netuid, hotkey);
    return row === undefined ? [] : [[hotkey, [...codec.encode(row)]]];
  });
}

const SELECTIVE = [...SUBNET_COLUMNS, ...NEURON_COLUMNS, ...SELECTIVE_COLUMNS, ...COLLATERAL_COLUMNS];

/** `Metagraph`; without the collateral where the metadata is older than it. */
export function fullMetagraph(view: SubnetView, collateral: boolean): Record<string, unknown> {
  const columns = [...SUBNET_COLUMNS, ...NEURON_COLUMNS, ...(collateral ? COLLATERAL_COLUMNS : [])];
  return Object.fromEntries(columns.map(([name, column]) => [name, column(view)]));
}

/**
 * `SelectiveMetagraph`: what was not asked for is None, and `netuid`, which is no Option, is 0 unless index 0 was asked for
 * (chain.md §1.2 trap 1). Indexes that do not exist are passed over, as the chain does.
 */
export function selectiveMetagraph(view: SubnetView, indexes: readonly number[]): Record<string, unknown> {
  const chosen: Record<string, unknown> = { netuid: 0 };
  for (const index of new Set(indexes)) {
    const [name, column] = SELECTIVE[index] ?? [];
    if (name === undefined || column === undefined) continue;
    // The only field that is an Option of an Option.
    chosen[name] = name === "identity" ? { type: "Some", value: column(view) } : column(view);
  }
  return chosen;
}

/** `SubnetState` (chain.md §1.3). */
export function subnetState(view: SubnetView): Record<string, unknown> {
  const left = ["identities", "axons", "tao_dividends_per_hotkey", "alpha_dividends_per_hotkey"];
  const chosen = NEURON_COLUMNS.filter(([name]) => !left.includes(name));
  const columns = Object.fromEntries(chosen.map(([name, column]) => [name, column(view)]));
  return { netuid: view.index, ...columns, emission_history: [] };
}
