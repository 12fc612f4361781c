import type { Challenge, Judgement, Response } from "./answers.ts";
import type { Fault } from "./fault.ts";
import type { Decimal, Digest, Hex, Ss58 } from "./ids.ts";
import type { MetagraphSnapshot } from "./metagraph.ts";
import type { PackManifest, ScoringConfig } from "./pack.ts";
import type { RecordBase } from "./record-base.ts";
import type { MinerIdentity, Roster } from "./roster.ts";
import type { EstimatorState } from "./scoring-state.ts";

export interface Header extends RecordBase<"header"> {
  readonly schema: 1;
  readonly netuid: number;
  readonly mechid: number;
  readonly epoch: number;
  readonly genesis: Hex;
  readonly mode: "once" | "dry-run" | "run";
  readonly software: { readonly name: string; readonly version: string; readonly node: string };
  readonly hotkey: Ss58 | null;
  readonly pack: PackManifest;
  readonly scoring: ScoringConfig;
}

export interface MinerScore extends MinerIdentity {
  /** What the policy uses; null where nothing can be said. */
  readonly score: number | null;
  readonly stderr: number | null;
  readonly answered: number;
  readonly missed: number;
  /** Observations left out of the estimate because the fault was not the miner's. */
  readonly excused: number;
  /** Answers and misses counted as the miner's own zero. */
  readonly minerFaults: number;
  /** Share of delivered over due, in [0, 1]; null before the first observation. */
  readonly availability: number | null;
  /** Too much was excused this cycle: the former estimate stands and its error grew (DESIGN §5). */
  readonly carried: boolean;
  readonly reason: string | null;
}

export interface ScoreSheet extends RecordBase<"score-sheet"> {
  /** Every neuron but the own one, ascending by uid. */
  readonly miners: readonly MinerScore[];
  /** False when too much was excused over all miners: nothing was learnt and the former estimates stand (judging.md §3.1). */
  readonly quorum: boolean;
  readonly before: EstimatorState;
  readonly after: EstimatorState;
}

export interface RealWeight extends MinerIdentity {
  readonly weight: number;
}

export const WITHHOLD_REASONS = [
  "no-scores",
  "too-few-miners",
  "too-few-weights",
  "quorum-missed",
  "not-registered",
  "no-permit",
  "stake-too-low",
  "version-key-newer",
  "mode-unknown",
  "not-elected",
  "pruning",
  "commit-too-large",
  "commit-version-unknown",
  "beacon-unknown",
  "call-unknown",
  "fee-not-zero",
  "snapshot-stale",
  "paused",
  "rate-limited",
  "epoch-over",
  "uid-changed",
] as const;
export type WithholdReason = (typeof WITHHOLD_REASONS)[number];

export interface WeightVector extends RecordBase<"weight-vector"> {
  readonly policy: ScoringConfig["policy"];
  /** Ascending by uid; sums to 1 when not empty. */
  readonly real: readonly RealWeight[];
  readonly uids: readonly number[];
  readonly values: readonly number[];
  readonly versionKey: Decimal;
  /** Why the guard forbids sending this vector; empty when it may be sent. */
  readonly withhold: readonly WithholdReason[];
}

export const SUBMISSION_STATES = [
  "planned",
  "claimed",
  "signed",
  "broadcast",
  "in-block",
  "finalized",
  "reflected",
  "revealed",
] as const;
export type SubmissionState = (typeof SUBMISSION_STATES)[number];

/** What was sent in place of the vector's own lists, because uids had changed hands since the snapshot (D15). */
export interface ResolvedWeights {
  readonly uids: readonly number[];
  readonly values: readonly number[];
  /** Uids of the vector whose registration is gone. */
  readonly dropped: readonly number[];
  /** Registrations that sit at another uid now. */
  readonly moved: readonly { readonly from: number; readonly to: number }[];
}

/** A timelocked commit (timelock.md): public once the beacon has emitted its round. */
export interface Commit {
  readonly bytes: Hex;
  readonly round: number;
  /** The epoch index under which the chain files it. */
  readonly epoch: number;
  /** CommitRevealWeightsVersion. */
  readonly version: number;
  /** First block that tries to open it, as planned when it was signed. */
  readonly revealBlock: number;
}

export interface Submission extends RecordBase<"submission"> {
  readonly submission: "direct" | "timelocked" | "dry-run" | "withheld";
  readonly state: SubmissionState;
  readonly reason: string | null;
  readonly extrinsic: Hex | null;
  /** Where it was included. */
  readonly block: { readonly hash: Hex; readonly number: number } | null;
  readonly call: string | null;
  /** Null: the vector itself, or nothing, was sent. */
  readonly resolved: ResolvedWeights | null;
  /** Null for whatever is not timelocked. */
  readonly commit: Commit | null;
  readonly fault: Fault | null;
}

export const SETTLEMENT_STATES = ["standing", "replaced", "revealed", "pending", "lost"] as const;

/** Why a commit was not, or not yet, opened into the own row (chain.md §4.5). */
export const REVEAL_CAUSES = [
  "not-due",
  "pulse-missing",
  "round-skipped",
  "commit-gone",
  "commit-unreadable",
  "content-differs",
  "not-registered",
  "mechanism-gone",
  "stake-too-low",
  "version-key-newer",
  "no-permit",
  "uids-gone",
  "too-few-weights",
  "row-differs",
] as const;
export type RevealCause = (typeof REVEAL_CAUSES)[number];

/** What the chain showed of a commit after the seal, at one finalized block. */
export interface Reveal {
  readonly block: { readonly hash: Hex; readonly number: number };
  /** The beacon's signature of the commit's round as stored on chain, 48 bytes; null while it is not there. */
  readonly pulse: Hex | null;
  /** The own row at that block; null without a seat. */
  readonly row: { readonly uids: readonly number[]; readonly values: readonly number[] } | null;
  /** Null when the row is what the commit holds. */
  readonly cause: RevealCause | null;
}

/** What became of the weights of a cycle sealed before this one. */
export interface Settlement extends RecordBase<"settlement"> {
  /** Of the former cycle. */
  readonly epoch: number;
  /** The former cycle's `submission` record. */
  readonly submission: Digest;
  /**
   * Of direct weights `standing`: the own row on chain is what that cycle sent; `replaced`: it is another, or none. Of a timelocked
   * commit `revealed`: opened, and the row is its content; `pending`: not opened yet, it still can be; `lost`.
   */
  readonly state: (typeof SETTLEMENT_STATES)[number];
  /** The own neuron's; null without a hotkey in the metagraph. */
  readonly lastUpdate: number | null;
  /** Of a timelocked commit; else null. */
  readonly reveal: Reveal | null;
}

export interface Seal extends RecordBase<"seal"> {
  /** Number of records before this one. */
  readonly records: number;
  readonly merkleRoot: Digest;
  readonly previousSeal: Digest | null;
  /** The cycle secret, 32 bytes. */
  readonly secret: Hex;
  /** What the cycle cost, as metered; recorded, not derivable. */
  readonly spend: { readonly requests: number; readonly tokens: number; readonly microUsd: number };
  readonly hotkey: Ss58 | null;
  readonly cryptoType: "sr25519" | "ed25519" | null;
  readonly signature: Hex | "absent";
}

export type CycleRecord =
  | Header
  | MetagraphSnapshot
  | Settlement
  | Roster
  | Challenge
  | Response
  | Judgement
  | ScoreSheet
  | WeightVector
  | Submission
  | Seal;
