import type { Ss58 } from "./ids.ts";

/** Decayed sufficient statistics of one channel: Σλy, Σλ, Σλy² (judging.md §3.3). */
export interface ChannelState {
  readonly sum: number;
  readonly count: number;
  readonly square: number;
}

export interface MinerState {
  readonly hotkey: Ss58;
  readonly registeredAt: number;
  readonly verifiable: ChannelState;
  readonly judged: ChannelState;
  /** Decayed counts of delivered answers and of the miner's own failures to deliver. */
  readonly delivered: number;
  readonly failed: number;
}

/** The whole memory of the estimator; it stands in every score sheet, so that one bundle replays alone. */
export interface EstimatorState {
  readonly cycles: number;
  /** Ascending by hotkey, then by registration block. */
  readonly miners: readonly MinerState[];
}

export const EMPTY_STATE: EstimatorState = { cycles: 0, miners: [] };
