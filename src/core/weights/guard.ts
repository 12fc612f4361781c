import type { Ss58 } from "../model/ids.ts";
import type { MetagraphSnapshot } from "../model/metagraph.ts";
import type { ScoringConfig } from "../model/pack.ts";
import type { ScoreSheet, WithholdReason } from "../model/records.ts";
import type { Roster } from "../model/roster.ts";
import type { EncodedWeights } from "./encode.ts";

export interface GuardInput {
  readonly snapshot: MetagraphSnapshot;
  readonly roster: Roster;
  readonly sheet: Pick<ScoreSheet, "quorum" | "before">;
  readonly encoded: EncodedWeights;
  readonly config: Pick<ScoringConfig, "minEligible">;
  /** Null when nobody will sign: then only what the vector itself lacks is named. */
  readonly ownHotkey: Ss58 | null;
}

/**
 * Every reason why this vector must not be sent, in the order of docs/bundle.md S6; empty when it may be. What only the
 * head can say (rate limit, commit-reveal, end of the epoch) is the submitter's.
 */
export function guard(input: GuardInput): WithholdReason[] {
  return [...vectorReasons(input), ...signerReasons(input)];
}

function vectorReasons({ roster, sheet, encoded, config, ownHotkey }: GuardInput): WithholdReason[] {
  const eligible = roster.entries.filter((entry) => entry.eligible && entry.hotkey !== ownHotkey).length;
  const reasons: WithholdReason[] = [];
  // An all-zero vector is accepted by the chain and wipes our row (chain.md T26). Few entries are no reason: the chain wants
  // min(n, MinAllowedWeights) of them and counts zeros, which are added at signing (chain.md §3.3 #13, §3.10).
  if (encoded.uids.length === 0) reasons.push("no-scores");
  if (eligible < config.minEligible) reasons.push("too-few-miners");
  // States are learnt with a quorum only, so where there are any, the former estimates stand: old good weights beat none.
  if (!sheet.quorum && sheet.before.miners.length === 0) reasons.push("quorum-missed");
  return reasons;
}

/** The checks of `set_weights` about its signer (chain.md §3.3 #6, #7, #10; on Null chain-newest.md §1.3). */
function signerReasons({ snapshot, ownHotkey }: GuardInput): WithholdReason[] {
  if (ownHotkey === null) return [];
  const { neurons, ownerHotkey, hyperparameters, epochState } = snapshot;
  const reasons: WithholdReason[] = [];
  const own = neurons.find((neuron) => neuron.hotkey === ownHotkey);
  const owner = ownHotkey === ownerHotkey;
  const isNull = epochState.mode === "null";
  if (own === undefined) {
    reasons.push("not-registered");
  } else {
    if (!(own.permit || (owner && !isNull))) reasons.push(isNull ? "not-elected" : "no-permit");
    if (!owner && BigInt(own.stakeRao) < BigInt(hyperparameters.stakeThresholdRao)) reasons.push("stake-too-low");
  }
  if (epochState.mode === "unknown") reasons.push("mode-unknown");
  return reasons;
}
