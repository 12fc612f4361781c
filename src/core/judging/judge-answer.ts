import { randomStream } from "../determinism/random.ts";
import type { JudgeAttempt, Judgement } from "../model/answers.ts";
import type { Fault } from "../model/fault.ts";
import type { Digest } from "../model/ids.ts";
import type { JudgeRules, Pack, Task } from "../model/pack.ts";
import { fenceOutside, type JudgeMessage, judgeMessages, promptDigest } from "./prompt.ts";
import { sanitise } from "./sanitise.ts";
import { readLabel } from "./verdict.ts";

/** One call of the judge: each attempt has other letters and another fence, so that no verdict can be aimed at. */
export interface JudgeCall {
  readonly messages: readonly [JudgeMessage, JudgeMessage];
  readonly promptDigest: Digest;
  /** The letter of each verdict, in the order of the rules' verdicts. */
  readonly letters: readonly string[];
}

export interface JudgeQuestion {
  readonly task: Task;
  readonly uid: number;
  /** 0, 1, 2 … */
  readonly attempt: number;
  /** As the miner sent it. */
  readonly answerText: string;
  readonly rules: JudgeRules;
  readonly secretSeed: Digest;
}

/**
 * The call of one attempt. The uid is part of the random label only and stands in no message: the judge does not know whom
 * it grades (judging.md §2.3 layer 13).
 * @throws RangeError when the rules have fewer letters than verdicts.
 */
export function judgeCall(question: JudgeQuestion): JudgeCall {
  return callAbout(question, question.attempt, sanitise(question.answerText, question.rules.maxAnswerChars));
}

/** `answer`: sanitised already. */
function callAbout(
  question: Omit<JudgeQuestion, "answerText" | "attempt">,
  attempt: number,
  answer: string,
): JudgeCall {
  const { task, uid, rules } = question;
  if (rules.letters.length < rules.verdicts.length) throw new RangeError("each verdict needs a letter of its own");
  const stream = randomStream(question.secretSeed, `judge/${task.id}/${uid}/${attempt}`);
  const letters = stream.shuffle(rules.letters).slice(0, rules.verdicts.length);
  const fence = fenceOutside(stream, `${task.prompt}\n${answer}`);
  const messages = judgeMessages({ task, answer, rules, letters, fence });
  return { messages, promptDigest: promptDigest(messages), letters };
}

/** The score of the verdict whose letter the judge's output is, or null when the output is not one of the call's letters. */
export function readVerdict(raw: string | null, call: Pick<JudgeCall, "letters">, rules: JudgeRules): number | null {
  const verdict = readLabel(raw, call.letters);
  return verdict === null ? null : (rules.verdicts[verdict]?.score ?? null);
}

/** A judgement without its place in the chain of records. */
export type Judged = Omit<Judgement, "kind" | "parents">;

export interface ModelJudgementFacts extends Omit<JudgeQuestion, "attempt"> {
  readonly judge: { readonly model: string; readonly chuteId: string | null };
  /** In the order in which they were made; their prompt digests are made anew, not believed. */
  readonly attempts: readonly JudgeAttempt[];
}

/**
 * The judgement that follows from the judge's outputs: the first readable one counts, later attempts do not exist. Without a
 * readable one the score is missing, never a number, and the fault is that of the last attempt.
 */
export function modelJudgement(facts: ModelJudgementFacts): Judged {
  const { task, uid, rules } = facts;
  const judge = { kind: "model", model: facts.judge.model, chuteId: facts.judge.chuteId } as const;
  const attempts: JudgeAttempt[] = [];
  // Once for all attempts: a stranger's bundle may hold answers of many megabytes.
  const answer = sanitise(facts.answerText, rules.maxAnswerChars);
  for (const [index, attempt] of facts.attempts.entries()) {
    const call = callAbout(facts, index, answer);
    attempts.push({ ...attempt, promptDigest: call.promptDigest });
    const score = attempt.fault === null ? readVerdict(attempt.raw, call, rules) : null;
    if (score !== null) return { uid, taskId: task.id, judge, attempts, score, fault: null };
  }
  return { uid, taskId: task.id, judge, attempts, score: null, fault: attempts.at(-1)?.fault ?? UNREADABLE };
}

/** The judgement of a verifiable task: 1 or 0 by exact comparison; no judge is asked. */
export function verifierJudgement(facts: {
  readonly pack: Pick<Pack, "verify">;
  readonly task: Task;
  readonly uid: number;
  readonly answerText: string;
}): Judged {
  const { pack, task, uid, answerText } = facts;
  const score = pack.verify(task, answerText);
  return { uid, taskId: task.id, judge: { kind: "verifier" }, attempts: [], score, fault: null };
}

const UNREADABLE: Fault = {
  code: "verdict-unreadable",
  blame: "judge",
  retryable: true,
  message: "The judge answered, but not with one of the letters it was asked for.",
  remedy: "Nothing for the miner to do: the answer is left out. If it happens often, choose another judge model.",
};
