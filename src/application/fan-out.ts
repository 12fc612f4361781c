import pLimit from "p-limit";

export type Job<T> = (signal: AbortSignal) => Promise<T>;

/**
 * Runs the jobs of all lanes, at most `concurrency` at a time, and waits for every one that was started. The next job comes from
 * the lane with the fewest under way: a slow miner takes no more places than its share while others wait. Jobs turn misfortune
 * into values; one that rejects all the same ends the work: the jobs not yet started are dropped, those in flight get the abort.
 * Results come in the order of starting.
 */
export async function fanOut<T>(
  lanes: readonly (readonly Job<T>[])[],
  concurrency: number,
  signal: AbortSignal,
): Promise<readonly T[]> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const limit = pLimit(concurrency);
  const queue = new FairQueue(lanes);
  const places = Array.from({ length: queue.size }, () =>
    limit(async () => {
      either.throwIfAborted();
      const { job, lane } = queue.take();
      try {
        return await job(either);
      } catch (error) {
        if (!stop.signal.aborted) stop.abort(error);
        throw error;
      } finally {
        lane.running -= 1;
      }
    }),
  );
  const settled = await Promise.allSettled(places);
  signal.throwIfAborted();
  stop.signal.throwIfAborted();
  return settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}

interface Lane<T> {
  readonly index: number;
  readonly jobs: readonly Job<T>[];
  begun: number;
  running: number;
}

class FairQueue<T> {
  readonly size: number;
  readonly #width: number;
  #open: readonly Lane<T>[];

  constructor(lanes: readonly (readonly Job<T>[])[]) {
    this.size = lanes.reduce((total, jobs) => total + jobs.length, 0);
    this.#width = lanes.length;
    this.#open = lanes.map((jobs, index) => ({ index, jobs, begun: 0, running: 0 }));
  }

  /** @throws RangeError when all jobs were taken. */
  take(): { readonly job: Job<T>; readonly lane: Lane<T> } {
    this.#open = this.#open.filter((lane) => lane.begun < lane.jobs.length);
    const [first, ...others] = this.#open;
    if (first === undefined) throw new RangeError("every job was taken");
    const lane = others.reduce((best, other) => (this.#precedes(other, best) ? other : best), first);
    const job = lane.jobs[lane.begun] as Job<T>;
    lane.begun += 1;
    lane.running += 1;
    return { job, lane };
  }

  /** Among equals another lane begins each round, so that being late hits nobody twice. */
  #precedes(one: Lane<T>, other: Lane<T>): boolean {
    if (one.running !== other.running) return one.running < other.running;
    if (one.begun !== other.begun) return one.begun < other.begun;
    return this.#turn(one) < this.#turn(other);
  }

  #turn({ index, begun }: Lane<T>): number {
    return (index + this.#width - (begun % this.#width)) % this.#width;
  }
}
