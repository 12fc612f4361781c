import { defaultRequestsPerMinute, hostOf, isPublicEndpoint } from "../../core/chain/public-endpoint.ts";
import { RequestBudget } from "./request-budget.ts";

export interface EndpointsOptions {
  /** In the order of preference, at least one. */
  readonly urls: readonly string[];
  /** For any one of them; null for what each is known to bear. */
  readonly requestsPerMinute?: number | null;
  /** Whether an endpoint may be somebody else's. */
  readonly isPublic?: (url: string) => boolean;
  /** Another list: what a node that stands in both may be asked is counted once. */
  readonly alongside?: Endpoints;
  /** A steady clock in milliseconds. */
  readonly now?: () => number;
}

/** What a node bears. */
interface Gate {
  readonly budget: RequestBudget;
  restUntil: number;
}

interface Standing {
  readonly url: string;
  readonly open: boolean;
  readonly gate: Gate;
  struck: boolean;
  lagging: boolean;
}

/** The nodes that may be used, the one in use, and what is held against the others. */
export class Endpoints {
  readonly #all: readonly Standing[];
  readonly #now: () => number;
  #current: Standing;

  constructor(options: EndpointsOptions) {
    const { isPublic = isPublicEndpoint, alongside } = options;
    this.#now = options.now ?? (() => performance.now());
    this.#all = options.urls.map((url) => ({
      url,
      open: isPublic(url),
      gate: alongside?.gateOf(url) ?? {
        budget: new RequestBudget(options.requestsPerMinute ?? defaultRequestsPerMinute(url), this.#now),
        restUntil: 0,
      },
      struck: false,
      lagging: false,
    }));
    const [first] = this.#all;
    if (first === undefined) throw new RangeError("there is no endpoint");
    this.#current = first;
  }

  get current(): string {
    return this.#current.url;
  }

  get preferred(): string {
    return this.#all.find((one) => !one.struck)?.url ?? this.current;
  }

  get budget(): RequestBudget {
    return this.#current.gate.budget;
  }

  get total(): number {
    return this.#all.length;
  }

  /** No endpoint serves the configured chain. */
  get wrongEverywhere(): boolean {
    return this.count === 0;
  }

  /** How many are left. */
  get count(): number {
    return this.#all.filter((one) => !one.struck).length;
  }

  isPublic(url: string): boolean {
    return this.#of(url).open;
  }

  budgetOf(url: string): RequestBudget {
    return this.#of(url).gate.budget;
  }

  /** For a list alongside; undefined for a node that does not stand in this one. */
  gateOf(url: string): Gate | undefined {
    return this.#all.find((one) => one.url === url)?.gate;
  }

  /** The usable one behind the current in the ring; the current when there is no other. True when it is another one. */
  advance(): boolean {
    const next =
      this.#ring().find((one) => this.#usable(one) && !one.lagging) ?? this.#ring().find((one) => this.#usable(one));
    if (next === undefined) return false;
    this.#current = next;
    return true;
  }

  choose(url: string): void {
    this.#current = this.#of(url);
  }

  /** Others that may be asked now, lagging ones too, from the preferred on. */
  others(): readonly string[] {
    return this.#all.filter((one) => one !== this.#current && this.#usable(one)).map((one) => one.url);
  }

  /** Others that could take over now. */
  replacements(): readonly string[] {
    return this.others().filter((url) => !this.#of(url).lagging);
  }

  /** Serves another chain: never used again. */
  strike(url: string): void {
    this.#of(url).struck = true;
  }

  isStruck(url: string): boolean {
    return this.#of(url).struck;
  }

  /** True when that is news. */
  setLagging(url: string, lagging: boolean): boolean {
    const one = this.#of(url);
    const news = one.lagging !== lagging;
    one.lagging = lagging;
    return news;
  }

  rest(url: string, ms: number): void {
    this.#of(url).gate.restUntil = this.#now() + ms;
  }

  /** Milliseconds for which the current one wants to be left alone. */
  restMs(): number {
    return Math.max(0, this.#current.gate.restUntil - this.#now());
  }

  /** While one public gateway refuses, another is no way around it (chain-newest.md N14). */
  #usable(one: Standing): boolean {
    if (one.struck || this.#resting(one)) return false;
    return !one.open || !this.#all.some((other) => other.open && this.#resting(other));
  }

  #resting(one: Standing): boolean {
    return one.gate.restUntil > this.#now();
  }

  /** The others, from the one behind the current. */
  #ring(): readonly Standing[] {
    const at = this.#all.indexOf(this.#current);
    return [...this.#all.slice(at + 1), ...this.#all.slice(0, at)];
  }

  #of(url: string): Standing {
    const found = this.#all.find((one) => one.url === url);
    if (found === undefined) throw new RangeError("no such endpoint");
    return found;
  }
}

/** A name for events: an address may hold a key in its user, path or query. */
export function endpointName(url: string): string {
  return hostOf(url) === "" ? "[hidden]" : (URL.parse(url)?.host ?? hostOf(url));
}
