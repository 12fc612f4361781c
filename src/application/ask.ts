import { questionSeed } from "../core/challenge/draw-challenge.ts";
import type { Answered, Challenge, Missed, Response } from "../core/model/answers.ts";
import type { Fault } from "../core/model/fault.ts";
import type { Digest } from "../core/model/ids.ts";
import type { Task } from "../core/model/pack.ts";
import type { RosterEntry } from "../core/model/roster.ts";
import type { CycleLog } from "../ports/journal.ts";
import type { CyclePorts } from "./cycle-context.ts";

export type EligibleMiner = Extract<RosterEntry, { eligible: true }>;

export interface AskCase {
  readonly challenge: Challenge;
  /** Those of every response: the challenge's digest, made once. */
  readonly parents: readonly Digest[];
  readonly task: Task;
  readonly miner: EligibleMiner;
  readonly temperature: number;
  /** True when the time for questions is over: nothing more is bought. */
  readonly isOver: (signal: AbortSignal) => Promise<boolean>;
}

/**
 * One question to one miner, at most once in the life of the cycle: announced on disk before it is sent, its answer on disk
 * before anyone uses it (DESIGN promise 6). What an earlier process asked and never heard of is not asked again: it may have
 * been paid.
 */
export async function ask(ports: CyclePorts, log: CycleLog, asked: AskCase, signal: AbortSignal): Promise<Response> {
  const { miner, parents, task } = asked;
  const known = log.find("response", `${miner.uid}/${task.id}`);
  if (known !== undefined) return known;
  const response: Response = {
    kind: "response",
    parents,
    uid: miner.uid,
    taskId: task.id,
    outcome: await outcomeOf(ports, log, asked, signal),
  };
  await Promise.all([log.append(response), log.keep("spend", ports.spend.spent())]);
  return response;
}

async function outcomeOf(
  ports: CyclePorts,
  log: CycleLog,
  { challenge, miner, task, temperature, isOver }: AskCase,
  signal: AbortSignal,
): Promise<Answered | Missed> {
  const purchase = `ask/${miner.uid}/${task.id}`;
  if (await isOver(signal)) return missed(EPOCH_OVER);
  if ((await log.announce(purchase)) === "asked-before") return missed(FATE_UNKNOWN);
  return ports.miners.answer(
    {
      uid: miner.uid,
      hotkey: miner.hotkey,
      target: miner.target,
      taskId: task.id,
      prompt: task.prompt,
      maxTokens: task.maxTokens,
      temperature,
      seed: questionSeed(challenge.publicSeed, task.id),
    },
    signal,
  );
}

function missed(fault: Fault): Missed {
  return { answered: false, fault, attempts: [] };
}

const EPOCH_OVER: Fault = {
  code: "epoch-over",
  blame: "validator",
  retryable: false,
  message: "The time for questions of this cycle was over before this one was sent.",
  remedy: "Nothing for the miner to do. If it happens often, raise requestsPerMinute or lower the number of tasks.",
};

const FATE_UNKNOWN: Fault = {
  code: "fate-unknown",
  blame: "validator",
  retryable: false,
  message: "An earlier process sent this question and ended before the answer was on disk; it is not bought twice.",
  remedy: "Nothing for the miner to do: the question is left out of the estimate.",
};
