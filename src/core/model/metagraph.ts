import type { Decimal, Hex, Ss58 } from "./ids.ts";
import type { RecordBase } from "./record-base.ts";

export interface Neuron {
  readonly uid: number;
  readonly hotkey: Ss58;
  readonly stakeRao: Decimal;
  readonly permit: boolean;
  readonly active: boolean;
  readonly lastUpdate: number;
  readonly registeredAt: number;
  /** u16 share of the last epoch, as stored. */
  readonly incentive: number;
}

export interface Hyperparameters {
  readonly tempo: number;
  readonly weightsRateLimit: number;
  readonly weightsVersionKey: Decimal;
  readonly minAllowedWeights: number;
  readonly maxWeightsLimit: number;
  readonly commitRevealEnabled: boolean;
  readonly commitRevealPeriod: number;
  readonly commitRevealVersion: number;
  readonly stakeThresholdRao: Decimal;
  readonly mechanismCount: number;
  readonly immunityPeriod: number;
  readonly activityCutoff: number;
}

/** `absent`: the runtime knows no modes (before spec 475), which means Yuma. `unknown`: read, never sign (D4a). */
export type EpochMode = "yuma" | "null" | "absent" | "unknown";

/** `state`: the chain keeps index and last block (chain.md §5.1); `modulo`: both follow from the block number (§5.2). */
export type EpochScheme = "state" | "modulo";

export interface EpochState {
  readonly scheme: EpochScheme;
  readonly mode: EpochMode;
  readonly index: number;
  readonly lastEpochBlock: number;
  readonly pendingEpochAt: number;
  readonly blocksSinceLastStep: number;
  /**
   * First block of the next epoch as the chain says it, or a sooner one in which its counter of blocks starts one
   * (core/chain/epoch.ts); null when the chain has no such answer.
   */
  readonly nextEpochBlock: number | null;
  /** Uids that a pruning under way will leave (chain-newest.md §1.7); null when none is. */
  readonly pruningTarget: number | null;
}

/** One field of an on-chain commitment (chain.md §6.1): raw bytes, a hash, or something sealed that says nothing yet. */
export interface CommitmentField {
  readonly kind: "none" | "raw" | "hash" | "timelocked" | "other";
  readonly data: Hex;
}

export interface Commitment {
  readonly hotkey: Ss58;
  /** Block of the CommitmentOf row, null when only revealed entries are left. */
  readonly block: number | null;
  readonly fields: readonly CommitmentField[];
  /** Block of LastCommitment: the true commit block of what has been revealed since (chain.md §6.5). */
  readonly lastCommitment: number | null;
  /** Revealed plaintexts without their SCALE length, oldest first. */
  readonly revealed: readonly { readonly block: number; readonly data: Hex }[];
}

export interface WeightRow {
  readonly uid: number;
  readonly hotkey: Ss58;
  readonly uids: readonly number[];
  readonly values: readonly number[];
}

/** A hotkey swap: the seat and its history went from one key to another (chain-newest.md §3.4). */
export interface Succession {
  readonly from: Ss58;
  readonly to: Ss58;
}

export interface MetagraphSnapshot extends RecordBase<"snapshot"> {
  readonly netuid: number;
  readonly mechid: number;
  readonly block: { readonly hash: Hex; readonly number: number; readonly timeMs: number };
  readonly specVersion: number;
  readonly hyperparameters: Hyperparameters;
  readonly epochState: EpochState;
  /** May set weights without a permit, except on Null; null when the runtime does not say. */
  readonly ownerHotkey: Ss58 | null;
  /** Ascending by uid, without gaps. */
  readonly neurons: readonly Neuron[];
  /** Ascending by hotkey; rows of hotkeys outside the metagraph are dropped. */
  readonly commitments: readonly Commitment[];
  /** The row our vector is compared with: the own hotkey's, else that of the permitted validator with most stake. */
  readonly row: WeightRow | null;
  /** Swaps of hotkeys that were scored before and hold no seat under that key any more; ascending by `from`. */
  readonly successors: readonly Succession[];
}
