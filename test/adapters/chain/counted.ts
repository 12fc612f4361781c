import type { ChainConnection } from "../../../src/adapters/chain/connection.ts";

/** A connection whose requests are counted and sorted into waves. */
export interface Counted {
  readonly connection: ChainConnection;
  /** Dependent round trips so far: requests that are under way together count once. */
  waves(): number;
  readonly asked: { readonly method: string; readonly params: readonly unknown[] }[];
}

export type Change = (method: string, answer: unknown) => unknown;

/**
 * Every answer is held back until all that was asked is answered, then all are let through: what is asked after that depended
 * on one of them. `change` puts another answer in the place of the node's.
 */
export function counted(connection: ChainConnection, change: Change = (_method, answer) => answer): Counted {
  const asked: Counted["asked"] = [];
  let waves = 0;
  let unanswered = 0;
  let held: (() => void)[] = [];
  const settled = (): void => {
    unanswered -= 1;
    if (unanswered > 0) return;
    waves += 1;
    const free = held;
    held = [];
    for (const release of free) release();
  };
  const request: ChainConnection["request"] = (method, params, signal) => {
    asked.push({ method, params });
    unanswered += 1;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    connection.request(method, params, signal).then(
      (answer) => {
        held.push(() => resolve(change(method, answer)));
        settled();
      },
      (error: unknown) => {
        held.push(() => reject(error as Error));
        settled();
      },
    );
    return promise;
  };
  const proxy = new Proxy(connection, {
    get: (target, key) => (key === "request" ? request : (Reflect.get(target, key) as unknown)),
  });
  return { connection: proxy, waves: () => waves, asked };
}
