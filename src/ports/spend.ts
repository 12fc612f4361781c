/** What was sent and what it cost so far in this cycle; prices from the catalogue (chutes.md §2.5). */
export interface Spend {
  readonly requests: number;
  readonly tokens: number;
  readonly microUsd: number;
}

export interface SpendMeter {
  spent(): Spend;
}
