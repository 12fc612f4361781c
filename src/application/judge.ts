import {
  deriveJudgeCall,
  deriveJudgement,
  deriveVerdict,
  type JudgedCase,
  type Premises,
} from "../core/audit/derive.ts";
import { type JudgeCall, readVerdict } from "../core/judging/judge-answer.ts";
import type { JudgeAttempt, Judgement } from "../core/model/answers.ts";
import { type Fault, isFault } from "../core/model/fault.ts";
import type { ScoringConfig } from "../core/model/pack.ts";
import type { CycleLog } from "../ports/journal.ts";
import type { CyclePorts } from "./cycle-context.ts";

export interface JudgeOptions {
  readonly mayBuy: boolean;
  readonly signal: AbortSignal;
}

/** One answer judged: exactly for verifiable tasks, by the reference model for open ones. */
export async function judgeAnswer(
  ports: CyclePorts,
  log: CycleLog,
  judged: JudgedCase & { readonly premises: Premises },
  options: JudgeOptions,
): Promise<Judgement> {
  const { premises, response, task } = judged;
  const known = log.find("judgement", `${response.uid}/${task.id}`);
  if (known !== undefined) return known;
  const judgement =
    task.channel === "verifiable"
      ? deriveVerdict(premises, judged)
      : deriveJudgement(premises, judged, await askJudge(ports, log, judged, options));
  await log.append(judgement);
  return judgement;
}

/** Asks until a verdict can be read or the attempts are used up; each attempt has its own letters and fence. */
async function askJudge(
  ports: CyclePorts,
  log: CycleLog,
  judged: JudgedCase & { readonly premises: Premises },
  options: JudgeOptions,
): Promise<readonly JudgeAttempt[]> {
  const { judge } = judged.premises.header.scoring;
  const rules = judged.premises.header.pack.judge;
  const attempts: JudgeAttempt[] = [];
  for (let index = 0; index < judge.attempts; index += 1) {
    const call = deriveJudgeCall(judged.premises, judged, index);
    const purchase = `judge/${judged.response.uid}/${judged.task.id}/${index}`;
    const kept = log.kept(purchase) as JudgeAttempt | undefined;
    const attempt =
      kept ?? (await buyVerdict(ports, log, { call, purchase, judge, maxTokens: rules.maxTokens }, options));
    attempts.push(attempt);
    if (readVerdict(attempt.raw, call, rules) !== null) break;
    if (attempt.fault !== null && !attempt.fault.retryable) break;
  }
  return attempts;
}

async function buyVerdict(
  ports: CyclePorts,
  log: CycleLog,
  bought: {
    readonly call: JudgeCall;
    readonly purchase: string;
    readonly maxTokens: number;
    /** Whom the cycle's header names. */
    readonly judge: ScoringConfig["judge"];
  },
  { mayBuy, signal }: JudgeOptions,
): Promise<JudgeAttempt> {
  const { call, purchase } = bought;
  if (!mayBuy) return noReply(call, NOT_ASKED);
  if (ports.judge.model !== bought.judge.model || ports.judge.chuteId !== bought.judge.chuteId) {
    return noReply(call, JUDGE_CHANGED);
  }
  if ((await log.announce(purchase)) === "asked-before") return noReply(call, FATE_UNKNOWN);
  const completion = await ports.judge.complete({ messages: call.messages, maxTokens: bought.maxTokens }, signal);
  const attempt: JudgeAttempt = isFault(completion)
    ? noReply(call, completion)
    : {
        promptDigest: call.promptDigest,
        raw: completion.text,
        fault: null,
        usage: completion.usage,
        invocationId: completion.invocationId,
      };
  await Promise.all([log.keep(purchase, attempt), log.keep("spend", ports.spend.spent())]);
  return attempt;
}

function noReply(call: JudgeCall, fault: Fault): JudgeAttempt {
  return { promptDigest: call.promptDigest, raw: null, fault, usage: null, invocationId: null };
}

const NOT_ASKED: Fault = {
  code: "epoch-over",
  blame: "validator",
  retryable: false,
  message: "The cycle's epoch was over before this answer could be judged.",
  remedy: "Nothing for the miner to do: the answer is left out of the estimate.",
};

const JUDGE_CHANGED: Fault = {
  code: "model-unavailable",
  blame: "validator",
  retryable: false,
  message: "The cycle was begun with another judge than the one configured now, and no other may judge in its name.",
  remedy: "Nothing for the miner to do. Operator: the new judge counts from the next cycle on.",
};

const FATE_UNKNOWN: Fault = {
  code: "fate-unknown",
  blame: "validator",
  retryable: true,
  message:
    "An earlier process asked the judge and ended before the verdict was on disk; this call is not bought twice.",
  remedy: "Nothing for the miner to do: the next attempt has a prompt of its own.",
};
