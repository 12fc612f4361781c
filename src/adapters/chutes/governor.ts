import type { ChutesConfig } from "../../core/model/config.ts";
import type { Clock } from "../../ports/clock.ts";

/** Leaving it (dispose) lets the next one in. */
export type Permit = Disposable;

/**
 * Bounds what leaves this process towards Chutes: calls in flight (first come, first served) and calls a minute. The bucket
 * holds one second's worth, so that any minute sees at most one second's worth more than configured: a bucket of a whole
 * minute would allow twice the platform's limit in its first minute, and the edge answers that with a ban
 * (chutes-newest.md §0.13).
 */
export class Governor {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #burstMs: number;
  /** Insertion order is the queue's order, and an aborted waiter leaves at once. */
  readonly #waiting = new Set<() => void>();
  #free: number;
  #next: number;

  constructor(limits: Pick<ChutesConfig, "requestsPerMinute" | "concurrency">, clock: Clock) {
    this.#clock = clock;
    this.#free = limits.concurrency;
    this.#intervalMs = 60_000 / limits.requestsPerMinute;
    this.#burstMs = (Math.max(1, Math.ceil(limits.requestsPerMinute / 60)) - 1) * this.#intervalMs;
    this.#next = clock.monotonic() - this.#burstMs;
  }

  /** Resolves when the call may be sent; rejects only with the signal's reason. */
  async enter(signal: AbortSignal): Promise<Permit> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
    const permit = this.#permit();
    try {
      await this.#pace(signal);
    } catch (aborted) {
      permit[Symbol.dispose]();
      throw aborted;
    }
    return permit;
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const admit = (): void => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.delete(admit);
        reject(signal.reason as Error);
      };
      this.#waiting.add(admit);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  #permit(): Permit {
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        const [next] = this.#waiting;
        if (next === undefined) {
          this.#free += 1;
          return;
        }
        this.#waiting.delete(next);
        next();
      },
    };
  }

  /** A token bucket as one number: the time at which the next token is due; taking it books the one after. */
  async #pace(signal: AbortSignal): Promise<void> {
    const now = this.#clock.monotonic();
    const due = Math.max(this.#next, now - this.#burstMs);
    this.#next = due + this.#intervalMs;
    if (due > now) await this.#clock.sleep(due - now, signal);
  }
}
