import type { Clock } from "../../ports/clock.ts";

const IN_A_ROW = 3;
/** The edge's bans grow with each violation, up to a day (chutes-newest.md §0.13); an hour of silence is the cheaper side. */
const SILENCE_MS = 3_600_000;

/**
 * Stops, instead of backing off, after three refusals of the platform's edge in a row. One host counts once until it is
 * answered again, so that a single miner's chute that imitates the edge cannot silence the validator; the platform's own hosts
 * count every time.
 */
export class EdgeGuard {
  readonly #clock: Clock;
  readonly #refused: string[] = [];
  #silentUntil = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** While it is, nothing may be sent. */
  isShut(): boolean {
    return this.#clock.monotonic() < this.#silentUntil;
  }

  /** `host` null: one of the platform's own. @returns true when this refusal shut the guard. */
  refusedBy(host: string | null): boolean {
    if (host !== null && this.#refused.includes(host)) return false;
    this.#refused.push(host ?? "");
    if (this.#refused.length < IN_A_ROW) return false;
    this.#refused.length = 0;
    this.#silentUntil = this.#clock.monotonic() + SILENCE_MS;
    return true;
  }

  /** Any answer that did not come from the edge ends the row. */
  answered(): void {
    this.#refused.length = 0;
  }
}
