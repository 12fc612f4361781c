import type { EpochState, Hyperparameters } from "../model/metagraph.ts";
import { type CommitTime, type Reveal, type RevealDefect, revealAt, revealRound } from "../timelock/reveal-round.ts";
import { moduloEpoch } from "./modulo-epochs.ts";

/** What says under which epoch a commit is filed, and when it is opened. */
export interface FilingState {
  readonly netuid: number;
  readonly epochState: EpochState;
  readonly hyperparameters: Pick<Hyperparameters, "tempo" | "commitRevealPeriod">;
}

export interface Filing extends Reveal {
  /** The epoch index under which a commit of the next block is filed. */
  readonly epoch: number;
}

/**
 * For a commit included in the block after `time.head`: its epoch, the first block that tries to open it, the round that does.
 * Total; a state that no chain has is a reason.
 */
export function filingOf(state: FilingState, time: CommitTime): Filing | RevealDefect {
  const { tempo } = state.hyperparameters;
  if (tempo === 0) return "no-epochs";
  return state.epochState.scheme === "modulo" ? moduloFiling(state, time) : stateFiling(state, time);
}

/** The closed form of the old clients, for the epoch of the inclusion and not of the head (timelock.md §8.2, chain.md §5.2). */
function moduloFiling({ netuid, hyperparameters }: FilingState, time: CommitTime): Filing | RevealDefect {
  const { tempo, commitRevealPeriod } = hyperparameters;
  const { index } = moduloEpoch(time.head + 1, netuid, tempo);
  const first = (index + commitRevealPeriod) * (tempo + 1) - (netuid + 1);
  const reveal = revealAt(first, time);
  return typeof reveal === "string" ? reveal : { ...reveal, epoch: index };
}

function stateFiling({ epochState, hyperparameters }: FilingState, time: CommitTime): Filing | RevealDefect {
  const { tempo, commitRevealPeriod } = hyperparameters;
  const schedule = asTheChainSays(epochState, tempo, time.head);
  // The chain cuts its counter at tempo + 1 and starts an epoch as soon as it has passed the tempo (chain-newest.md §2.3).
  const reveal = revealRound({ ...schedule, tempo, period: commitRevealPeriod, counterLimit: tempo }, time);
  if (typeof reveal === "string") return reveal;
  return { ...reveal, epoch: epochState.index + (isDue(schedule, tempo, time.head + 1) ? 1 : 0) };
}

type Schedule = Pick<EpochState, "index" | "lastEpochBlock" | "pendingEpochAt" | "blocksSinceLastStep">;

/**
 * The chain's own answer for the next epoch counts before what we compute from its parts. A counter that will pass the tempo in
 * the next block starts an epoch there, and what that block brings is filed under the new one.
 */
function asTheChainSays(state: EpochState, tempo: number, head: number): Schedule {
  const { index, lastEpochBlock, pendingEpochAt, blocksSinceLastStep, nextEpochBlock } = state;
  const schedule = { index, lastEpochBlock, pendingEpochAt, blocksSinceLastStep };
  if (blocksSinceLastStep >= tempo) return { ...schedule, pendingEpochAt: head + 1 };
  const automatic = lastEpochBlock + tempo;
  const computed = pendingEpochAt > 0 ? Math.min(automatic, pendingEpochAt) : automatic;
  // The counter is followed as a counter: reveals see the epoch that it starts one block later than any other.
  const counted = head + tempo + 1 - blocksSinceLastStep;
  if (nextEpochBlock === null || nextEpochBlock === Math.min(computed, counted)) return schedule;
  const named = { ...schedule, blocksSinceLastStep: 0 };
  return nextEpochBlock <= automatic
    ? { ...named, pendingEpochAt: nextEpochBlock }
    : { ...named, pendingEpochAt: 0, lastEpochBlock: nextEpochBlock - tempo };
}

function isDue({ lastEpochBlock, pendingEpochAt }: Schedule, tempo: number, block: number): boolean {
  return block - lastEpochBlock >= tempo || (pendingEpochAt > 0 && block >= pendingEpochAt);
}
