import type { JudgedCase, Premises } from "../core/audit/derive.ts";
import { parentsOf } from "../core/audit/parents.ts";
import type { Challenge, Judgement, Response } from "../core/model/answers.ts";
import type { Roster } from "../core/model/roster.ts";
import type { CycleLog } from "../ports/journal.ts";
import { ask, type EligibleMiner } from "./ask.ts";
import type { CyclePorts } from "./cycle-context.ts";
import { fanOut } from "./fan-out.ts";
import { judgeAnswer } from "./judge.ts";
import { pastBlock } from "./past-block.ts";

export interface CollectOptions {
  readonly concurrency: number;
  /** False when the cycle is only being finished: its epoch is over, nothing more is bought. */
  readonly mayBuy: boolean;
  readonly signal: AbortSignal;
}

export interface Collected {
  readonly responses: readonly Response[];
  readonly judgements: readonly Judgement[];
}

/**
 * Every question of the challenge to every eligible miner, each answer judged as soon as it is on disk: one place of the
 * concurrency is held for both, so that no heap of unjudged answers grows. Results do not depend on the order in which they
 * come: they are records with places of their own.
 */
export async function collect(
  ports: CyclePorts,
  log: CycleLog,
  found: { readonly premises: Premises; readonly roster: Roster; readonly challenge: Challenge },
  options: CollectOptions,
): Promise<Collected> {
  const { premises, roster, challenge } = found;
  const miners = roster.entries.filter((entry): entry is EligibleMiner => entry.eligible);
  const total = miners.length * challenge.tasks.length;
  const temperature = premises.header.pack.sampling.temperature;
  const parents = parentsOf(challenge);
  const isOver = options.mayBuy ? pastBlock(ports, challenge.deadlineBlock) : async (): Promise<boolean> => true;
  const judgements: Judgement[] = [];
  let done = 0;
  const lanes = miners.map((miner) =>
    challenge.tasks.map((task) => async (signal: AbortSignal) => {
      const response = await ask(ports, log, { challenge, parents, task, miner, temperature, isOver }, signal);
      if (response.outcome.answered) {
        const judged: JudgedCase = { challenge, task, response, answer: response.outcome };
        judgements.push(await judgeAnswer(ports, log, { ...judged, premises }, { mayBuy: options.mayBuy, signal }));
      }
      done += 1;
      ports.telemetry.progress("ask and judge", done, total);
      return response;
    }),
  );
  return { responses: await fanOut(lanes, options.concurrency * JOBS_A_PLACE, options.signal), judgements };
}

/**
 * Questions begun for each call that may be in flight (the Chutes adapter's governor bounds those). One that is written to disk
 * or waits before it is tried again holds no call, and another is there to use it. Not more: each is one more whose fate is
 * unknown when the process is killed.
 */
const JOBS_A_PLACE = 2;
