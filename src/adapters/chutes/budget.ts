import type { TokenUsage } from "../../core/model/answers.ts";
import type { LimitsConfig } from "../../core/model/config.ts";
import type { Fault } from "../../core/model/fault.ts";
import { NOTHING_SPENT, type Spend, type SpendMeter } from "../../ports/spend.ts";

/** Pico-dollars a token: integers, so that sums are exact. A published dollar per million tokens is a million of them. */
export interface Price {
  readonly prompt: number;
  readonly completion: number;
}

/** A private chute costs its owner, never the caller (chutes.md §3.2). */
export const FREE: Price = { prompt: 0, completion: 0 };

const PICO_PER_MICRO = 1_000_000;
/** Tokens of ordinary text are three bytes or more; those of rare scripts are settled from the real usage afterwards. */
const BYTES_PER_TOKEN = 3;

/** Whole micro-dollars, rounded up. */
export function costOf(usage: TokenUsage, price: Price): number {
  return Math.ceil((usage.promptTokens * price.prompt + usage.completionTokens * price.completion) / PICO_PER_MICRO);
}

/** The most a call can reasonably cost, known before it is sent. */
export function worstCase(bodyBytes: number, maxTokens: number, price: Price): number {
  return costOf({ promptTokens: Math.ceil(bodyBytes / BYTES_PER_TOKEN), completionTokens: maxTokens }, price);
}

/** One request's share of the budget; what is never settled was spent in full. */
export interface Reservation extends Disposable {
  settle(microUsd: number, usage: TokenUsage | null): void;
}

/** Hard caps of one cycle, checked before anything is sent. Requests count when sent, whatever comes back. */
export class Budget implements SpendMeter {
  readonly #caps: Pick<LimitsConfig, "requests" | "microUsd">;
  #spent: Spend = NOTHING_SPENT;
  #reserved = 0;

  constructor(caps: Pick<LimitsConfig, "requests" | "microUsd">) {
    this.#caps = caps;
  }

  begin(already: Spend): void {
    this.#spent = already;
  }

  /** Settled calls only; what is still under way joins when it ends. */
  spent(): Spend {
    return this.#spent;
  }

  /** Why a call of this worst case may not be sent now; null when it may. */
  refusal(worstMicroUsd: number): Fault | null {
    if (this.#spent.requests >= this.#caps.requests) return exhausted("requests");
    const committed = this.#spent.microUsd + this.#reserved;
    return worstMicroUsd > 0 && committed + worstMicroUsd > this.#caps.microUsd ? exhausted("microUsd") : null;
  }

  reserve(worstMicroUsd: number): Reservation | Fault {
    const refusal = this.refusal(worstMicroUsd);
    if (refusal !== null) return refusal;
    this.#add({ requests: 1, tokens: 0, microUsd: 0 });
    this.#reserved += worstMicroUsd;
    let open = true;
    const settle = (microUsd: number, usage: TokenUsage | null): void => {
      if (!open) return;
      open = false;
      this.#reserved -= worstMicroUsd;
      const tokens = usage === null ? 0 : usage.promptTokens + usage.completionTokens;
      this.#add({ requests: 0, tokens, microUsd });
    };
    return { settle, [Symbol.dispose]: () => settle(worstMicroUsd, null) };
  }

  #add({ microUsd, requests, tokens }: Spend): void {
    const { microUsd: dollars, requests: sent, tokens: used } = this.#spent;
    this.#spent = { requests: sent + requests, tokens: used + tokens, microUsd: dollars + microUsd };
  }
}

function exhausted(cap: "requests" | "microUsd"): Fault {
  return {
    code: "budget-exhausted",
    blame: "validator",
    retryable: false,
    message: `The cycle's own limit limits.${cap} would be passed, so the request was not sent.`,
    remedy: `Operator: raise limits.${cap}, or lower the number of tasks; no miner loses by this.`,
    evidence: { detail: cap },
  };
}
