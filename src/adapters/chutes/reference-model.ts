import type { LimitsConfig } from "../../core/model/config.ts";
import { type Fault, isFault } from "../../core/model/fault.ts";
import type { ChatMessage, Completion, ReferenceModel } from "../../ports/reference-model.ts";
import { type Price, worstCase } from "./budget.ts";
import type { Caller, CallPlan } from "./caller.ts";
import { chatBody, commonHeaders } from "./chat-body.ts";
import { faultOf } from "./fault-of.ts";
import { type AnswerFacts, chatReader } from "./reply-reader.ts";

export interface ReferenceModelDeps {
  /** Base URL of the OpenAI dialect, without /v1. */
  readonly llm: string;
  readonly limits: LimitsConfig;
  readonly apiKey: string;
  readonly caller: Caller;
  readonly priceOf: (model: string, chuteId: string | null, signal: AbortSignal) => Promise<Price | Fault>;
}

/**
 * One pinned model at temperature 0 (D10, D11). Its price is read first: a call that cannot be priced cannot be bounded. Not
 * streamed: verdicts are short.
 */
export function chutesReferenceModel(deps: ReferenceModelDeps, model: string, chuteId: string | null): ReferenceModel {
  let calls = 0;
  return {
    model,
    chuteId,
    complete: async (request, signal): Promise<Completion | Fault> => {
      signal.throwIfAborted();
      const price = await deps.priceOf(model, chuteId, signal);
      if (isFault(price)) return price;
      // A number of its own for each call: else all of them would back off in step.
      calls += 1;
      const plan = planOf(deps, { ...request, model, price, label: `judge/${calls}` });
      const { outcome, attempts } = await deps.caller.call(plan, signal);
      if (isFault(outcome)) return outcome;
      const { answer } = outcome.value;
      if (answer.model !== model) {
        return faultOf({ code: "judge-failed", blame: "judge", retryable: false }, "judge", {
          ...(outcome.invocationId === null ? {} : { invocationId: outcome.invocationId }),
          detail: "another model answered",
        });
      }
      return { text: answer.text, usage: outcome.usage, invocationId: outcome.invocationId, attempts };
    },
  };
}

interface PricedRequest {
  readonly messages: readonly ChatMessage[];
  readonly maxTokens: number;
  readonly model: string;
  readonly price: Price;
  readonly label: string;
}

function planOf(deps: ReferenceModelDeps, request: PricedRequest): CallPlan<AnswerFacts> {
  const { apiKey, limits } = deps;
  const { label, maxTokens, messages, model, price } = request;
  const body = chatBody({ model, messages, maxTokens, temperature: 0, seed: 0, stream: false });
  const url = new URL("/v1/chat/completions", deps.llm);
  return {
    role: "judge",
    label,
    host: null,
    price,
    worstMicroUsd: worstCase(body.length, maxTokens, price),
    build: () => ({
      origin: url.origin,
      path: url.pathname,
      method: "POST",
      headers: { ...commonHeaders(apiKey, "application/json"), "content-type": "application/json" },
      body,
      deadlineMs: limits.judgeMs,
      idleMs: limits.idleMs,
    }),
    read: (head, elapsedMs) => chatReader(head, { stream: false, maxTextBytes: limits.answerBytes }, elapsedMs),
  };
}
