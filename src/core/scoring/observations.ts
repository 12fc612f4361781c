import type { Answered, Challenge, Judgement, Missed, Response } from "../model/answers.ts";
import type { Task } from "../model/pack.ts";

/**
 * What one question to one miner says about the miner (judging.md §3.1; docs/bundle.md S2).
 * `scored`: delivered and judged. `bad`: the chute answered, and the answer is none: a zero. `absent`: the miner's own failure
 * to answer: availability only. `excused`: somebody else's fault, no number ever; `delivered` when only the judge failed.
 */
export type Observation =
  | { readonly kind: "scored"; readonly score: number }
  | { readonly kind: "bad" | "absent" }
  | { readonly kind: "excused"; readonly delivered: boolean };

const NEVER_ASKED: Observation = { kind: "excused", delivered: false };

/** Total: a judgement's score that is no number in [0, 1] counts as missing. */
function observe(outcome: Answered | Missed | undefined, score: number | null): Observation {
  if (outcome === undefined) return NEVER_ASKED;
  if (outcome.answered) {
    return score !== null && score >= 0 && score <= 1
      ? { kind: "scored", score }
      : { kind: "excused", delivered: true };
  }
  if (outcome.fault.blame !== "miner") return NEVER_ASKED;
  return { kind: outcome.fault.code.startsWith("answer-") ? "bad" : "absent" };
}

/** The score that enters the quality estimate, if any. */
export function quality(observation: Observation): number | null {
  if (observation.kind === "scored") return observation.score;
  return observation.kind === "bad" ? 0 : null;
}

export interface Tally {
  readonly answered: number;
  readonly missed: number;
  readonly excused: number;
  readonly minerFaults: number;
}

export const EMPTY_TALLY: Tally = { answered: 0, missed: 0, excused: 0, minerFaults: 0 };

export function tally(observations: readonly Observation[]): Tally {
  const count = (test: (observation: Observation) => boolean): number => observations.filter(test).length;
  const answered = count((o) => o.kind === "scored" || (o.kind === "excused" && o.delivered));
  return {
    answered,
    missed: observations.length - answered,
    excused: count((o) => o.kind === "excused"),
    minerFaults: count((o) => o.kind === "bad" || o.kind === "absent"),
  };
}

/** Of several records with one uid and task the last one counts; those of unknown uids or tasks are never asked for. */
export function observer(
  challenge: Challenge,
  responses: readonly Response[],
  judgements: readonly Judgement[],
): (uid: number) => Observation[] {
  const outcomes = new Map(responses.map((record) => [place(record), record.outcome]));
  const scores = new Map(judgements.map((record) => [place(record), record.score]));
  return (uid) =>
    challenge.tasks.map((task: Task) => {
      const at = place({ uid, taskId: task.id });
      return observe(outcomes.get(at), scores.get(at) ?? null);
    });
}

function place({ uid, taskId }: { readonly uid: number; readonly taskId: string }): string {
  return `${uid}/${taskId}`;
}
