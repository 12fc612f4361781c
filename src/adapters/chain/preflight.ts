import { electedValidator } from "../../core/chain/election.ts";
import { earliestSubmission, nextEpochBlock } from "../../core/chain/epoch.ts";
import type { Ss58 } from "../../core/model/ids.ts";
import type { Neuron } from "../../core/model/metagraph.ts";
import type { ResolvedWeights, WithholdReason } from "../../core/model/records.ts";
import { padWeights } from "../../core/weights/pad.ts";
import { resolveWeights } from "../../core/weights/resolve.ts";
import type { SubmissionOutcome, SubmissionPlan } from "../../ports/chain.ts";
import type { SubnetState } from "./subnet-state.ts";

export type Withheld = Extract<SubmissionOutcome, { readonly kind: "withheld" }>;
export type ForeignUpdate = Extract<SubmissionOutcome, { readonly kind: "foreign-update" }>;

/** The lists that the chain would take now. */
export interface Cleared {
  readonly kind: "cleared";
  readonly uids: readonly number[];
  readonly values: readonly number[];
  /** Null when they are the plan's own. Without the zeros that fill the lists up: these stand in no record (docs/bundle.md A5). */
  readonly resolved: ResolvedWeights | null;
}

/** What the chain's checks are judged on: the plan, who signs, and the subnet at the head. */
export interface Preflight {
  readonly plan: SubmissionPlan;
  readonly hotkey: Ss58;
  readonly subnet: SubnetState;
  /** The newest version key that may be sent; null for any. */
  readonly versionKey: number | null;
  /** Height of the head; the extrinsic is judged one block later. */
  readonly head: number;
  /** The runtime offers `set_weights_v2`: a third mode that this version does not know (chain-newest.md §9). */
  readonly rivalCall: boolean;
}

/** Blocks after which a subnet in the midst of a pruning is looked at again, and those before an epoch's end that do not wait. */
const PRUNING_BLOCKS = 4;
const LAST_BLOCKS = 12;
/** Tempos after which a snapshot says too little about today's miners. */
const STALE_TEMPOS = 2;

/**
 * Why these weights must not be sent now, or the lists to send. First what we must not sign for at all, then the chain's own
 * checks in its order (chain.md §3.3, chain-newest.md §1.3); the rate limit last, since it alone ends by itself.
 */
export function preflight(check: Preflight): Withheld | ForeignUpdate | Cleared {
  const { subnet, hotkey } = check;
  const known = runtimeKnown(check);
  if (known !== null) return known;
  const self = subnet.neurons.find((neuron) => neuron.hotkey === hotkey);
  if (self === undefined) return withheld("not-registered", "The hotkey is not registered on this subnet.");
  const early = foreign(check, self) ?? stale(check) ?? late(check) ?? pruning(check);
  if (early !== null) return early;
  const weights = resolved(check);
  if (weights === null) {
    return withheld("uid-changed", "None of the registrations that were judged holds a uid any more.");
  }
  const cleared = withPadding(check, self, weights);
  return standing(check, self, cleared) ?? pace(check, self) ?? cleared;
}

function runtimeKnown({ subnet, rivalCall }: Preflight): Withheld | null {
  if (subnet.epochState.mode === "unknown") {
    return withheld(
      "mode-unknown",
      "The subnet runs an epoch mode that this version does not know; install a newer one.",
    );
  }
  return rivalCall
    ? withheld(
        "call-unknown",
        "The runtime offers set_weights_v2, which this version does not know; install a newer one.",
      )
    : null;
}

/** Registering moves LastUpdate too (chain.md §3.3): that one is nobody else's submission. */
function foreign({ plan }: Preflight, self: Neuron): ForeignUpdate | null {
  const { knownUpdate: known } = plan;
  if (known === null || self.lastUpdate <= known || self.lastUpdate === self.registeredAt) return null;
  return { kind: "foreign-update", lastUpdate: self.lastUpdate, known };
}

function stale({ plan, subnet, head }: Preflight): Withheld | null {
  const oldest = head - STALE_TEMPOS * subnet.hyperparameters.tempo;
  if (plan.snapshotBlock >= oldest) return null;
  return withheld(
    "snapshot-stale",
    `The weights were made from block ${plan.snapshotBlock}, the chain is at ${head}: more than ${STALE_TEMPOS} epochs later.`,
  );
}

