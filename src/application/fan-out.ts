import pLimit from "p-limit";

/**
 * Runs all jobs, at most `concurrency` at a time, and waits for every one that was started. Jobs turn misfortune into values;
 * one that rejects all the same ends the work: the jobs not yet started are dropped, those in flight get the abort.
 */
export async function fanOut<T>(
  jobs: readonly ((signal: AbortSignal) => Promise<T>)[],
  concurrency: number,
  signal: AbortSignal,
): Promise<readonly T[]> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const limit = pLimit(concurrency);
  const started = jobs.map((job) =>
    limit(async () => {
      either.throwIfAborted();
      try {
        return await job(either);
      } catch (error) {
        if (!stop.signal.aborted) stop.abort(error);
        throw error;
      }
    }),
  );
  const settled = await Promise.allSettled(started);
  signal.throwIfAborted();
  stop.signal.throwIfAborted();
  return settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}
