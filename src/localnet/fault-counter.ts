import { type RandomStream, randomStream } from "../core/determinism/random.ts";
import type { Digest } from "../core/model/ids.ts";

/** What the rules of both servers have in common: when one acts. */
export interface CountedRule {
  readonly from?: number;
  readonly count?: number;
  readonly probability?: number;
}

interface RuleState<R> {
  readonly rule: R;
  seen: number;
  left: number;
}

/** Rules in force. The first that acts on an event decides; the others that match it still count it. */
export class FaultCounter<R extends CountedRule> {
  readonly #random: RandomStream;
  #rules: readonly RuleState<R>[] = [];

  constructor(seed: Digest, label: string) {
    this.#random = randomStream(seed, label);
  }

  /** Replaces all rules, and counts from 0. */
  set(rules: readonly R[]): void {
    this.#rules = rules.map((rule) => ({ rule, seen: 0, left: rule.count ?? Number.POSITIVE_INFINITY }));
  }

  first(matches: (rule: R) => boolean): R | undefined {
    let chosen: R | undefined;
    for (const state of this.#rules) {
      if (!matches(state.rule)) continue;
      const position = state.seen;
      state.seen += 1;
      if (chosen !== undefined || state.left <= 0 || position < (state.rule.from ?? 0)) continue;
      if (!this.#happens(state.rule.probability ?? 1)) continue;
      state.left -= 1;
      chosen = state.rule;
    }
    return chosen;
  }

  #happens(probability: number): boolean {
    return probability >= 1 || this.#random.below(1_000_000) < probability * 1_000_000;
  }
}
