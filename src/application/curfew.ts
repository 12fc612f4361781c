import type { Fault } from "../core/model/fault.ts";
import type { CyclePorts } from "./cycle-context.ts";

/**
 * Does the work of one epoch with ports that give up, once `bell` resolves, what is still under way: one slow miner must not
 * keep the weights of all off the chain. What is given up counts as missed through our own fault.
 */
export async function withCurfew<T>(
  ports: CyclePorts,
  bell: (signal: AbortSignal) => Promise<void>,
  work: (punctual: CyclePorts) => Promise<T>,
  stop: AbortSignal,
): Promise<T> {
  const curfew = new AbortController();
  const done = new AbortController();
  const waiting = AbortSignal.any([stop, done.signal]);
  const rung = bell(waiting).then(
    () => curfew.abort(new Error("The epoch is nearly over.")),
    (error: unknown) => {
      if (!waiting.aborted) throw error;
    },
  );
  try {
    return await work(punctual(ports, curfew.signal));
  } finally {
    done.abort();
    await rung;
  }
}

function punctual(ports: CyclePorts, over: AbortSignal): CyclePorts {
  const { catalogue, judge, miners } = ports;
  return {
    ...ports,
    catalogue: {
      chute: (chuteId, signal) =>
        inTime(over, signal, (either) => catalogue.chute(chuteId, either), { chuteId, found: false, fault: GIVEN_UP }),
    },
    miners: {
      answer: (question, signal) =>
        inTime(over, signal, (either) => miners.answer(question, either), {
          answered: false,
          fault: GIVEN_UP,
          attempts: [],
        }),
    },
    judge: {
      model: judge.model,
      chuteId: judge.chuteId,
      complete: (request, signal) => inTime(over, signal, (either) => judge.complete(request, either), GIVEN_UP),
    },
  };
}

async function inTime<T, F>(
  over: AbortSignal,
  signal: AbortSignal,
  call: (either: AbortSignal) => Promise<T>,
  otherwise: F,
): Promise<T | F> {
  const either = AbortSignal.any([signal, over]);
  try {
    either.throwIfAborted();
    return await call(either);
  } catch (error) {
    if (signal.aborted || error !== over.reason) throw error;
    return otherwise;
  }
}

const GIVEN_UP: Fault = {
  code: "epoch-over",
  blame: "validator",
  retryable: false,
  message: "The epoch was nearly over, and the call was given up so that the weights go out in time.",
  remedy:
    "Nothing for the miner to do. If it happens often, raise requestsPerMinute, or lower the number of tasks or answerSeconds.",
};
