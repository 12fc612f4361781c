import { LinkError } from "./chain-fault.ts";
import { type Incoming, readFrame } from "./rpc-frame.ts";

/**
 * JSON-RPC 2.0 over one WebSocket that heals itself. Ours and not the library's, because a node that sends half a frame
 * would end the process there, and because every request needs its own deadline: a half-open link stays "connected" for
 * ever (own-metadata.md §7).
 */
export interface SocketOptions {
  readonly endpoint: string;
  /** Milliseconds after which an unanswered request fails and the link counts as dead. */
  readonly requestMs: number;
}

type Answer = (error: Error | null, result: unknown) => void;

interface Pending {
  readonly body: string;
  readonly answer: Answer;
  readonly timer: NodeJS.Timeout;
  readonly feed: Feed | null;
  sent: boolean;
}

interface Feed {
  readonly type: string;
  readonly method: string;
  readonly params: readonly unknown[];
  readonly answer: Answer;
  /** What the subscriber knows it by; the node's name changes with every reconnection. */
  name: string | number | null;
  current: string | number | null;
}

const RECONNECT_MS: readonly number[] = [100, 250, 500, 1_000, 2_500];

export class RpcSocket {
  readonly #options: SocketOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #feeds = new Set<Feed>();
  readonly #listeners = new Set<(connected: boolean) => void>();
  #socket: WebSocket | null = null;
  #open = false;
  #closed = false;
  #failures = 0;
  #nextId = 1;

  constructor(options: SocketOptions) {
    this.#options = options;
  }

  get isConnected(): boolean {
    return this.#open;
  }

  /** Opens the first link and reconnects from then on. Rejects with a LinkError when it does not come up. */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(false), this.#options.requestMs);
      const settle = (connected: boolean): void => {
        clearTimeout(timer);
        this.#listeners.delete(settle);
        if (connected) resolve();
        else reject(new LinkError("The chain node does not accept a connection."));
      };
      this.#listeners.add(settle);
      this.#dial();
    });
  }

  /** Rejects with LinkError (no answer) or RpcError (refused). Waits for a reconnection as long as the deadline allows. */
  request(method: string, params: readonly unknown[]): Promise<unknown> {
    return this.#ask(method, params, null);
  }

  /** Resolves with the subscription's name once the node has accepted it; `answer` then gets each notification. */
  async subscribe(type: string, method: string, params: readonly unknown[], answer: Answer): Promise<string | number> {
    const feed: Feed = { type, method, params, answer, name: null, current: null };
    await this.#ask(method, params, feed);
    if (feed.name === null) throw new LinkError("The chain node answered a subscription without a name for it.");
    return feed.name;
  }

  async unsubscribe(type: string, method: string, name: string | number): Promise<boolean> {
    const feed = [...this.#feeds].find((one) => one.type === type && one.name === name);
    if (feed === undefined) return false;
    this.#feeds.delete(feed);
    if (!this.#open || feed.current === null) return true;
    return (await this.request(method, [feed.current])) === true;
  }

  /** `true` when a link is up, `false` when it went down. Returns the way to stop listening. */
  onLink(listener: (connected: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    this.#drop("The connection to the chain was closed.");
    this.#failAll(() => true, "The connection to the chain was closed.");
    this.#feeds.clear();
  }

  #ask(method: string, params: readonly unknown[], feed: Feed | null): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new LinkError("The connection to the chain is closed."));
      const id = this.#nextId++;
      const seconds = this.#options.requestMs / 1000;
      const timer = setTimeout(() => {
        this.#drop(`The chain node did not answer ${method} within ${seconds} s.`);
        this.#fail(id, `The chain node did not answer ${method} within ${seconds} s.`);
      }, this.#options.requestMs);
      const answer: Answer = (error, result) => (error === null ? resolve(result) : reject(error));
      const body = JSON.stringify({ id, jsonrpc: "2.0", method, params });
      this.#pending.set(id, { body, answer, timer, feed, sent: false });
      this.#flush();
    });
  }

  #flush(): void {
    if (!this.#open) return;
    for (const pending of this.#pending.values()) {
      if (pending.sent) continue;
      pending.sent = true;
      this.#socket?.send(pending.body);
    }
  }

  #dial(): void {
    if (this.#closed) return;
    const socket = new WebSocket(this.#options.endpoint);
    this.#socket = socket;
    socket.onopen = () => this.#up();
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onerror = () => this.#drop("The link to the chain node failed.");
    socket.onclose = () => this.#drop("The chain node closed the link.");
  }

  #up(): void {
    this.#open = true;
    this.#failures = 0;
    this.#renew();
    this.#flush();
    this.#tell(true);
  }

  /** Only reading feeds are renewed: a watched submission must never be sent twice (chain.md §9). */
  #renew(): void {
    for (const feed of [...this.#feeds]) {
      if (feed.type.startsWith("author_")) this.#feeds.delete(feed);
      else this.#ask(feed.method, feed.params, feed).catch((error: Error) => feed.answer(error, undefined));
    }
  }

  #drop(reason: string): void {
    const socket = this.#socket;
    if (socket === null) return;
    this.#socket = null;
    this.#open = false;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    socket.onerror = () => undefined;
    socket.close();
    for (const feed of this.#feeds) feed.current = null;
    this.#failAll((pending) => pending.sent, reason);
    this.#tell(false);
    if (this.#closed) return;
    const wait = RECONNECT_MS[Math.min(this.#failures, RECONNECT_MS.length - 1)];
    this.#failures += 1;
    setTimeout(() => this.#dial(), wait).unref();
  }

  #tell(connected: boolean): void {
    for (const listener of [...this.#listeners]) listener(connected);
  }

  #failAll(which: (pending: Pending) => boolean, reason: string): void {
    for (const [id, pending] of [...this.#pending]) if (which(pending)) this.#fail(id, reason);
  }

  #fail(id: number, reason: string): void {
    this.#settle(id, new LinkError(reason), undefined);
  }

  #settle(id: number, error: Error | null, result: unknown): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    if (error === null && pending.feed !== null) this.#register(pending.feed, result);
    pending.answer(error, result);
  }

  #register(feed: Feed, name: unknown): void {
    if (typeof name !== "string" && typeof name !== "number") return;
    feed.name ??= name;
    feed.current = name;
    this.#feeds.add(feed);
  }

  #receive(data: unknown): void {
    const frame: Incoming | null = readFrame(data);
    if (frame === null) this.#drop("The chain node sent a frame that cannot be read.");
    else if (frame.kind === "answer") this.#settle(frame.id, frame.error, frame.result);
    else this.#deliver(frame);
  }

  #deliver(note: Extract<Incoming, { kind: "note" }>): void {
    for (const feed of this.#feeds) {
      if (feed.current === note.subscription && feed.type === note.method) feed.answer(note.error, note.result);
    }
  }
}
