import type { JudgedCase, Premises } from "../core/audit/derive.ts";
import type { Challenge, Judgement, Response } from "../core/model/answers.ts";
import type { Roster } from "../core/model/roster.ts";
import type { CycleLog } from "../ports/journal.ts";
import { ask, type EligibleMiner } from "./ask.ts";
import type { CyclePorts } from "./cycle-context.ts";
import { fanOut } from "./fan-out.ts";
import { judgeAnswer } from "./judge.ts";

export interface CollectOptions {
  readonly concurrency: number;
  readonly mayBuy: boolean;
  readonly signal: AbortSignal;
}

export interface Collected {
  readonly responses: readonly Response[];
  readonly judgements: readonly Judgement[];
}

/**
 * Every question of the challenge to every eligible miner, each answer judged as soon as it is on disk. Results do not
 * depend on the order in which they come: they are records with places of their own.
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
  const judgements: Judgement[] = [];
  let done = 0;
  const jobs = challenge.tasks.flatMap((task, index) =>
    turned(miners, index).map((miner) => async (signal: AbortSignal) => {
      const response = await ask(ports, log, { challenge, task, miner, temperature, mayBuy: options.mayBuy }, signal);
      if (response.outcome.answered) {
        const judged: JudgedCase = { challenge, task, response, answer: response.outcome };
        judgements.push(await judgeAnswer(ports, log, { ...judged, premises }, { mayBuy: options.mayBuy, signal }));
      }
      done += 1;
      ports.telemetry.progress("ask and judge", done, total);
      return response;
    }),
  );
  const responses = await fanOut(jobs, options.concurrency, options.signal);
  await log.keep("spend", ports.spend.spent());
  return { responses, judgements };
}

/** Another miner begins each task, so that being late hits nobody twice. */
function turned<T>(items: readonly T[], by: number): readonly T[] {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
