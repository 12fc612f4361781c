import type { Hex, Ss58 } from "../model/ids.ts";
import type { EpochMode, Hyperparameters, Neuron } from "../model/metagraph.ts";
import type { Commit, Reveal, RevealCause, Settlement } from "../model/records.ts";
import { decodeSs58 } from "../signing/ss58.ts";
import type { WeightsPayload } from "../timelock/payload.ts";
import { type Row, sameWeights } from "./same-weights.ts";

/**
 * What a commit holds, or undefined where this pulse does not open it into weights: `openCommit`, handed in because the curve
 * behind it takes longer to load than a bundle without commits to replay.
 */
export type OpenCommit = (commit: Commit, pulse: Hex, publicBeacon: boolean) => WeightsPayload | "no-pulse" | undefined;

/** A commit that went out, with what it is meant to hold. */
export interface SentCommit {
  readonly hotkey: Ss58;
  readonly mechid: number;
  readonly commit: Commit;
  readonly vector: Row;
  /** Whether its pulse must be quicknet's: on the public networks; a chain of one's own has a beacon of its own. */
  readonly publicBeacon: boolean;
}

/** What one block shows of it; the port's `RevealSight`, with the subnet's RevealPeriodEpochs. */
export interface RevealFacts {
  readonly period: number;
  readonly epochIndex: number;
  readonly queued: boolean;
  readonly pulse: Hex | null;
  readonly lastStoredRound: number;
  readonly row: Row | null;
  readonly uid: number | null;
  readonly permit: boolean;
  readonly owner: boolean;
  readonly stakeRao: Neuron["stakeRao"];
  readonly neurons: number;
  readonly mode: EpochMode;
  readonly limits: Pick<
    Hyperparameters,
    "minAllowedWeights" | "weightsVersionKey" | "stakeThresholdRao" | "mechanismCount"
  >;
}

export interface RevealVerdict {
  readonly state: "revealed" | "pending" | "lost";
  /** Null when revealed. */
  readonly cause: RevealCause | null;
}

/**
 * What became of a commit, and the probable cause where it did not become the own row: the chain drops it without a word
 * (chain.md §4.5). The pulse opens the commit itself, so that nobody's word is taken for what was in it. Pure and total.
 */
export function judgeReveal(sent: SentCommit, facts: RevealFacts, open: OpenCommit): RevealVerdict {
  const due = sent.commit.epoch + facts.period;
  if (facts.pulse === null) return unopened(sent, facts, due);
  if (facts.queued) return { state: "pending", cause: "not-due" };
  const content = open(sent.commit, facts.pulse, sent.publicBeacon);
  if (content === undefined || content === "no-pulse") return { state: "lost", cause: "commit-unreadable" };
  if (!isContent(sent, content)) return { state: "lost", cause: "content-differs" };
  if (facts.row !== null && sameWeights(sent.vector, facts.row)) return { state: "revealed", cause: null };
  if (facts.epochIndex < due) return { state: "lost", cause: "commit-gone" };
  return { state: "lost", cause: refusedAtReveal(sent, content, facts) };
}

/**
 * Without its pulse a commit stays in the queue for the one epoch in which it is due (chain.md §4.5). A pulse is forgotten after
 * some days: then the row alone says that it was there.
 */
function unopened({ commit, vector }: SentCommit, facts: RevealFacts, due: number): RevealVerdict {
  const { epochIndex, lastStoredRound, queued, row } = facts;
  if (lastStoredRound >= commit.round) {
    const stands = !queued && row !== null && sameWeights(vector, row);
    return stands ? { state: "revealed", cause: null } : { state: "lost", cause: "round-skipped" };
  }
  if (epochIndex > due) return { state: "lost", cause: "pulse-missing" };
  if (!queued) return { state: "lost", cause: "commit-gone" };
  return { state: "pending", cause: epochIndex < due ? "not-due" : "pulse-missing" };
}

/** The checks that a reveal runs, in the chain's order (chain.md §3.3; on Null chain-newest.md §1.3). */
function refusedAtReveal(
  { mechid }: SentCommit,
  { uids, versionKey }: WeightsPayload,
  facts: RevealFacts,
): RevealCause {
  const { limits, mode, neurons, owner, permit, stakeRao, uid } = facts;
  const wanted = BigInt(limits.weightsVersionKey);
  const mayRule = permit || (mode !== "null" && (owner || (uids.length === 1 && uids[0] === uid)));
  if (mechid >= limits.mechanismCount) return "mechanism-gone";
  // Before the seat is asked for (chain.md §3.3 #5).
  if (uids.length > neurons) return "uids-gone";
  if (uid === null) return "not-registered";
  if (!owner && BigInt(stakeRao) < BigInt(limits.stakeThresholdRao)) return "stake-too-low";
  if (BigInt(versionKey) < wanted) return "version-key-newer";
  if (!mayRule) return "no-permit";
  if (uids.some((one) => one >= neurons)) return "uids-gone";
  if (uids.length < Math.min(neurons, limits.minAllowedWeights)) return "too-few-weights";
  return "row-differs";
}

/** The chain drops what names another hotkey than the committer's: nobody can copy a commit. */
function isContent({ hotkey, vector }: SentCommit, content: WeightsPayload): boolean {
  const own = decodeSs58(hotkey);
  const named = content.hotkey;
  if (own === undefined || named === null || !own.every((byte, at) => byte === named[at])) return false;
  return sameWeights(vector, content);
}

/**
 * Whether a recorded reveal can be what it says (docs/bundle.md A8): what follows from pulse, commit and row alone. Queue, limits
 * and stake of that block are not recorded: a cause that rests on them is believed where nothing recorded contradicts it.
 */
export function revealFollows(sent: SentCommit, state: Settlement["state"], reveal: Reveal, open: OpenCommit): boolean {
  const { cause, pulse, row } = reveal;
  if (!isRevealState(state, cause)) return false;
  if (cause === "not-due") return true;
  const stands = row !== null && sameWeights(sent.vector, row);
  if (pulse === null) return cause === null ? stands : WITHOUT_PULSE.has(cause);
  const content = open(sent.commit, pulse, sent.publicBeacon);
  if (content === "no-pulse") return false;
  if (content === undefined) return cause === "commit-unreadable";
  if (!isContent(sent, content)) return cause === "content-differs";
  if (stands) return cause === null;
  return cause !== null && (row === null ? WITHOUT_SEAT : AT_REVEAL).has(cause);
}

const WITHOUT_PULSE: ReadonlySet<RevealCause> = new Set(["pulse-missing", "round-skipped", "commit-gone"]);
/** Causes for which a commit that opens as it was sent is not the own row. */
const AT_REVEAL: ReadonlySet<RevealCause> = new Set([
  "commit-gone",
  "mechanism-gone",
  "stake-too-low",
  "version-key-newer",
  "no-permit",
  "uids-gone",
  "too-few-weights",
  "row-differs",
]);
/** The same where the hotkey has no row. */
const WITHOUT_SEAT: ReadonlySet<RevealCause> = new Set([
  "commit-gone",
  "mechanism-gone",
  "uids-gone",
  "not-registered",
]);

/** Which causes go with which state. */
export function isRevealState(state: Settlement["state"], cause: RevealCause | null): boolean {
  if (state === "revealed") return cause === null;
  if (state === "pending") return cause === "not-due" || cause === "pulse-missing";
  return state === "lost" && cause !== null && cause !== "not-due";
}
