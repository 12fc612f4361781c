import type { Telemetry } from "../../ports/telemetry.ts";
import { LinkError, restingFor } from "./chain-fault.ts";
import { type Endpoints, endpointName } from "./endpoints.ts";
import { LinkKeeper } from "./link-keeper.ts";
import { type Answer, type Feed, Feeds } from "./rpc-feeds.ts";
import { type Incoming, readFrame } from "./rpc-frame.ts";

/** Asks the node on the link at hand, before anything else may. */
export type Ask = (method: string, params: readonly unknown[]) => Promise<unknown>;

/**
 * JSON-RPC 2.0 over one link at a time that heals itself. Ours and not the library's, because a node that sends half a frame
 * would end the process there, and because every request needs its own deadline: a half-open link stays "connected" for
 * ever (own-metadata.md §7).
 */
export interface SocketOptions {
  readonly endpoints: Endpoints;
  /** Milliseconds for which a request waits to be sent, and again for its answer; without one the link counts as dead. */
  readonly requestMs: number;
  readonly telemetry: Telemetry;
  /** What a node must answer before it is used; rejects for one that must not be. */
  readonly admit?: (ask: Ask, endpoint: string) => Promise<void>;
}

interface Pending {
  readonly method: string;
  readonly body: string;
  readonly answer: Answer;
  readonly feed: Feed | null;
  timer: NodeJS.Timeout;
  sent: boolean;
}

/** A dead endpoint must not use up the time in which the next one could be tried. */
const HANDSHAKE_MS = 10_000;
const NOTED_WAIT_MS = 5_000;
const NOTE_EVERY_MS = 60_000;

export class RpcSocket {
  readonly #options: SocketOptions;
  readonly #keeper: LinkKeeper;
  readonly #pending = new Map<number, Pending>();
  readonly #feeds = new Feeds();
  readonly #listeners = new Set<(connected: boolean) => void>();
  #closed = false;
  #nextId = 1;
  #later: NodeJS.Timeout | undefined;
  #notedAt = Number.NEGATIVE_INFINITY;
  #wish: string | null = null;

  constructor(options: SocketOptions) {
    this.#options = options;
    const handshakeMs = Math.min(HANDSHAKE_MS, options.requestMs);
    const { endpoints, telemetry } = options;
    const admit = options.admit ?? (() => Promise.resolve());
    this.#keeper = new LinkKeeper(
      { endpoints, telemetry, handshakeMs },
      {
        admit: (endpoint) => admit((method, params) => this.#askNow(method, params, handshakeMs), endpoint),
        up: () => this.#up(),
        message: (text) => this.#receive(text),
        down: (error, wasUp) => this.#down(error, wasUp),
      },
    );
  }

  get isConnected(): boolean {
    return this.#keeper.isUp;
  }

