import { readBundle } from "../../src/adapters/journal/bundle-file.ts";
import { configuredPack } from "../../src/cli/packs.ts";
import { isDamage, parseLine } from "../../src/core/audit/bundle-lines.ts";
import { deriveJudgeCall, type Premises } from "../../src/core/audit/derive.ts";
import type { Challenge, Judgement, Response } from "../../src/core/model/answers.ts";
import type { CycleRecord } from "../../src/core/model/records.ts";
import { speakAsPlatform } from "../../src/localnet/chutes/judge-model.ts";
import { speak } from "../../src/localnet/chutes/miner-model.ts";
import { PLATFORM_MODELS } from "../../src/localnet/chutes/platform-models.ts";
import { cryptoReady } from "../../src/localnet/chutes/sr25519.ts";
import { localSeed, makePopulation, type Population } from "../../src/localnet/population.ts";

export interface Pace {
  readonly concurrency: number;
  readonly requestsPerMinute: number;
}

/** All in milliseconds. */
export interface Bound {
  readonly ms: number;
  /** The longest question: its answer, and the judge's after it. */
  readonly longest: number;
  /** Everything the models take, shared among the calls that may be in flight. */
  readonly slots: number;
  /** Every request of the stage, at the configured rate, less the burst of a second. */
  readonly rate: number;
  readonly queries: number;
}

/**
 * The least time in which asking and judging could be done, whoever did it: the greatest of
 *
 * - the longest chain of calls that need one another (an answer, then the judge's reading of it; a chute may be asked
 *   several things at once, so that a miner's questions are no chain),
 * - the time all models take together ÷ calls allowed in flight,
 * - the number of requests, tries that failed included, ÷ requests allowed a minute.
 *
 * Latencies are those that the simulated models were told to take, drawn anew from the seed, and not the ones we measured:
 * what server and client add is part of the wall and not of the bound. So is waiting before a retry: nothing is in
 * flight meanwhile, and another question can use the place.
 */
export async function criticalPath(bundle: string, seed: number, miners: number, pace: Pace): Promise<Bound> {
  await cryptoReady();
  const records = await recordsOf(bundle);
  const population = makePopulation(localSeed(seed), miners);
  const answers = records.filter((record): record is Response => record.kind === "response");
  const judgements = new Map(
    records.flatMap((record) =>
      record.kind === "judgement" ? [[`${record.uid}/${record.taskId}`, record] as const] : [],
    ),
  );
  const chains = answers.map((response) => {
    const judgement = judgements.get(`${response.uid}/${response.taskId}`);
    return {
      ms: answerMs(records, population, response) + judgeMs(records, population, response, judgement),
      requests: response.outcome.attempts.length + (judgement?.attempts.length ?? 0),
    };
  });
  const longest = Math.max(...chains.map((chain) => chain.ms));
  const slots = chains.reduce((total, chain) => total + chain.ms, 0) / pace.concurrency;
  const requests = chains.reduce((total, chain) => total + chain.requests, 0);
  const rate = Math.max(0, (requests / pace.requestsPerMinute) * 60_000 - 1_000);
  return { ms: Math.max(longest, slots, rate), longest, slots, rate, queries: answers.length };
}

async function recordsOf(bundle: string): Promise<readonly CycleRecord[]> {
  const lines = await readBundle(bundle);
  if (isDamage(lines)) throw new Error(`the bundle is damaged: ${lines.damage}`);
  return lines.map((line, index) => {
    const read = parseLine(line, index + 1);
    if (isDamage(read)) throw new Error(`line ${read.line} is damaged: ${read.damage}`);
    return read.record;
  });
}

function only<K extends CycleRecord["kind"]>(
  records: readonly CycleRecord[],
  kind: K,
): Extract<CycleRecord, { kind: K }> {
  const found = records.find((record): record is Extract<CycleRecord, { kind: K }> => record.kind === kind);
  if (found === undefined) throw new Error(`the bundle has no ${kind}`);
  return found;
}

/** What the last attempt took; the simulated platform refuses at once, so that failed attempts take nothing. */
function answerMs(records: readonly CycleRecord[], population: Population, { outcome, taskId, uid }: Response): number {
  const task = taskOf(only(records, "challenge"), taskId);
  const miner = population.miners.find((one) => one.uid === uid);
  if (!outcome.answered || miner === undefined) return 0;
  const voice = { label: `uid ${miner.voice}`, quality: miner.quality, kind: miner.kind };
  return speak(population.seed, voice, [{ role: "user", content: task.prompt }]).latencyMs;
}

function judgeMs(
  records: readonly CycleRecord[],
  population: Population,
  response: Response,
  judgement: Judgement | undefined,
): number {
  const { outcome } = response;
  const [judge] = PLATFORM_MODELS;
  if (!outcome.answered || judgement === undefined || judge === undefined) return 0;
  const header = only(records, "header");
  const { secret } = only(records, "seal");
  const premises: Premises = {
    header,
    snapshot: only(records, "snapshot"),
    pack: configuredPack(header.pack.id),
    secret,
  };
  const challenge = only(records, "challenge");
  const judged = { challenge, task: taskOf(challenge, response.taskId), response, answer: outcome };
  return judgement.attempts.reduce(
    (total, _attempt, index) =>
      total + speakAsPlatform(population.seed, judge, deriveJudgeCall(premises, judged, index).messages).latencyMs,
    0,
  );
}

function taskOf(challenge: Challenge, id: string): Challenge["tasks"][number] {
  const task = challenge.tasks.find((one) => one.id === id);
  if (task === undefined) throw new Error(`the challenge has no task ${id}`);
  return task;
}
