import { type RandomStream, randomStream } from "../../core/determinism/random.ts";
import type { Attempt, TokenUsage } from "../../core/model/answers.ts";
import { type Fault, isFault } from "../../core/model/fault.ts";
import type { Digest } from "../../core/model/ids.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { type Budget, costOf, type Price, type Reservation } from "./budget.ts";
import type { EdgeGuard } from "./edge-guard.ts";
import type { HttpCall, HttpOutcome, ResponseHead } from "./exchange.ts";
import { faultOf, faultOfProblem, faultOfRefusal, faultOfSilence } from "./fault-of.ts";
import { EDGE_REFUSED, type Role } from "./fault-table.ts";
import type { Governor } from "./governor.ts";
import type { HttpClient } from "./http.ts";
import { invocationId, RefusalReader } from "./refusal.ts";
import type { ReplyReader } from "./reply-reader.ts";
import { backoffMs } from "./retry.ts";

/** One call as its port means it; how often it is sent is the caller's business. */
export interface CallPlan<T> {
  readonly role: Role;
  /** Names the call in the jitter's stream and in telemetry; data of ours only. */
  readonly label: string;
  /** The chute's host, null for hosts of the platform. */
  readonly host: string | null;
  readonly price: Price;
  readonly worstMicroUsd: number;
  /** Builds and signs one attempt; called anew for each (D14). */
  build(): HttpCall;
  read(head: ResponseHead, elapsedMs: () => number): ReplyReader<T>;
}

export interface Delivered<T> {
  readonly value: T;
  readonly usage: TokenUsage | null;
  readonly invocationId: string | null;
  readonly latencyMs: number;
}

export interface CallResult<T> {
  readonly outcome: Delivered<T> | Fault;
  /** What was sent, in order; empty when the call was refused before sending. */
  readonly attempts: readonly Attempt[];
}

export interface CallerDeps {
  readonly http: HttpClient;
  readonly governor: Governor;
  readonly budget: Budget;
  readonly guard: EdgeGuard;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly maxAttempts: number;
  readonly jitterSeed: Digest;
}

interface Tried<T> {
  readonly outcome: Delivered<T> | Fault;
  readonly attempt: Attempt | null;
  readonly retryAfterMs: number;
}

/** An edge that names a time is believed up to here. */
const MAX_RETRY_AFTER_MS = 60_000;

/** Sends a call until it delivers, its fault is final, or the attempts are used up. Rejects only with the signal's reason. */
export class Caller {
  readonly #deps: CallerDeps;

  constructor(deps: CallerDeps) {
    this.#deps = deps;
  }

  async call<T>(plan: CallPlan<T>, signal: AbortSignal): Promise<CallResult<T>> {
    const { clock, maxAttempts, jitterSeed } = this.#deps;
    const attempts: Attempt[] = [];
    let random: RandomStream | null = null;
    for (;;) {
      const { attempt, outcome, retryAfterMs } = await this.#try(plan, signal);
      if (attempt !== null) attempts.push(attempt);
      if (!isFault(outcome)) return { outcome, attempts };
      if (!outcome.retryable || attempts.length >= maxAttempts) {
        return { outcome: { ...outcome, evidence: { ...outcome.evidence, attempts: attempts.length } }, attempts };
      }
      random ??= randomStream(jitterSeed, plan.label);
      await clock.sleep(Math.max(backoffMs(outcome.code, attempts.length, random), retryAfterMs), signal);
    }
  }

