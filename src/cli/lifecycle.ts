import { constants } from "node:os";
import type { Ending } from "../application/drain.ts";

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

/** Longest drain; below pm2's kill_timeout of 90 s, so that connections and files are closed before it kills. */
const DRAIN_MS = 80_000;
/** npm hands a terminal's Ctrl-C on to a process that has had it already: one wish, not two. */
const ECHO_MS = 500;

/**
 * The first SIGINT, SIGTERM or pm2 message `shutdown` asks for an end in good order: `drain` fires, and `signal` after 80 s for
 * what is still under way. A second signal ends the process at once, as the system would; the journal bears that too.
 */
export function untilDrained(): Ending & Disposable {
  const drain = new AbortController();
  const force = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let askedAt = 0;
  const stop = (name: NodeJS.Signals): void => {
    if (timer !== undefined) {
      if (performance.now() - askedAt < ECHO_MS) return;
      dispose();
      process.kill(process.pid, name);
      return;
    }
    askedAt = performance.now();
    const reason = new Stopped(name);
    timer = setTimeout(() => force.abort(reason), DRAIN_MS);
    process.stderr.write(
      `${reason.message} Nothing new is begun; what is under way is waited for, at most ${DRAIN_MS / 1000} s. A second signal ends it at once.\n`,
    );
    drain.abort(reason);
  };
  const hear = (message: unknown): void => {
    if (message === "shutdown") stop("SIGTERM");
  };
  const dispose = (): void => {
    clearTimeout(timer);
    process.off("SIGINT", stop).off("SIGTERM", stop).off("message", hear);
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  if (process.send !== undefined) process.on("message", hear);
  return { drain: drain.signal, signal: force.signal, [Symbol.dispose]: dispose };
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
