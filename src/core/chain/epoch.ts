import type { EpochState, Hyperparameters } from "../model/metagraph.ts";

/** The epoch schedule since dynamic tempo (chain.md §5.1); all numbers are block heights or counts of blocks. */

type Schedule = Pick<EpochState, "lastEpochBlock" | "pendingEpochAt" | "nextEpochBlock">;

/** Direct weights go out between these distances from the epoch's last block (chain.md §5.3, DESIGN §2). */
const WINDOW_OPENS = 30;
const WINDOW_CLOSES = 8;

/** First block of the next epoch: what the chain says, else `LastEpochBlock + Tempo`, or the pending block when that is sooner. */
export function nextEpochBlock(state: Schedule, tempo: number): number {
  if (state.nextEpochBlock !== null) return state.nextEpochBlock;
  const automatic = state.lastEpochBlock + tempo;
  return state.pendingEpochAt > 0 ? Math.min(state.pendingEpochAt, automatic) : automatic;
}

/**
 * First block of the next epoch as read at `block`, where the chain's own answer leaves out the counter of blocks without an
 * epoch: past the tempo it starts one by itself (chain-newest.md §2.3), which shows when an owner has shortened the tempo, for
 * the counter is not begun anew then. Null stays null where the counter changes nothing.
 */
export function countedEpochBlock(
  state: Schedule & Pick<EpochState, "blocksSinceLastStep">,
  tempo: number,
  block: number,
): number | null {
  if (tempo === 0) return state.nextEpochBlock;
  const counted = block + Math.max(1, tempo + 1 - state.blocksSinceLastStep);
  return counted < nextEpochBlock(state, tempo) ? counted : state.nextEpochBlock;
}

export interface Window {
  readonly from: number;
  readonly to: number;
}

/**
 * The blocks in which direct weights are submitted, both included: 30 to 8 before the next epoch's first block. A tempo too
 * short for that gets the second half of its epoch; `to` is never below `from`.
 */
export function directWindow(state: Schedule, tempo: number): Window {
  const next = nextEpochBlock(state, tempo);
  const middle = next - Math.floor(tempo / 2);
  const from = Math.max(next - WINDOW_OPENS, middle);
  return { from, to: Math.max(next - WINDOW_CLOSES, from) };
}

/** Blocks before the end of an epoch in which nothing is sent any more. */
const CLOSING = 4;

/**
 * The finalized height from which on no direct weights are sent in this epoch: the best block is some ahead of it, and what
 * is included after the end counts for the next epoch.
 */
export function submissionsClose(state: Schedule, tempo: number): number {
  return nextEpochBlock(state, tempo) - Math.min(CLOSING, Math.floor(tempo / 8));
}

/**
 * The blocks in which a timelocked commit is submitted, both included: from the middle of what is left of the epoch at block
 * `from` until submissions close (chain.md §5.3, DESIGN §2). `to` is never below `from`.
 */
export function commitWindow(state: Schedule, tempo: number, from: number): Window {
  const next = nextEpochBlock(state, tempo);
  const begun = Math.max(state.lastEpochBlock, Math.min(from, next));
  const middle = begun + Math.floor((next - begun) / 2);
  return { from: middle, to: Math.max(submissionsClose(state, tempo) - 1, middle) };
}

/**
 * Whole tempos from the last own update to `head`: 0 while weights are fresh, the number of epochs without them after that. Null
 * when nothing was ever set, or when the subnet has no epochs (tempo 0).
 */
export function temposBehind(lastUpdate: number, head: number, tempo: number): number | null {
  if (lastUpdate === 0 || tempo === 0) return null;
  return Math.floor(Math.max(0, head - lastUpdate) / tempo);
}

/** First block in which the chain takes new weights: `now − last ≥ limit`, and any block when there are none (chain.md §3.3 #9). */
export function earliestSubmission(lastUpdate: number, limits: Pick<Hyperparameters, "weightsRateLimit">): number {
  return lastUpdate === 0 ? 0 : lastUpdate + limits.weightsRateLimit;
}

/** Blocks that an extrinsic needs to be included, with some to spare. */
const INCLUSION_BLOCKS = 8;
const SHORTEST_ERA = 16;

/**
 * Blocks of mortality for an era that begins at the finalized head, `lag` blocks behind the best one: a power of two, 16 where
 * finality keeps up (T21), more when the lag alone would eat it up.
 */
export function eraPeriod(lag: number): number {
  let period = SHORTEST_ERA;
  while (period < lag + INCLUSION_BLOCKS) period *= 2;
  return period;
}
