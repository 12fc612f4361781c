import { median } from "../determinism/exact-math.ts";
import type { Observation } from "./observations.ts";

/**
 * What is subtracted from every score of one task, so that its difficulty and the judge's severity cancel: the median of all
 * judged answers, and 0 when there is none. Zeros for answers that were none stay out, so that broken chutes do not move it.
 * Judged zeros stay in: were they left out (judging.md §3.3), a first point above zero would lower the centre, which can
 * raise others by more than the miner that earned it.
 */
export function taskCentre(column: readonly (Observation | undefined)[]): number {
  const scores = column.flatMap((observation) => (observation?.kind === "scored" ? [observation.score] : []));
  return scores.length === 0 ? 0 : median(scores);
}
