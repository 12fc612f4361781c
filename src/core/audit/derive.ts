import { drawChallenge } from "../challenge/draw-challenge.ts";
import { buildRoster } from "../challenge/roster.ts";
import { secretSeed } from "../challenge/seeds.ts";
import {
  type JudgeCall,
  type JudgeQuestion,
  judgeCall,
  modelJudgement,
  verifierJudgement,
} from "../judging/judge-answer.ts";
import type { Answered, Challenge, JudgeAttempt, Judgement, Response } from "../model/answers.ts";
import type { Hex } from "../model/ids.ts";
import type { MetagraphSnapshot } from "../model/metagraph.ts";
import type { Pack, Task } from "../model/pack.ts";
import type { Header, ScoreSheet, WeightVector } from "../model/records.ts";
import type { ChuteEvidence, Roster } from "../model/roster.ts";
import type { EstimatorState } from "../model/scoring-state.ts";
import { estimate } from "../scoring/estimate.ts";
import { weigh } from "../weights/weigh.ts";
import { parentsOf, sheetParents } from "./parents.ts";

/**
 * Every record that follows from others, made by one pure function each. The cycle records what they return; replay calls the
 * same functions on the recorded inputs and compares. Nothing else may make these records.
 */
export interface Premises {
  readonly header: Header;
  readonly snapshot: MetagraphSnapshot;
  readonly pack: Pack;
  readonly secret: Hex;
}

export function deriveRoster(premises: Premises, chutes: readonly ChuteEvidence[]): Roster {
  const { header, snapshot } = premises;
  const body = buildRoster({ snapshot, ownHotkey: header.hotkey, chutes, rules: header.pack.discovery });
  return { kind: "roster", parents: parentsOf(snapshot), ...body };
}

export function deriveChallenge(premises: Premises, roster: Roster): Challenge {
  const { header, snapshot, pack, secret } = premises;
  const body = drawChallenge({ header, snapshot, pack, secret });
  return { kind: "challenge", parents: parentsOf(roster), ...body };
}

export interface JudgedCase {
  readonly challenge: Challenge;
  readonly task: Task;
  readonly response: Response;
  readonly answer: Answered;
}

/** A verifiable answer is judged by the pack's verifier alone. */
export function deriveVerdict({ pack }: Premises, { task, response, answer }: JudgedCase): Judgement {
  const judged = verifierJudgement({ pack, task, uid: response.uid, answerText: answer.text });
  return { kind: "judgement", parents: parentsOf(response), ...judged };
}

/** The messages of the n-th call of the judge about one answer, from 0. */
export function deriveJudgeCall(premises: Premises, judged: JudgedCase, attempt: number): JudgeCall {
  return judgeCall({ ...question(premises, judged), attempt });
}

/** What the judge's recorded outputs amount to; prompt digests are made anew, never taken over. */
export function deriveJudgement(premises: Premises, judged: JudgedCase, attempts: readonly JudgeAttempt[]): Judgement {
  const { model, chuteId } = premises.header.scoring.judge;
  const body = modelJudgement({ ...question(premises, judged), judge: { model, chuteId }, attempts });
  return { kind: "judgement", parents: parentsOf(judged.response), ...body };
}

function question(
  { header, secret }: Premises,
  { challenge, task, response, answer }: JudgedCase,
): Omit<JudgeQuestion, "attempt"> {
  return {
    task,
    uid: response.uid,
    answerText: answer.text,
    rules: header.pack.judge,
    secretSeed: secretSeed(challenge.publicSeed, secret),
  };
}

export function deriveSheet(
  premises: Premises,
  roster: Roster,
  found: {
    readonly challenge: Challenge;
    readonly responses: readonly Response[];
    readonly judgements: readonly Judgement[];
    readonly before: EstimatorState;
  },
): ScoreSheet {
  const { header, snapshot } = premises;
  const body = estimate({ snapshot, ownHotkey: header.hotkey, roster, config: header.scoring, ...found });
  return { kind: "score-sheet", parents: sheetParents(found.challenge, found.responses, found.judgements), ...body };
}

export function deriveVector(premises: Premises, roster: Roster, sheet: ScoreSheet): WeightVector {
  const { header, snapshot } = premises;
  const body = weigh({ snapshot, sheet, roster, config: header.scoring, ownHotkey: header.hotkey });
  return { kind: "weight-vector", parents: parentsOf(sheet), ...body };
}