  async #try<T>(plan: CallPlan<T>, signal: AbortSignal): Promise<Tried<T>> {
    const { budget, governor, guard } = this.#deps;
    const refusal = guard.isShut() ? faultOf(EDGE_REFUSED, plan.role, {}) : budget.refusal(plan.worstMicroUsd);
    if (refusal !== null) return { outcome: refusal, attempt: null, retryAfterMs: 0 };
    using _permit = await governor.enter(signal);
    // Asked again: others have spent while this call waited for its turn.
    const reservation = budget.reserve(plan.worstMicroUsd);
    if (isFault(reservation)) return { outcome: reservation, attempt: null, retryAfterMs: 0 };
    using held = reservation;
    return await this.#send(plan, held, signal);
  }

  async #send<T>(plan: CallPlan<T>, reservation: Reservation, signal: AbortSignal): Promise<Tried<T>> {
    const read: Read<T> = { refusal: new RefusalReader(), reply: null };
    const http = await this.#deps.http.exchange(
      plan.build(),
      (head, elapsedMs) => {
        if (head.status !== 200) return read.refusal;
        read.reply = plan.read(head, elapsedMs);
        return read.reply;
      },
      signal,
    );
    const { outcome, usage } = understand(plan, http, read);
    settle(plan, http, { usage, reservation });
    this.#watchEdge(plan, outcome);
    const elapsedMs = wholeMs(http.elapsedMs);
    const status = http.head?.status ?? null;
    if (!isFault(outcome)) return { outcome, attempt: { status, fault: null, elapsedMs }, retryAfterMs: 0 };
    const { code } = outcome;
    this.#deps.telemetry.event("debug", "chutes.attempt-failed", { role: plan.role, call: plan.label, code, status });
    return { outcome, attempt: { status, fault: code, elapsedMs }, retryAfterMs: retryAfter(http.head) };
  }

  #watchEdge(plan: CallPlan<unknown>, outcome: object): void {
    const { guard, telemetry } = this.#deps;
    if (!isFault(outcome) || (outcome.code !== "edge-refused" && outcome.evidence?.status !== undefined))
      guard.answered();
    else if (outcome.code === "edge-refused" && guard.refusedBy(plan.host)) {
      telemetry.event("error", "chutes.edge-guard-shut", { remedy: outcome.remedy });
    }
  }
}

interface Read<T> {
  readonly refusal: RefusalReader;
  reply: ReplyReader<T> | null;
}

interface Understood<T> {
  readonly outcome: Delivered<T> | Fault;
  readonly usage: TokenUsage | null;
}

function understand<T>({ role }: CallPlan<T>, http: HttpOutcome, { refusal, reply }: Read<T>): Understood<T> {
  const { head } = http;
  const id = invocationId(head);
  const latencyMs = wholeMs(http.elapsedMs);
  const evidence = {
    ...(head === null ? {} : { status: head.status }),
    ...(id === null ? {} : { invocationId: id }),
    elapsedMs: latencyMs,
  };
  // A refusal speaks by its status, also when its body came only in part.
  if (head !== null && head.status !== 200) {
    return { outcome: faultOfRefusal(refusal.read(head), role, evidence), usage: null };
  }
  if (reply === null || http.end === "deadline" || http.end === "idle" || http.end === "broken") {
    const silence = { end: http.end, broken: http.broken, begun: head !== null };
    return { outcome: faultOfSilence(silence, role, evidence), usage: null };
  }
  const reading = reply.result();
  const { usage } = reading;
  if (reading.ok) return { outcome: { value: reading.value, usage, invocationId: id, latencyMs }, usage };
  return { outcome: faultOfProblem(reading.problem, role, { ...evidence, invoked: id !== null }), usage };
}

/** What it cost: real usage where there is one, nothing where it was refused or never sent, else the worst. */
function settle(
  { price, worstMicroUsd }: CallPlan<unknown>,
  http: HttpOutcome,
  { usage, reservation }: { readonly usage: TokenUsage | null; readonly reservation: Reservation },
): void {
  const refused = !http.sent || (http.head !== null && http.head.status !== 200);
  if (refused) reservation.settle(0, null);
  else if (usage === null) reservation.settle(worstMicroUsd, null);
  else reservation.settle(costOf(usage, price), usage);
}

function retryAfter(head: ResponseHead | null): number {
  const value = head?.headers["retry-after"];
  if (typeof value !== "string" || !/^\d{1,6}$/.test(value)) return 0;
  return Math.min(Number(value) * 1_000, MAX_RETRY_AFTER_MS);
}

/** Records hold whole milliseconds. */
function wholeMs(ms: number): number {
  return Math.round(ms);
}
