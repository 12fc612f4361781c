import type { Dispatcher } from "undici";
import type { Clock } from "../../ports/clock.ts";
import { type BrokenReason, brokenReason } from "./broken-reason.ts";

export interface HttpCall {
  readonly origin: string;
  readonly path: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
  /** From dispatch to the last byte. */
  readonly deadlineMs: number;
  /** Silence between bytes, once the response has begun. */
  readonly idleMs: number;
}

export interface ResponseHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/**
 * Takes the body as it comes. `complete`: all that is needed has been read, the rest is only waited for so that the connection
 * can be used again; `stop`: nothing more is wanted, the connection is closed.
 */
export interface BodyReader {
  push(chunk: Uint8Array): "more" | "complete" | "stop";
}

/** `elapsedMs`: since dispatch. */
export type OpenReader = (head: ResponseHead, elapsedMs: () => number) => BodyReader;

export interface HttpOutcome {
  readonly end: "finished" | "complete" | "stopped" | "deadline" | "idle" | "broken";
  readonly broken: BrokenReason | null;
  readonly head: ResponseHead | null;
  /** False only when certainly nothing was sent. */
  readonly sent: boolean;
  /** To the last byte that was needed. */
  readonly elapsedMs: number;
}

/** How long a server may take to end a response that is already complete. */
const GRACE_MS = 1_000;

/** Made once: an abort without a reason makes a DOMException with a stack, the dearest thing of a short call. */
const OVER = new Error("the wait is over");
const GIVEN_UP = new Error("given up");

type Settled = { readonly end: HttpOutcome["end"]; readonly broken?: BrokenReason } | { readonly aborted: true };

/** One request under way: undici's callbacks on one side, one watcher of all deadlines on the other. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #call: HttpCall;
  readonly #open: OpenReader;
  readonly #clock: Clock;
  readonly #begun: number;
  /** Wakes the watcher: a deadline has come nearer, or all is over. */
  #alarm: AbortController | null = null;
  readonly #done = Promise.withResolvers<void>();
  #settled: Settled | null = null;
  #controller: Dispatcher.DispatchController | null = null;
  #head: ResponseHead | null = null;
  #reader: BodyReader | null = null;
  #lastByte = 0;
  #completeAt: number | null = null;

  constructor(call: HttpCall, open: OpenReader, clock: Clock) {
    this.#call = call;
    this.#open = open;
    this.#clock = clock;
    this.#begun = clock.monotonic();
  }

  async run(dispatcher: Dispatcher, signal: AbortSignal): Promise<HttpOutcome> {
    const abort = (): void => this.#settle({ aborted: true });
    signal.addEventListener("abort", abort, { once: true });
    const { origin, path, method, headers, body } = this.#call;
    dispatcher.dispatch({ origin, path, method, headers, body }, this);
    await Promise.all([this.#done.promise, this.#watch()]);
    signal.removeEventListener("abort", abort);
    const settled = this.#settled;
    if (settled === null || "aborted" in settled) throw signal.reason;
    return {
      end: this.#completeAt === null ? settled.end : "complete",
      broken: settled.broken ?? null,
      head: this.#head,
      sent: this.#controller !== null,
      elapsedMs: (this.#completeAt ?? this.#clock.monotonic()) - this.#begun,
    };
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Given up while it waited for a connection: this is the first chance to tell undici.
    if (this.#settled !== null) controller.abort(GIVEN_UP);
    else this.#controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: ResponseHead["headers"]): void {
    if (this.#settled !== null || status < 200) return;
    this.#lastByte = this.#clock.monotonic();
    this.#head = { status, headers };
    this.#reader = this.#open(this.#head, () => this.#clock.monotonic() - this.#begun);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled !== null) return;
    this.#lastByte = this.#clock.monotonic();
    if (this.#completeAt !== null) return;
    const wish = this.#reader?.push(chunk);
    if (wish === "complete") {
      this.#completeAt = this.#lastByte;
      // The end mostly comes in the same packet and makes the alarm needless.
      queueMicrotask(() => this.#alarm?.abort(OVER));
    }
    if (wish === "stop") this.#settle({ end: "stopped" });
  }

  onResponseEnd(): void {
    this.#settle({ end: "finished" });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#settle({ end: "broken", broken: brokenReason(error) });
  }

  #settle(settled: Settled): void {
    if (this.#settled !== null) return;
    this.#settled = settled;
    this.#alarm?.abort(OVER);
    if (!("end" in settled && settled.end === "finished")) this.#controller?.abort(GIVEN_UP);
    this.#done.resolve();
  }

  /**
   * One sleeper for every deadline: bytes only move a number, and it looks again when the nearest could have passed. It never
   * sleeps longer than a silence may last, so that a response that begins meanwhile cannot be silent too long unseen.
   */
  async #watch(): Promise<void> {
    while (this.#settled === null) {
      const { end, leftMs } = this.#nearest(this.#clock.monotonic());
      if (leftMs <= 0) this.#settle({ end });
      else {
        this.#alarm = new AbortController();
        // It rejects when the alarm rings, and the loop looks why.
        await this.#clock.sleep(Math.min(leftMs, this.#call.idleMs), this.#alarm.signal).catch(() => undefined);
      }
    }
  }

  #nearest(now: number): { readonly end: "deadline" | "idle"; readonly leftMs: number } {
    const total = this.#begun + this.#call.deadlineMs - now;
    if (this.#head === null) return { end: "deadline", leftMs: total };
    const silence = this.#completeAt === null ? this.#lastByte + this.#call.idleMs : this.#completeAt + GRACE_MS;
    const idle = silence - now;
    return idle < total ? { end: "idle", leftMs: idle } : { end: "deadline", leftMs: total };
  }
}
