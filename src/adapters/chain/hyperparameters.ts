import type { Hyperparameters } from "../../core/model/metagraph.ts";
import { type Scalars, subtensorItems } from "./scalars.ts";
import type { StorageItem } from "./view.ts";

const BY_NETUID = [
  "tempo",
  "weightsSetRateLimit",
  "weightsVersionKey",
  "minAllowedWeights",
  "commitRevealWeightsEnabled",
  "revealPeriodEpochs",
  "mechanismCountCurrent",
  "immunityPeriod",
  "activityCutoff",
  "activityCutoffFactorMilli",
] as const;
const GLOBAL = ["commitRevealWeightsVersion", "stakeThreshold"] as const;

/** The chain ignores what `MaxWeightsLimit` stores: its getter is this constant (chain.md §2). */
const MAX_WEIGHTS_LIMIT = 65_535;

/**
 * Storage and not `get_subnet_hyperparams_v3`: all of it comes with one request, from every runtime (chain.md §2), and that list
 * lacks three of them anyway.
 */
export function hyperparameterItems(netuid: number): readonly StorageItem[] {
  return [...subtensorItems(BY_NETUID, [netuid]), ...subtensorItems(GLOBAL, [])];
}

/** @throws LinkError, ValidatorError `runtime-unsupported`. */
export function hyperparametersFrom(scalars: Scalars): Hyperparameters {
  const tempo = scalars.count("tempo");
  return {
    tempo,
    weightsRateLimit: scalars.count("weightsSetRateLimit"),
    weightsVersionKey: String(scalars.natural("weightsVersionKey")),
    minAllowedWeights: scalars.count("minAllowedWeights"),
    maxWeightsLimit: MAX_WEIGHTS_LIMIT,
    commitRevealEnabled: scalars.flag("commitRevealWeightsEnabled"),
    commitRevealPeriod: scalars.count("revealPeriodEpochs"),
    commitRevealVersion: scalars.count("commitRevealWeightsVersion"),
    stakeThresholdRao: String(scalars.natural("stakeThreshold")),
    mechanismCount: scalars.count("mechanismCountCurrent"),
    immunityPeriod: scalars.count("immunityPeriod"),
    activityCutoff: activityCutoff(scalars, tempo),
  };
}

/** In blocks: a factor of the tempo since dynamic tempo, before that the stored number (chain.md §2). */
function activityCutoff(scalars: Scalars, tempo: number): number {
  if (!scalars.has("activityCutoffFactorMilli")) return scalars.count("activityCutoff");
  return Math.max(1, Math.floor((scalars.count("activityCutoffFactorMilli") * tempo) / 1_000));
}
