/** Scores of one miner, each with the stake behind it; stakes of all validators sum to 1. */
export interface Vote {
  readonly score: number;
  readonly stake: number;
}

/**
 * The consensus of a column (chain.md §8 step 7): the smallest score such that the stake of validators at or below it exceeds
 * 1 − κ. Validators that are not among `votes` scored 0; `silent` is their stake.
 */
export function weightedMedian(votes: readonly Vote[], silent: number, kappa: number): number {
  const minority = 1 - kappa;
  let below = silent;
  if (below > minority) return 0;
  const rising = votes.toSorted((a, b) => a.score - b.score);
  for (const [place, { score, stake }] of rising.entries()) {
    below += stake;
    const last = rising[place + 1]?.score !== score;
    if (last && below > minority) return score;
  }
  return rising.at(-1)?.score ?? 0;
}
