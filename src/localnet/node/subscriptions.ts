import type { Engine, HeadListener } from "./engine.ts";
import { RpcError } from "./rpc-error.ts";

/** Open subscriptions of one connection at most. */
const MOST_OPEN = 1024;

interface Subscription {
  readonly id: string;
  readonly close: () => void;
  /** Undefined once the id has been told: until then messages wait, because a client learns the id by the answer. */
  waiting: string[] | undefined;
}

/** The subscriptions of one connection. */
export class Subscriptions {
  readonly #engine: Engine;
  readonly #send: (text: string) => void;
  readonly #open = new Map<string, Subscription>();
  #count = 0;

  constructor(engine: Engine, send: (text: string) => void) {
    this.#engine = engine;
    this.#send = send;
  }

  /**
   * Opens a subscription; `start` gets the function that sends a result under `method`, and answers how to stop.
   *
   * @returns the id, which is the answer to the request
   */
  open(method: string, start: (notify: (result: unknown) => void) => () => void): string {
    if (this.#open.size >= MOST_OPEN) throw new RpcError(-32006, "Too many subscriptions on the connection");
    this.#count += 1;
    const id = `localnet-${this.#count}`;
    const waiting: string[] = [];
    const notify = (result: unknown): void => {
      const text = JSON.stringify({ jsonrpc: "2.0", method, params: { subscription: id, result } });
      const subscription = this.#open.get(id);
      if (subscription !== undefined && subscription.waiting === undefined) this.#send(text);
      else waiting.push(text);
    };
    this.#open.set(id, { id, close: start(notify), waiting });
    return id;
  }

  /** Opens a subscription that follows the chain. */
  follow(method: string, listener: (notify: (result: unknown) => void) => HeadListener): string {
    return this.open(method, (notify) => {
      const heads = listener(notify);
      this.#engine.listen(heads);
      return () => {
        this.#engine.unlisten(heads);
      };
    });
  }

  /** Sends what waited for the answer with the id. */
  flush(): void {
    for (const subscription of this.#open.values()) {
      const { waiting } = subscription;
      subscription.waiting = undefined;
      for (const text of waiting ?? []) this.#send(text);
    }
  }

  /** Whether there was such a subscription. */
  close(id: unknown): boolean {
    const subscription = typeof id === "string" ? this.#open.get(id) : undefined;
    if (subscription === undefined) return false;
    this.#open.delete(subscription.id);
    subscription.close();
    return true;
  }

  closeAll(): void {
    for (const id of [...this.#open.keys()]) this.close(id);
  }
}
