import type { Clock } from "../../src/ports/clock.ts";

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

export interface ManualClockOptions {
  /** Unix milliseconds at the start. */
  readonly now?: number;
  /** Sleeps of at most this many milliseconds pass at once, and the time with them: for back-off that no test waits for. */
  readonly skipUpTo?: number;
}

/** Time that stands still until a test moves it. Sleepers wake in the order of their instants. */
export class ManualClock implements Clock {
  readonly #start: number;
  readonly #skipUpTo: number;
  readonly #sleepers = new Set<Sleeper>();
  #elapsed = 0;
  /** Every sleep ever asked for, in order, in milliseconds. */
  readonly asked: number[] = [];

  constructor({ now = 1_760_000_000_000, skipUpTo = -1 }: ManualClockOptions = {}) {
    this.#start = now;
    this.#skipUpTo = skipUpTo;
  }

  now(): number {
    return this.#start + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  /** How many sleep now: zero when nothing was left behind. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.asked.push(ms);
    if (ms <= this.#skipUpTo) return this.advance(ms);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = (): void => {
      this.#sleepers.delete(sleeper);
      reject(signal.reason as Error);
    };
    const wake = (): void => {
      this.#sleepers.delete(sleeper);
      signal.removeEventListener("abort", abort);
      resolve();
    };
    const sleeper: Sleeper = { due: this.#elapsed + ms, wake };
    this.#sleepers.add(sleeper);
    signal.addEventListener("abort", abort, { once: true });
    await promise;
  }

  /** Moves the time; what wakes on the way runs before the next sleeper does, and may sleep again. */
  async advance(ms: number): Promise<void> {
    const target = this.#elapsed + ms;
    for (;;) {
      const [next] = [...this.#sleepers].filter(({ due }) => due <= target).toSorted((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#elapsed = Math.max(this.#elapsed, next.due);
      next.wake();
      await new Promise(setImmediate);
    }
    this.#elapsed = Math.max(this.#elapsed, target);
  }
}
