import { sum } from "../determinism/exact-math.ts";
import type { ChannelState } from "../model/scoring-state.ts";

export const EMPTY_CHANNEL: ChannelState = { sum: 0, count: 0, square: 0 };

/** Decayed evidence below half an observation is forgotten: what is left says nothing, and a memory must end. */
export const FORGET_BELOW = 0.5;

/**
 * What is assumed of the variances of scores in [0, 1], as evidence of so many degrees of freedom: it carries the first cycle
 * and keeps every division defined for ever.
 */
const PRIOR_WITHIN = 0.125;
const PRIOR_WITHIN_WEIGHT = 8;
const PRIOR_BETWEEN = 0.03125;
const PRIOR_BETWEEN_WEIGHT = 4;
const LEAST_BETWEEN = 0.02;

/** λ·state + new centred scores, in the order given; empty when too little is left. */
export function advance(state: ChannelState, centred: readonly number[], decay: number): ChannelState {
  const count = decay * state.count + centred.length;
  if (count < FORGET_BELOW) return EMPTY_CHANNEL;
  return {
    sum: decay * state.sum + sum(centred),
    count,
    square: decay * state.square + sum(centred.map((y) => y * y)),
  };
}

/** What is known of all miners together before a cycle: mean of means, variance of one score, variance between miners. */
export interface Population {
  readonly mean: number;
  readonly within: number;
  readonly between: number;
}

/**
 * Over the states as they stood BEFORE the cycle, in the order given (ascending by uid). Taking them from before makes a
 * cycle's estimates monotone: a better answer moves only its own miner up, never the yardstick.
 */
export function populationOf(states: readonly ChannelState[]): Population {
  const known = states.filter((state) => state.count > 0);
  const rich = known.filter((state) => state.count > 1);
  const scatter = sum(rich.map((state) => Math.max(0, state.square - (state.sum * state.sum) / state.count)));
  const freedom = sum(rich.map((state) => state.count - 1));
  const within = (PRIOR_WITHIN_WEIGHT * PRIOR_WITHIN + scatter) / (PRIOR_WITHIN_WEIGHT + freedom);
  if (known.length === 0) return { mean: 0, within, between: PRIOR_BETWEEN };

  const means = known.map((state) => state.sum / state.count);
  const mean = sum(means) / known.length;
  if (known.length === 1) return { mean, within, between: PRIOR_BETWEEN };

  const others = known.length - 1;
  const variance = sum(means.map((m) => (m - mean) * (m - mean))) / others;
  const noise = sum(known.map((state) => within / state.count)) / known.length;
  const measured = Math.max(LEAST_BETWEEN * within, variance - noise);
  const between = (PRIOR_BETWEEN_WEIGHT * PRIOR_BETWEEN + others * measured) / (PRIOR_BETWEEN_WEIGHT + others);
  return { mean, within, between };
}

/** A miner's place among the miners, in standard deviations between miners, and its standard error in the same unit. */
export interface Standing {
  readonly z: number;
  readonly stderr: number;
}

/** Shrunk towards the mean as far as the evidence is thin (judging.md §3.3). Null without evidence. */
export function standing(state: ChannelState, population: Population): Standing | null {
  if (state.count === 0) return null;
  const { mean, within, between } = population;
  const spread = Math.sqrt(between);
  const trust = between / (between + within / state.count);
  const z = (trust * (state.sum / state.count - mean)) / spread;
  return { z, stderr: 1 / Math.sqrt(1 / between + state.count / within) / spread };
}