  /** The one in use, by its name in sentences. */
  get endpoint(): string {
    return endpointName(this.#options.endpoints.current);
  }

  /** Opens the first link and reconnects from then on. Rejects with a LinkError when no endpoint comes up. */
  open(): Promise<void> {
    return this.#keeper.open();
  }

  /** Rejects with LinkError (no answer) or RpcError (refused). Waits for link and budget as long as the deadline allows. */
  request(method: string, params: readonly unknown[]): Promise<unknown> {
    return this.#ask(method, params, null);
  }

  /** The same past the queue of those that wait; without an answer within `ms` the link counts as dead. */
  urgent(method: string, params: readonly unknown[], ms: number): Promise<unknown> {
    if (!this.isConnected) return Promise.reject(new LinkError("There is no link to a chain node.").at(this.endpoint));
    return this.#askNow(method, params, ms);
  }

  /** Resolves with the subscription's name once the node has accepted it; `answer` then gets each notification. */
  async subscribe(type: string, method: string, params: readonly unknown[], answer: Answer): Promise<string | number> {
    const feed: Feed = { type, method, params, answer, name: null, current: null };
    await this.#ask(method, params, feed);
    if (feed.name === null) throw new LinkError("The chain node answered a subscription without a name for it.");
    return feed.name;
  }

  async unsubscribe(type: string, method: string, name: string | number): Promise<boolean> {
    const feed = this.#feeds.remove(type, name);
    if (feed === undefined || !this.isConnected || feed.current === null) return feed !== undefined;
    return (await this.request(method, [feed.current])) === true;
  }

  /** `true` when a link is up, `false` when it went down. Returns the way to stop listening. */
  onLink(listener: (connected: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Leaves a link that does not do its duty, for the next endpoint if there is one. */
  abandon(reason: string): void {
    this.#keeper.abandon(reason);
  }

  /** Moves to another endpoint as soon as nothing is under way. */
  moveWhenIdle(endpoint: string): void {
    this.#wish = endpoint;
    this.#grantWish();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#later);
    this.#keeper.close();
    this.#failAll(() => true, new LinkError("The connection to the chain was closed."));
    this.#feeds.clear();
  }

  #ask(method: string, params: readonly unknown[], feed: Feed | null): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new LinkError("The connection to the chain is closed."));
      const restMs = this.#options.endpoints.restMs();
      if (restMs > this.#options.requestMs) return reject(restingFor(restMs).at(this.endpoint));
      const answer: Answer = (error, result) => (error === null ? resolve(result) : reject(error));
      this.#add({ method, params, feed, answer });
      this.#flush();
    });
  }

  /** Past the queue. */
  #askNow(method: string, params: readonly unknown[], ms: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const answer: Answer = (error, result) => (error === null ? resolve(result) : reject(error));
      const id = this.#add({ method, params, feed: null, answer });
      this.#options.endpoints.budget.spend();
      this.#send(id, ms);
    });
  }

  #add(given: Pick<Pending, "method" | "feed" | "answer"> & { readonly params: readonly unknown[] }): number {
    const id = this.#nextId++;
    const { method, params, feed, answer } = given;
    const body = JSON.stringify({ id, jsonrpc: "2.0", method, params });
    const timer = setTimeout(() => this.#unsent(id, method), this.#options.requestMs);
    this.#pending.set(id, { method, body, answer, feed, timer, sent: false });
    return id;
  }

  #unsent(id: number, method: string): void {
    const restMs = this.#options.endpoints.restMs();
    const waited = `${method} could not be sent to a chain node within ${this.#options.requestMs / 1000} s.`;
    this.#settle(id, (restMs > 0 ? restingFor(restMs) : new LinkError(waited)).at(this.endpoint), undefined);
  }

  #send(id: number, ms: number): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    clearTimeout(pending.timer);
    pending.sent = true;
    pending.timer = setTimeout(() => {
      this.#keeper.abandon(`The chain node did not answer ${pending.method} within ${ms / 1000} s.`);
    }, ms);
    this.#keeper.send(pending.body);
  }

  /** Sends what waits, in order, as far as endpoint and budget allow. */
  #flush(): void {
    clearTimeout(this.#later);
    if (!this.isConnected) return;
    const { endpoints, requestMs } = this.#options;
    const waiting = [...this.#pending].flatMap(([id, { sent }]) => (sent ? [] : [id]));
    for (const [index, id] of waiting.entries()) {
      const wait = endpoints.restMs() || (endpoints.budget.take() ? 0 : endpoints.budget.waitMs());
      if (wait > 0) {
        this.#note(waiting.length - index);
        this.#later = setTimeout(() => this.#flush(), wait).unref();
        return;
      }
      this.#send(id, requestMs);
    }
  }

  #note(waiting: number): void {
    const { endpoints, telemetry } = this.#options;
    const { perMinute: requestsPerMinute } = endpoints.budget;
    const seconds = Math.round((waiting * 60) / requestsPerMinute);
    if (seconds * 1000 <= NOTED_WAIT_MS || performance.now() - this.#notedAt < NOTE_EVERY_MS) return;
    this.#notedAt = performance.now();
    telemetry.event("warn", "chain-budget-wait", { endpoint: this.endpoint, requestsPerMinute, waiting, seconds });
  }

  #up(): void {
    for (const feed of this.#feeds.renewable()) {
      this.#ask(feed.method, feed.params, feed).catch((error: Error) => feed.answer(error, undefined));
    }
    this.#flush();
    for (const listener of [...this.#listeners]) listener(true);
  }

  #down(error: LinkError, wasUp: boolean): void {
    this.#feeds.unlink();
    this.#wish = null;
    this.#failAll((pending) => pending.sent, error);
    if (wasUp) for (const listener of [...this.#listeners]) listener(false);
  }

  #failAll(which: (pending: Pending) => boolean, error: LinkError): void {
    for (const [id, pending] of [...this.#pending]) if (which(pending)) this.#settle(id, error, undefined);
  }

  #settle(id: number, error: Error | null, result: unknown): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    if (error === null && pending.feed !== null) this.#feeds.accepted(pending.feed, result);
    pending.answer(error, result);
    this.#grantWish();
  }

  #grantWish(): void {
    const endpoint = this.#wish;
    if (endpoint === null || this.#pending.size > 0 || !this.isConnected) return;
    this.#wish = null;
    this.#keeper.moveTo(endpoint, "The connection moves to another chain node.");
  }

  #receive(text: string | null): void {
    const frame: Incoming | null = readFrame(text);
    if (frame === null) this.#keeper.abandon("The chain node sent a frame that cannot be read.");
    else if (frame.kind === "note") this.#feeds.deliver(frame);
    else {
      const refused = this.#keeper.refused(frame.error);
      if (frame.kind === "answer") this.#settle(frame.id, refused ?? frame.error, frame.result);
      else if (refused === null) this.#keeper.abandon("The chain node refuses without saying what.");
    }
  }
}
