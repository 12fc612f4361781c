import { earliestSubmission } from "../../core/chain/epoch.ts";
import type { Ss58 } from "../../core/model/ids.ts";
import type { Neuron } from "../../core/model/metagraph.ts";
import type { WithholdReason } from "../../core/model/records.ts";
import type { SubmissionPlan } from "../../ports/chain.ts";
import type { SubnetState } from "./subnet-state.ts";

export interface Withhold {
  readonly reason: WithholdReason;
  readonly detail: string;
  readonly untilBlock?: number;
}

/** What the chain's checks are judged on: the plan, who signs, and the subnet at the head. */
export interface Preflight {
  readonly plan: SubmissionPlan;
  readonly hotkey: Ss58;
  readonly subnet: SubnetState;
  /** Height of the head; the extrinsic is judged one block later. */
  readonly head: number;
}

/** Why these weights would be refused, or null. The chain's own order where it has one (chain.md §3.3, chain-newest.md §1.3). */
export function preflight(check: Preflight): Withhold | null {
  const { neurons, epochState } = check.subnet;
  if (epochState.mode === "unknown") {
    return withhold(
      "mode-unknown",
      "The subnet runs an epoch mode that this version does not know; install a newer one.",
    );
  }
  const self = neurons.find((neuron) => neuron.hotkey === check.hotkey);
  if (self === undefined) return withhold("not-registered", "The hotkey is not registered on this subnet.");
  return movedTarget(check) ?? switches(check) ?? standing(check, self) ?? shape(check, self) ?? pace(check, self);
}

/** Uids are reused: each must still be held by the miner that was judged (D15). */
function movedTarget({ plan, subnet }: Preflight): Withhold | null {
  for (const target of plan.targets) {
    const now = subnet.neurons[target.uid];
    if (now?.hotkey !== target.hotkey || now.registeredAt !== target.registeredAt) {
      return withhold("uid-changed", `Uid ${target.uid} now belongs to another registration than the one judged.`);
    }
  }
  return null;
}

function switches({ subnet }: Preflight): Withhold | null {
  return subnet.hyperparameters.commitRevealEnabled
    ? withhold(
        "commit-reveal-on",
        "This version cannot make timelocked commits; the chain keeps the row that was set before.",
      )
    : null;
}

function standing({ plan, subnet, hotkey }: Preflight, self: Neuron): Withhold | null {
  const { hyperparameters } = subnet;
  const owner = subnet.ownerHotkey === hotkey;
  if (!owner && BigInt(self.stakeRao) < BigInt(hyperparameters.stakeThresholdRao)) {
    return withhold(
      "stake-too-low",
      `The hotkey's stake of ${self.stakeRao} rao is below the threshold of ${hyperparameters.stakeThresholdRao} rao.`,
    );
  }
  const asked = BigInt(hyperparameters.weightsVersionKey);
  if (asked !== 0n && BigInt(plan.versionKey) < asked) {
    return withhold(
      "version-key-newer",
      `The subnet's owner asks for version key ${asked}, these weights carry ${plan.versionKey}; install a newer version.`,
    );
  }
  if (self.permit) return null;
  const selfWeight = plan.uids.length === 1 && plan.uids[0] === self.uid;
  if (subnet.epochState.mode !== "null" && (owner || selfWeight)) return null;
  return withhold("no-permit", "The hotkey has no validator permit; it is looked at again each epoch.");
}

/** The chain counts entries, zeros included; a single weight on oneself is always long enough. */
function shape({ plan, subnet }: Preflight, self: Neuron): Withhold | null {
  const least = Math.min(subnet.neurons.length, subnet.hyperparameters.minAllowedWeights);
  if (plan.uids.length >= least || (plan.uids.length === 1 && plan.uids[0] === self.uid)) return null;
  return withhold("too-few-weights", `The subnet asks for ${least} weights, there are ${plan.uids.length}.`);
}

function pace({ subnet, head }: Preflight, self: Neuron): Withhold | null {
  const earliest = earliestSubmission(self.lastUpdate, subnet.hyperparameters);
  if (head + 1 >= earliest) return null;
  return {
    ...withhold(
      "rate-limited",
      `Weights were last set in block ${self.lastUpdate}; they may be sent again from block ${earliest}.`,
    ),
    untilBlock: earliest,
  };
}

function withhold(reason: WithholdReason, detail: string): Withhold {
  return { reason, detail };
}
