import { textDigest } from "../../core/determinism/digest.ts";
import type { Answered, Missed } from "../../core/model/answers.ts";
import type { ChutesConfig, LimitsConfig } from "../../core/model/config.ts";
import { isFault } from "../../core/model/fault.ts";
import type { Miners, Question } from "../../ports/miners.ts";
import { FREE } from "./budget.ts";
import type { Caller, CallPlan } from "./caller.ts";
import { chatBody, commonHeaders } from "./chat-body.ts";
import type { RequestSigner } from "./dialects.ts";
import { type AnswerFacts, chatReader } from "./reply-reader.ts";
import { type TargetUrl, targetUrl } from "./target-url.ts";

export interface MinersDeps {
  readonly config: ChutesConfig;
  readonly limits: LimitsConfig;
  readonly apiKey: string;
  readonly caller: Caller;
  readonly sign: RequestSigner;
}

/** Miner chutes at their declared cords (D12). They are private and their owners pay, so they cost the caller nothing. */
export function chutesMiners(deps: MinersDeps): Miners {
  return {
    answer: async (question, signal) => {
      signal.throwIfAborted();
      const url = targetUrl(question.target, deps.config);
      if (isFault(url)) return { answered: false, fault: url, attempts: [] };
      const { outcome, attempts } = await deps.caller.call(planOf(deps, question, url), signal);
      if (isFault(outcome)) return { answered: false, fault: outcome, attempts } satisfies Missed;
      const { answer, firstTokenMs } = outcome.value;
      const text = withoutKey(answer.text, deps.apiKey);
      return {
        answered: true,
        text,
        textDigest: textDigest(text),
        finishReason: withoutKey(answer.finishReason, deps.apiKey),
        latencyMs: outcome.latencyMs,
        firstTokenMs: firstTokenMs === null ? null : Math.round(firstTokenMs),
        usage: outcome.usage,
        invocationId: outcome.invocationId,
        attempts,
      } satisfies Answered;
    },
  };
}

/** A chute may send back what the request carried, and its answers are journalled, shown to the judge and published. */
function withoutKey(text: string, apiKey: string): string {
  return text.replaceAll(apiKey, "[hidden]");
}

function planOf(deps: MinersDeps, question: Question, url: TargetUrl): CallPlan<AnswerFacts> {
  const { apiKey, config, limits, sign } = deps;
  const { hotkey, maxTokens, seed, target, temperature } = question;
  const body = chatBody({
    model: target.model,
    messages: [{ role: "user", content: question.prompt }],
    maxTokens,
    temperature,
    seed,
    stream: target.stream,
  });
  const fixed = {
    ...commonHeaders(apiKey, target.stream ? "text/event-stream" : "application/json"),
    "content-type": "application/json",
    ...(url.host === null ? {} : { host: url.host }),
  };
  return {
    role: "miner",
    label: `${question.uid}/${question.taskId}`,
    host: `${target.slug}.${config.domain}`,
    price: FREE,
    worstMicroUsd: 0,
    build: () => ({
      origin: url.origin,
      path: url.path,
      method: "POST",
      headers: { ...fixed, ...sign(body, hotkey) },
      body,
      deadlineMs: limits.answerMs,
      idleMs: limits.idleMs,
    }),
    read: (head, elapsedMs) => chatReader(head, { stream: target.stream, maxTextBytes: limits.answerBytes }, elapsedMs),
  };
}
