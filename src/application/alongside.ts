/**
 * Does `work` while something watches: the watch ends with the work, whichever way that ends, and what the watch itself threw before
 * is thrown once the work is done.
 */
export async function alongside<T>(
  watch: (signal: AbortSignal) => Promise<void>,
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const done = new AbortController();
  const over = AbortSignal.any([signal, done.signal]);
  const watching = watch(over).then(
    () => undefined,
    (error: unknown) => (over.aborted ? undefined : { error }),
  );
  let result: T;
  try {
    result = await work();
  } finally {
    done.abort();
    await watching;
  }
  const failed = await watching;
  if (failed !== undefined) throw failed.error;
  return result;
}
