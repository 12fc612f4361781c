import type { ChutesConfig, LimitsConfig } from "../../core/model/config.ts";
import { type Fault, isFault } from "../../core/model/fault.ts";
import type { ChuteEvidence } from "../../core/model/roster.ts";
import type { Catalogue } from "../../ports/catalogue.ts";
import type { Clock } from "../../ports/clock.ts";
import { FREE, type Price } from "./budget.ts";
import type { Caller, CallPlan } from "./caller.ts";
import { readChuteView, readModelPrice } from "./catalogue-shapes.ts";
import { commonHeaders } from "./chat-body.ts";
import { faultOf } from "./fault-of.ts";
import { documentReader } from "./reply-reader.ts";

export interface CatalogueDeps {
  readonly config: ChutesConfig;
  readonly limits: LimitsConfig;
  readonly apiKey: string;
  readonly caller: Caller;
  readonly clock: Clock;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** A chute's object carries its readme and the schemas of its cords. */
const MAX_DOCUMENT_BYTES = 4_194_304;
/** What is learnt of key and prices is believed for about an epoch. */
const KEPT_MS = 3_600_000;

/**
 * `GET /chutes/{id}`, asked with the key. A scoped key is refused on this path although it may call chutes (chutes.md §1.1): then
 * the question is put again without it, which shows public chutes; that a chute is not found *without* a key proves nothing
 * about the miner, so the refusal of the key stays the fault.
 */
export function chutesCatalogue(deps: CatalogueDeps): Catalogue {
  let refusal: { readonly fault: Fault; readonly until: number } | null = null;
  return {
    chute: async (chuteId, signal): Promise<ChuteEvidence> => {
      signal.throwIfAborted();
      if (!UUID.test(chuteId)) return { chuteId, found: false, fault: NO_SUCH_ID };
      if (refusal === null || refusal.until < deps.clock.monotonic()) {
        const answer = await askForChute(deps, { chuteId, apiKey: deps.apiKey }, signal);
        if (answer.found || !isKeyRefusal(answer.fault)) return answer;
        refusal = { fault: answer.fault, until: deps.clock.monotonic() + KEPT_MS };
      }
      const { fault } = refusal;
      const anonymous = await askForChute(deps, { chuteId, apiKey: null }, signal);
      return anonymous.found || anonymous.fault.blame !== "miner" ? anonymous : { chuteId, found: false, fault };
    },
  };
}

function isKeyRefusal(fault: Fault): boolean {
  return fault.code === "credentials-rejected" || fault.code === "forbidden";
}

async function askForChute(
  deps: CatalogueDeps,
  asked: { readonly chuteId: string; readonly apiKey: string | null },
  signal: AbortSignal,
): Promise<ChuteEvidence> {
  const { chuteId } = asked;
  const url = new URL(`/chutes/${chuteId.toLowerCase()}`, deps.config.api);
  const { outcome } = await deps.caller.call(planOf(deps, { url, apiKey: asked.apiKey, label: chuteId }), signal);
  if (isFault(outcome)) return { chuteId, found: false, fault: outcome };
  const view = readChuteView(outcome.value, chuteId);
  return view === null ? { chuteId, found: false, fault: unreadable("catalogue") } : { chuteId, found: true, view };
}

/** A reference model's price by `GET /v1/models`, kept for a while; failures are not kept. */
export class ModelPrices {
  readonly #deps: CatalogueDeps;
  readonly #known = new Map<string, { readonly price: Price; readonly until: number }>();
  readonly #asking = new Map<string, Promise<Price | Fault>>();

  constructor(deps: CatalogueDeps) {
    this.#deps = deps;
  }

  /** Faults carry blame judge or validator. A pinned chute that no longer serves the model is a model not found. */
  async of(model: string, chuteId: string | null, signal: AbortSignal): Promise<Price | Fault> {
    const key = `${model}\n${chuteId ?? ""}`;
    for (;;) {
      const known = this.#known.get(key);
      if (known !== undefined && known.until > this.#deps.clock.monotonic()) return known.price;
      const others = this.#asking.get(key);
      if (others === undefined) return this.#askOnce(key, () => this.#ask(model, chuteId, signal));
      try {
        return await others;
      } catch {
        // Whoever asked was aborted. If that is us too, stop; else ask ourselves.
        signal.throwIfAborted();
      }
    }
  }

  async #askOnce(key: string, ask: () => Promise<Price | Fault>): Promise<Price | Fault> {
    const asking = ask();
    this.#asking.set(key, asking);
    try {
      const price = await asking;
      if (!isFault(price)) this.#known.set(key, { price, until: this.#deps.clock.monotonic() + KEPT_MS });
      return price;
    } finally {
      this.#asking.delete(key);
    }
  }

  async #ask(model: string, chuteId: string | null, signal: AbortSignal): Promise<Price | Fault> {
    const { apiKey, caller, config } = this.#deps;
    const url = new URL("/v1/models", config.llm);
    const plan = planOf(this.#deps, { url, apiKey, label: "models" });
    const { outcome } = await caller.call({ ...plan, role: "judge" }, signal);
    if (isFault(outcome)) return outcome;
    const price = readModelPrice(outcome.value, model, chuteId);
    if (price === null) return unreadable("judge");
    return price === "absent" ? MODEL_ABSENT : price;
  }
}

function planOf(
  { limits }: CatalogueDeps,
  { apiKey, label, url }: { readonly url: URL; readonly apiKey: string | null; readonly label: string },
): CallPlan<unknown> {
  const { authorization, ...anonymous } = commonHeaders(apiKey ?? "", "application/json");
  return {
    role: "catalogue",
    label: `catalogue/${label}`,
    host: null,
    price: FREE,
    worstMicroUsd: 0,
    build: () => ({
      origin: url.origin,
      path: url.pathname,
      method: "GET",
      headers: apiKey === null ? anonymous : { authorization: authorization ?? "", ...anonymous },
      body: null,
      deadlineMs: limits.catalogueMs,
      idleMs: limits.catalogueMs,
    }),
    read: (head) => documentReader(head, MAX_DOCUMENT_BYTES),
  };
}

function unreadable(role: "catalogue" | "judge"): Fault {
  return faultOf({ code: "gateway-failed", blame: "platform", retryable: false }, role, {
    detail: "unreadable document",
  });
}

const NO_SUCH_ID: Fault = faultOf({ code: "chute-not-found", blame: "miner", retryable: false }, "catalogue", {
  detail: "not a UUID",
});

const MODEL_ABSENT: Fault = faultOf({ code: "model-not-found", blame: "validator", retryable: false }, "judge", {});
