import { parentsOf } from "../core/audit/parents.ts";
import { questionSeed } from "../core/challenge/draw-challenge.ts";
import type { Answered, Challenge, Missed, Response } from "../core/model/answers.ts";
import { type Fault, isFault } from "../core/model/fault.ts";
import type { Task } from "../core/model/pack.ts";
import type { RosterEntry } from "../core/model/roster.ts";
import type { ChainReader } from "../ports/chain.ts";
import type { CycleLog } from "../ports/journal.ts";
import type { CyclePorts } from "./cycle-context.ts";

export type EligibleMiner = Extract<RosterEntry, { eligible: true }>;

export interface AskCase {
  readonly challenge: Challenge;
  readonly task: Task;
  readonly miner: EligibleMiner;
  readonly temperature: number;
  /** False when the cycle is only being finished: its epoch is over, nothing more is bought. */
  readonly mayBuy: boolean;
}

/**
 * One question to one miner, at most once in the life of the cycle: announced on disk before it is sent, its answer on disk
 * before anyone uses it (DESIGN promise 6). What an earlier process asked and never heard of is not asked again: it may have
 * been paid.
 */
export async function ask(ports: CyclePorts, log: CycleLog, asked: AskCase, signal: AbortSignal): Promise<Response> {
  const { challenge, miner, task } = asked;
  const known = log.find("response", `${miner.uid}/${task.id}`);
  if (known !== undefined) return known;
  const response: Response = {
    kind: "response",
    parents: parentsOf(challenge),
    uid: miner.uid,
    taskId: task.id,
    outcome: await outcomeOf(ports, log, asked, signal),
  };
  await log.append(response);
  return response;
}

async function outcomeOf(
  ports: CyclePorts,
  log: CycleLog,
  { challenge, miner, task, temperature, mayBuy }: AskCase,
  signal: AbortSignal,
): Promise<Answered | Missed> {
  const purchase = `ask/${miner.uid}/${task.id}`;
  if (!mayBuy || (await isPast(ports.chain, challenge.deadlineBlock, signal))) return missed(EPOCH_OVER);
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

/** The chain's own clock decides; when it cannot be asked, the question is let through: the limits of a call bound it. */
export async function isPast(chain: ChainReader, block: number, signal: AbortSignal): Promise<boolean> {
  const heads = await chain.finalized(signal);
  return !isFault(heads) && heads.finalized >= block;
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
