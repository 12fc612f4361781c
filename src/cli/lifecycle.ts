/**
 * A signal that aborts on SIGINT or SIGTERM. What is under way ends, what is on disk stays, and the next start goes on from
 * there. A second signal ends the process at once, as the system would.
 */
export function untilStopped(): AbortSignal & Disposable {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void => {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    controller.abort(new Stopped(name));
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  return Object.assign(controller.signal, {
    [Symbol.dispose]: () => {
      process.off("SIGINT", stop).off("SIGTERM", stop);
    },
  });
}

/** Why work ended: somebody asked for it. */
export class Stopped extends Error {
  constructor(signal: string) {
    super(`stopped by ${signal}`);
    this.name = "Stopped";
  }
}
