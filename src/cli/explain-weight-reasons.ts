import { REVEAL_REMEDIES } from "../core/audit/reveal-remedies.ts";
import type { RefusalClass } from "../core/chain/refusals-shape.ts";
import type { Blame } from "../core/model/fault.ts";
import { REVEAL_CAUSES, type RevealCause, WITHHOLD_REASONS, type WithholdReason } from "../core/model/records.ts";
import type { OwnError } from "./explain-own-errors.ts";

type Entry = readonly [kind: RefusalClass, blame: Blame, message: string, remedy: string];

/** Why a vector was not sent: `reason` of a submission that is `withheld`. */
const WITHHELD: Readonly<Record<WithholdReason, Entry>> = {
  "no-scores": [
    "wait",
    "validator",
    "No miner has a score, so there is nothing to weigh.",
    "After a start nothing: the next epoch is measured in full. Otherwise look at the reasons in the roster of the bundle.",
  ],
  "too-few-miners": [
    "wait",
    "miner",
    "Fewer miners are eligible than scoring.minEligible asks for.",
    "Look at the roster of the bundle: each miner has its reason. Lower scoring.minEligible only as all validators of the subnet do.",
  ],
  "too-few-weights": [
    "wait",
    "chain",
    "The vector has fewer entries than the subnet's MinAllowedWeights.",
    "Nothing here: more miners must be scored, or the owner lowers MinAllowedWeights.",
  ],
  "quorum-missed": [
    "wait",
    "platform",
    "Too much of the cycle was excused, so that nothing was learnt; garbage is never set.",
    "Look at the platform, the judge and the request rate; after a start in the middle of an epoch do nothing.",
  ],
  "not-registered": [
    "stop",
    "validator",
    "The hotkey has no seat on the subnet.",
    "Register it, or correct netuid and hotkey in the configuration.",
  ],
  "no-permit": [
    "wait",
    "validator",
    "The hotkey has no validator permit.",
    "Stake more to it; it is looked at again each epoch.",
  ],
  "stake-too-low": [
    "wait",
    "validator",
    "The hotkey's stake weight is below the chain's StakeThreshold.",
    "Stake more to it: the chain takes no weights below the threshold.",
  ],
  "version-key-newer": [
    "stop",
    "validator",
    "The subnet asks for a newer version key than these weights carry, or than versionKey in the configuration allows.",
    "Find out what the subnet's owner asks for and install it; then raise versionKey, where the configuration has one.",
  ],
  "mode-unknown": [
    "stop",
    "chain",
    "The subnet runs an epoch mode that this version does not know; it reads and signs nothing.",
    "Install a version of Touchstone that knows the mode.",
  ],
  "not-elected": [
    "wait",
    "nobody",
    "On a Null subnet only the validator with the most stake sets weights, and that is another one.",
    "Nothing, or stake more than the elected validator has; each epoch elects anew.",
  ],
  pruning: [
    "wait",
    "chain",
    "The owner is pruning the subnet: uids change hands and pending commits are cancelled.",
    "Nothing: weights are sent when the pruning is over, if the epoch lasts so long.",
  ],
  "commit-too-large": [
    "stop",
    "chain",
    "The sealed vector is larger than the chain takes in this mode.",
    "Ask the owner for fewer mechanisms, or use a policy that weighs fewer miners.",
  ],
  "commit-version-unknown": [
    "stop",
    "chain",
    "The chain wants commits of a version that this program does not make.",
    "Install a version of Touchstone for this runtime.",
  ],
  "beacon-unknown": [
    "stop",
    "chain",
    "The chain opens commits with another beacon than the one known for it; nobody could say when they open.",
    "Check that the endpoint is a node of the right network; if it is, install a newer version of Touchstone.",
  ],
  "call-unknown": [
    "stop",
    "chain",
    "The runtime lacks the call for these weights, or has a new one that this version does not know.",
    "Install a version of Touchstone for this runtime.",
  ],
  "fee-not-zero": [
    "stop",
    "chain",
    "The chain asks a fee for setting weights; the coldkey of the hotkey's owner would pay it.",
    "Find out why: weights are free today. Nothing is sent while there is a fee.",
  ],
  "snapshot-stale": [
    "wait",
    "chain",
    "The vector was made from a snapshot that is too old by now.",
    "Nothing: the next epoch has a fresh one. If it repeats, the cycle takes too long or the node lags.",
  ],
  paused: [
    "wait",
    "validator",
    "Submissions are paused for this data folder.",
    "touchstone resume, when the time has come; touchstone status shows since when and why.",
  ],
  "rate-limited": [
    "wait",
    "chain",
    "Weights of this hotkey were set less than WeightsSetRateLimit blocks ago, and the epoch ends before the limit does.",
    "Nothing for one epoch; if it repeats, look for another process with this hotkey.",
  ],
  "epoch-over": [
    "wait",
    "validator",
    "The epoch ended before the weights were ready to be sent.",
    "After a late start nothing; else raise chutes.requestsPerMinute or lower the number of tasks.",
  ],
  "uid-changed": [
    "wait",
    "chain",
    "So many uids changed hands since the snapshot that what is left of the vector is no honest one.",
    "Nothing: the next epoch is measured with the new miners.",
  ],
};

/** Class and blame of a commit that was not opened into the own row: `cause` of a settlement. */
const UNREVEALED: Readonly<Record<RevealCause, readonly [kind: RefusalClass, blame: Blame]>> = {
  "not-due": ["wait", "nobody"],
  "pulse-missing": ["wait", "chain"],
  "round-skipped": ["wait", "chain"],
  "commit-gone": ["wait", "chain"],
  "commit-unreadable": ["stop", "validator"],
  "content-differs": ["stop", "validator"],
  "not-registered": ["stop", "validator"],
  "mechanism-gone": ["stop", "chain"],
  "stake-too-low": ["wait", "validator"],
  "version-key-newer": ["stop", "validator"],
  "no-permit": ["wait", "validator"],
  "uids-gone": ["wait", "chain"],
  "too-few-weights": ["wait", "chain"],
  "row-differs": ["wait", "chain"],
};

/** What a word of `reason` or `cause` in a log or a bundle means; a reason may carry its details behind a colon. */
export function findWeightReasons(query: string): readonly OwnError[] {
  const asked = query.trim().toLowerCase().split(":", 1)[0];
  const reason = WITHHOLD_REASONS.find((word) => word === asked);
  const cause = REVEAL_CAUSES.find((word) => word === asked);
  return [
    ...(reason === undefined ? [] : [named(`weights withheld: ${reason}`, WITHHELD[reason])]),
    ...(cause === undefined ? [] : [unrevealed(cause)]),
  ];
}

/** The words of the log: the first sentence says what happened. */
function unrevealed(cause: RevealCause): OwnError {
  const text = REVEAL_REMEDIES[cause];
  const end = text.indexOf(". ") + 1;
  return named(`commit not revealed: ${cause}`, [...UNREVEALED[cause], text.slice(0, end), text.slice(end + 1)]);
}

function named(name: string, [kind, blame, message, remedy]: Entry): OwnError {
  return { name, class: kind, blame, message, remedy };
}
