/** What was sent and what it cost so far in this cycle; prices from the catalogue (chutes.md §2.5). */
export interface Spend {
  readonly requests: number;
  readonly tokens: number;
  readonly microUsd: number;
}

export const NOTHING_SPENT: Spend = { requests: 0, tokens: 0, microUsd: 0 };

export interface SpendMeter {
  /** A cycle begins, or goes on with what an earlier process already spent on it. */
  begin(already: Spend): void;
  spent(): Spend;
}
