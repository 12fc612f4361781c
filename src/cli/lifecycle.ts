import { constants } from "node:os";

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

/** Why work ended: somebody asked for it. The process then ends with 128 and the signal's number, as a shell reports it. */
export class Stopped extends Error {
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`Stopped by ${signal}.`);
    this.name = "Stopped";
    this.exitCode = 128 + constants.signals[signal];
  }
}
