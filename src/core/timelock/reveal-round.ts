import type { EpochState } from "../model/metagraph.ts";
import { roundBefore } from "./beacon.ts";

/** From the epoch state at one block to the round that opens a commit included in the next one (timelock.md §8). */

export interface CommitTime {
  /** The block whose state was read. */
  readonly head: number;
  /** Unix seconds at that block, fractions included. */
  readonly nowSeconds: number;
  readonly blockSeconds: number;
}

export interface CommitSchedule
  extends Pick<EpochState, "index" | "lastEpochBlock" | "pendingEpochAt" | "blocksSinceLastStep"> {
  readonly tempo: number;
  /** RevealPeriodEpochs. */
  readonly period: number;
  /** More blocks than that without an epoch start one; what the clients assume unless told. */
  readonly counterLimit?: number;
}

export interface Reveal {
  /** The first block that tries to open the commit. */
  readonly firstBlock: number;
  readonly round: number;
}

export type RevealDefect = "no-epochs" | "state-impossible" | "time-impossible";

/** The pulse must not be out before the reveal's epoch has begun. */
const MARGIN_BLOCKS = 3;
/** The clients' `counterLimit`, whatever the tempo. */
const MOST_BLOCKS = 50_400;
/** The chain allows 100. */
const MOST_PERIODS = 65_535;

/**
 * The round by the schedule with an epoch index, equal to the Rust client's simulation. Total: numbers that no chain has, an
 * index above 2^53 among them, are a reason.
 */
export function revealRound(schedule: CommitSchedule, time: CommitTime): Reveal | RevealDefect {
  const { index, lastEpochBlock, pendingEpochAt, blocksSinceLastStep, tempo, period, counterLimit = 0 } = schedule;
  if (tempo === 0) return "no-epochs";
  const numbers = [index, lastEpochBlock, pendingEpochAt, blocksSinceLastStep, tempo, period, time.head, counterLimit];
  if (!numbers.every(isCount) || period > MOST_PERIODS) return "state-impossible";
  return revealAt(firstRevealBlock(schedule, time.head), time);
}

export interface OldSchedule {
  readonly tempo: number;
  readonly period: number;
  readonly netuid: number;
}

/** The round where the runtime has no `SubnetEpochIndex`: epochs by block number modulo tempo + 1. Total. */
export function oldRevealRound({ tempo, period, netuid }: OldSchedule, time: CommitTime): Reveal | RevealDefect {
  if (tempo === 0) return "no-epochs";
  if (![tempo, period, netuid, time.head].every(isCount)) return "state-impossible";
  const epoch = Math.floor((time.head + netuid + 1) / (tempo + 1));
  return revealAt((epoch + period) * (tempo + 1) - (netuid + 1), time);
}

/** The round of a commit whose reveal begins in a known block. Total. */
export function revealAt(firstBlock: number, { head, nowSeconds, blockSeconds }: CommitTime): Reveal | RevealDefect {
  if (!Number.isFinite(nowSeconds) || !Number.isFinite(blockSeconds) || blockSeconds < 0) return "time-impossible";
  const target = nowSeconds + Math.max(0, firstBlock + MARGIN_BLOCKS - head) * blockSeconds;
  const round = roundBefore(target);
  return Number.isSafeInteger(round) ? { firstBlock, round } : "time-impossible";
}

/**
 * Epoch by epoch instead of block by block. Reveals run before the epoch of their block: they see it one index ahead from the
 * block on in which it is due, and by the counter only in the block after the one that raised it (sdk-vectors/README.md).
 */
function firstRevealBlock(schedule: CommitSchedule, head: number): number {
  const { tempo, period, counterLimit = MOST_BLOCKS } = schedule;
  let span = spanFrom(
    head + 1,
    { tempo, counterLimit },
    {
      last: schedule.lastEpochBlock,
      pending: schedule.pendingEpochAt,
      since: schedule.blocksSinceLastStep,
    },
  );
  const target = (span.seen === span.start ? 1 : 0) + period;
  for (let index = 0; ; index += 1) {
    const ahead = span.seen <= span.fires;
    if (index + (span.seen === span.start ? 1 : 0) >= target) return span.start;
    if (ahead && index + 1 >= target) return span.seen;
    span = spanFrom(span.fires + 1, { tempo, counterLimit }, { last: span.fires, pending: 0, since: 0 });
  }
}

interface Span {
  readonly start: number;
  /** First block whose reveals see the next index. */
  readonly seen: number;
  /** The block in which the epoch runs. */
  readonly fires: number;
}

interface SpanState {
  readonly last: number;
  readonly pending: number;
  /** Counter after the block before `start`. */
  readonly since: number;
}

function spanFrom(
  start: number,
  { tempo, counterLimit }: { readonly tempo: number; readonly counterLimit: number },
  { last, pending, since }: SpanState,
): Span {
  const due = pending > 0 ? Math.min(last + tempo, pending) : last + tempo;
  const counted = start + counterLimit - since;
  return { start, seen: Math.max(start, Math.min(due, counted + 1)), fires: Math.max(start, Math.min(due, counted)) };
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