/** Finality may lag behind the head by more than the window keeps clear: from the next epoch's first block on it counts there. */
function late({ plan, subnet, head }: Preflight): Withheld | null {
  const { epochState, hyperparameters } = subnet;
  const next = nextEpochBlock(epochState, hyperparameters.tempo);
  const inTime = epochState.index < plan.cycle.epoch || (epochState.index === plan.cycle.epoch && head + 1 < next);
  if (plan.epochOnly !== true || inTime) return null;
  return withheld(
    "epoch-over",
    `Block ${head + 1} is no block of epoch ${plan.cycle.epoch} any more: the weights would stand beside those of the next one.`,
  );
}

/** Uids move and commits vanish batch by batch (chain-newest.md §1.7): better after it, but not too late for the epoch. */
function pruning({ subnet, head }: Preflight): Withheld | null {
  const { epochState, hyperparameters, neurons } = subnet;
  const { pruningTarget } = epochState;
  if (pruningTarget === null || nextEpochBlock(epochState, hyperparameters.tempo) - head < LAST_BLOCKS) return null;
  return {
    ...withheld(
      "pruning",
      `The owner is pruning the subnet from ${neurons.length} uids to ${pruningTarget}; uids move and commits are cancelled meanwhile.`,
    ),
    untilBlock: head + PRUNING_BLOCKS,
  };
}

/** Uids are reused: weights follow the miner that was judged (D15). Null when nothing positive is left. */
function resolved({ plan, subnet }: Preflight): Cleared | null {
  const changed = resolveWeights(plan.targets, plan.values, subnet.neurons);
  const { uids, values } = changed ?? plan;
  return values.some((value) => value > 0) ? { kind: "cleared", uids, values, resolved: changed } : null;
}

/** Entries are counted, zeros included; a single weight on oneself is always long enough (chain.md §3.3 #13). */
function withPadding({ subnet }: Preflight, self: Neuron, cleared: Cleared): Cleared {
  if (isSelfWeight(cleared, self)) return cleared;
  const { uids, values } = padWeights(cleared, subnet.hyperparameters.minAllowedWeights, subnet.neurons.length);
  return { ...cleared, uids, values };
}

function isSelfWeight({ uids }: Cleared, self: Neuron): boolean {
  return uids.length === 1 && uids[0] === self.uid;
}

function standing({ plan, subnet, hotkey, versionKey }: Preflight, self: Neuron, cleared: Cleared): Withheld | null {
  const { hyperparameters, epochState } = subnet;
  const owner = subnet.ownerHotkey === hotkey;
  if (!owner && BigInt(self.stakeRao) < BigInt(hyperparameters.stakeThresholdRao)) {
    return withheld(
      "stake-too-low",
      `The hotkey's stake of ${self.stakeRao} rao is below the threshold of ${hyperparameters.stakeThresholdRao} rao.`,
    );
  }
  const asked = BigInt(hyperparameters.weightsVersionKey);
  if (versionKey !== null && asked > versionKey) {
    return withheld(
      "version-key-newer",
      `The subnet's owner asks for version key ${asked}, this installation is configured for ${versionKey}; install what the key stands for and raise versionKey.`,
    );
  }
  if (asked !== 0n && BigInt(plan.versionKey) < asked) {
    return withheld(
      "version-key-newer",
      `The subnet's owner raised the version key to ${asked} after these weights were made; they carry ${plan.versionKey}. Find out what it stands for: the next epoch's weights follow it.`,
    );
  }
  if (self.permit) return null;
  if (epochState.mode === "null") return notElected(subnet, self);
  if (owner || isSelfWeight(cleared, self)) return null;
  return withheld("no-permit", "The hotkey has no validator permit; it is looked at again each epoch.");
}

function notElected({ neurons }: SubnetState, self: Neuron): Withheld {
  const elected = electedValidator(neurons);
  const who = elected === null ? "nobody" : `uid ${elected.uid} with a stake of ${elected.stakeRao} rao`;
  return withheld(
    "not-elected",
    `This subnet's only validator is ${who}; the own stake of uid ${self.uid} is ${self.stakeRao} rao. Each epoch elects anew.`,
  );
}

function pace({ subnet, head }: Preflight, self: Neuron): Withheld | null {
  const earliest = earliestSubmission(self.lastUpdate, subnet.hyperparameters);
  if (head + 1 >= earliest) return null;
  return {
    ...withheld(
      "rate-limited",
      `Weights were last set in block ${self.lastUpdate}; they may be sent again from block ${earliest}.`,
    ),
    untilBlock: earliest,
  };
}

export function withheld(reason: WithholdReason, detail: string): Withheld {
  return { kind: "withheld", reason, detail };
}
