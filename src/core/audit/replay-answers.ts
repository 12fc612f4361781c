import { textDigest } from "../determinism/digest.ts";
import type { Judgement, Response } from "../model/answers.ts";
import type { Roster } from "../model/roster.ts";
import type { BundleRecords } from "./bundle-order.ts";
import { deriveJudgement, deriveVerdict, type JudgedCase, type Premises } from "./derive.ts";
import { compare, type Finding, guarded } from "./finding.ts";
import { byPlace, parentsOf } from "./parents.ts";

/** As many as a bundle may have lines (docs/bundle.md A1): what a stranger's bundle makes replay count is bounded, too. */
const MOST_QUESTIONS = 2_000_000;

/** Before anything is made for each of them: miners that count as asked, times tasks, stay within the bound. */
export function questionsFinding({ roster, challenge }: BundleRecords): Finding | undefined {
  const miners = roster.entries.filter((entry) => entry.eligible || entry.reason === "chute-unchecked").length;
  const count = miners * challenge.tasks.length;
  if (count <= MOST_QUESTIONS) return undefined;
  const expected = `at most ${MOST_QUESTIONS} questions`;
  return { record: challenge, difference: { field: "tasks", expected, found: `${count} questions` } };
}

/** Exactly one response for every eligible miner and task, in bundle order; an answer's digest is that of its text. */
export function responseFinding({ roster, challenge, responses }: BundleRecords): Finding | undefined {
  const tasks = byPlace(challenge.tasks.map(({ id }) => ({ uid: 0, taskId: id })));
  const parents = parentsOf(challenge);
  let at = 0;
  for (const uid of eligibleUids(roster)) {
    for (const { taskId } of tasks) {
      const response = responses[at];
      at += 1;
      if (response === undefined) {
        const difference = { field: `response ${uid}/${taskId}`, expected: "a response", found: undefined };
        return { record: challenge, difference };
      }
      const finding = compare(response, asDue(response, { parents, uid, taskId }));
      if (finding !== undefined) return finding;
    }
  }
  const extra = responses[at];
  return (
    extra && { record: extra, difference: { field: "", expected: undefined, found: "a response nobody asked for" } }
  );
}

function eligibleUids({ entries }: Roster): readonly number[] {
  return entries.filter((entry) => entry.eligible).map((entry) => entry.uid);
}

function asDue(response: Response, due: Pick<Response, "parents" | "uid" | "taskId">): Response {
  const { outcome } = response;
  const digested = outcome.answered ? { ...outcome, textDigest: textDigest(outcome.text) } : outcome;
  return { ...response, ...due, outcome: digested };
}

/** Exactly one judgement for every answer, and what it says follows from answer and judge output. */
export function judgementFinding(premises: Premises, bundle: BundleRecords): Finding | undefined {
  const { challenge, responses, judgements } = bundle;
  const tasks = new Map(challenge.tasks.map((task) => [task.id, task]));
  let at = 0;
  for (const response of responses) {
    const task = tasks.get(response.taskId);
    if (!response.outcome.answered || task === undefined) continue;
    const judgement = judgements[at];
    at += 1;
    if (judgement === undefined) {
      return { record: response, difference: { field: "judgement", expected: "a judgement", found: undefined } };
    }
    const judged = { challenge, task, response, answer: response.outcome };
    const finding = guarded(judgement, () => compare(judgement, judgedAnew(premises, judged, judgement)));
    if (finding !== undefined) return finding;
  }
  const extra = judgements[at];
  return extra && { record: extra, difference: { field: "", expected: undefined, found: "a judgement of no answer" } };
}

/** No more calls of the judge count than the configuration allows: nobody may ask until the answer pleases. */
function judgedAnew(premises: Premises, judged: JudgedCase, { attempts }: Judgement): Judgement {
  if (judged.task.channel === "verifiable") return deriveVerdict(premises, judged);
  return deriveJudgement(premises, judged, attempts.slice(0, premises.header.scoring.judge.attempts));
}
