/** One line of the ledger: how often a route ended in a status. 0 = nothing was sent, 499 = the caller went away first. */
interface LedgerLine {
  readonly route: string;
  readonly status: number;
  /** Owner of the chute, for invocations. */
  readonly uid?: number;
  readonly count: number;
}

export interface ChutesLedger {
  readonly chutes: readonly LedgerLine[];
  readonly spendMicroUsd: number;
}

/** Purchases of a long run do not pile up: beyond this many the oldest is forgotten. */
const KEPT = 50_000;

/** What callers did to the simulated platform since it started. */
export class ChutesBook {
  readonly #lines = new Map<string, { route: string; status: number; uid?: number; count: number }>();
  readonly #purchases = new Map<string, number>();
  #microUsd = 0;

  record(route: string, status: number, uid: number | undefined): void {
    const key = `${route} ${status} ${uid ?? ""}`;
    const line = this.#lines.get(key);
    if (line !== undefined) line.count += 1;
    else this.#lines.set(key, { route, status, ...(uid === undefined ? {} : { uid }), count: 1 });
  }

  /** An answer that a model gave and the platform charged for; `key` = chute and digest of the request body. */
  purchase(key: string, microUsd: number): void {
    this.#microUsd += microUsd;
    this.#purchases.set(key, (this.#purchases.get(key) ?? 0) + 1);
    for (const oldest of this.#purchases.size > KEPT ? this.#purchases.keys() : []) {
      this.#purchases.delete(oldest);
      break;
    }
  }

  /** How often each request was bought; a value above 1 means that something was paid twice. */
  purchases(): ReadonlyMap<string, number> {
    return this.#purchases;
  }

  snapshot(): ChutesLedger {
    const chutes = [...this.#lines.values()].map((line) => ({ ...line }));
    return { chutes: chutes.toSorted(byRoute), spendMicroUsd: Math.round(this.#microUsd) };
  }
}

function byRoute(a: LedgerLine, b: LedgerLine): number {
  if (a.route !== b.route) return a.route < b.route ? -1 : 1;
  return (a.uid ?? -1) - (b.uid ?? -1) || a.status - b.status;
}
