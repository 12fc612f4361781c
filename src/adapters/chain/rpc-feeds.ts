import type { Incoming } from "./rpc-frame.ts";

export type Answer = (error: Error | null, result: unknown) => void;

/** One subscription. */
export interface Feed {
  readonly type: string;
  readonly method: string;
  readonly params: readonly unknown[];
  readonly answer: Answer;
  /** What the subscriber knows it by; the node's name changes with every reconnection. */
  name: string | number | null;
  current: string | number | null;
}

/** The subscriptions of a socket, over its links. */
export class Feeds {
  readonly #feeds = new Set<Feed>();

  /** The node has accepted it under that name. */
  accepted(feed: Feed, name: unknown): void {
    if (typeof name !== "string" && typeof name !== "number") return;
    // Nobody says when a watched submission is done with, and each holds its extrinsic: the newest one takes the place of others.
    if (isWatch(feed)) this.#forgetWatches();
    feed.name ??= name;
    feed.current = name;
    this.#feeds.add(feed);
  }

  /** Takes it away; undefined when there is none of that name. */
  remove(type: string, name: string | number): Feed | undefined {
    const feed = [...this.#feeds].find((one) => one.type === type && one.name === name);
    if (feed !== undefined) this.#feeds.delete(feed);
    return feed;
  }

  /** The link is gone, and the node's names with it. */
  unlink(): void {
    for (const feed of this.#feeds) feed.current = null;
  }

  /** Those to ask for on a new link: reading ones only, a watched submission must never be sent twice (chain.md §9). */
  renewable(): readonly Feed[] {
    this.#forgetWatches();
    return [...this.#feeds];
  }

  #forgetWatches(): void {
    for (const feed of this.#feeds) if (isWatch(feed)) this.#feeds.delete(feed);
  }

  deliver(note: Extract<Incoming, { kind: "note" }>): void {
    for (const feed of this.#feeds) {
      if (feed.current === note.subscription && feed.type === note.method) feed.answer(note.error, note.result);
    }
  }

  clear(): void {
    this.#feeds.clear();
  }
}

function isWatch({ type }: Feed): boolean {
  return type.startsWith("author_");
}
