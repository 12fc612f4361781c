import type { Ss58 } from "../model/ids.ts";
import type { MetagraphSnapshot } from "../model/metagraph.ts";
import type { ScoringConfig } from "../model/pack.ts";
import type { ScoreSheet, WeightVector } from "../model/records.ts";
import type { Roster } from "../model/roster.ts";
import { clipToMaxWeight, encodeWeights, U16_MAX } from "./encode.ts";
import { guard } from "./guard.ts";
import { softmax } from "./softmax.ts";

export interface WeighInput {
  readonly snapshot: MetagraphSnapshot;
  readonly sheet: ScoreSheet;
  readonly roster: Roster;
  readonly config: ScoringConfig;
  readonly ownHotkey: Ss58 | null;
}

/** From scores to the bytes of a weight call: policy ∘ encode ∘ guard (docs/bundle.md S4–S6). Pure. */
export function weigh({
  snapshot,
  sheet,
  roster,
  config,
  ownHotkey,
}: WeighInput): Omit<WeightVector, "kind" | "parents"> {
  const scored = sheet.miners.toSorted((a, b) => a.uid - b.uid);
  const real = softmax(scored, config.policy, config.availabilityFloor);
  const { maxWeightsLimit, weightsVersionKey } = snapshot.hyperparameters;
  const encoded = encodeWeights(maxWeightsLimit < U16_MAX ? clipToMaxWeight(real, maxWeightsLimit / U16_MAX) : real);
  return {
    policy: config.policy,
    real,
    uids: encoded.uids,
    values: encoded.values,
    versionKey: weightsVersionKey,
    withhold: guard({ snapshot, roster, sheet, encoded, config, ownHotkey }),
  };
}
