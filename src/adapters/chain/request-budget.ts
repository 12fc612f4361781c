/** The part of a minute's worth that may be owed at most: longer, what waits would fail for what is long over. */
const MOST_OWED = 1 / 6;

/** A bucket of tokens: at most a minute's worth at once, refilled evenly. Times are milliseconds of one steady clock. */
export class RequestBudget {
  readonly perMinute: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  constructor(perMinute: number, now: () => number) {
    this.perMinute = perMinute;
    this.#now = now;
    this.#tokens = perMinute;
    this.#at = now();
  }

  /** Takes a token if there is one. */
  take(): boolean {
    this.#refill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Takes a token that cannot wait; what follows waits the longer. */
  spend(): void {
    this.#refill();
    this.#tokens = Math.max(-this.perMinute * MOST_OWED, this.#tokens - 1);
  }

  /** Milliseconds until there is a token. */
  waitMs(): number {
    this.#refill();
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) * 60_000) / this.perMinute);
  }

  #refill(): void {
    const now = this.#now();
    this.#tokens = Math.min(this.perMinute, this.#tokens + ((now - this.#at) * this.perMinute) / 60_000);
    this.#at = now;
  }
}
