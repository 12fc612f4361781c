import type { CycleLog, Journal } from "../ports/journal.ts";
import type { CyclePorts } from "./cycle-context.ts";

/**
 * How work is asked to end. After `drain` nothing new is bought or signed, and what is under way is waited for; `signal`
 * drops that too. Both leave the journal so that the next process goes on from there.
 */
export interface Ending {
  readonly drain: AbortSignal;
  readonly signal: AbortSignal;
}

/**
 * The same ports, ending in good order. Once `drain` fires, a purchase that is not yet announced waits until those under way
 * have ended and then rejects with the drain's reason; so does a claim, and so do the waits for the chain. Nothing announced
 * is left unbought, nothing bought is lost.
 */
export function drainable(ports: CyclePorts, { drain }: Pick<Ending, "drain">): CyclePorts {
  const gate = new Gate(drain);
  const { catalogue, clock, journal, judge, miners } = ports;
  return {
    ...ports,
    catalogue: {
      chute: async (chuteId, signal) => {
        await gate.enter();
        return gate.leave(catalogue.chute(chuteId, signal));
      },
    },
    miners: { answer: (question, signal) => gate.leave(miners.answer(question, signal)) },
    judge: {
      model: judge.model,
      chuteId: judge.chuteId,
      complete: (request, signal) => gate.leave(judge.complete(request, signal)),
    },
    clock: {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      sleep: (ms, signal) => clock.sleep(ms, AbortSignal.any([signal, drain])),
    },
    journal: gatedJournal(journal, gate),
  };
}

/** Counts what is under way: a purchase from its announcement until its answer is there. */
class Gate {
  readonly #drain: AbortSignal;
  #underWay = 0;
  #quiet = Promise.withResolvers<void>();

  constructor(drain: AbortSignal) {
    this.#drain = drain;
  }

  /** One more is under way; when drained, rejects as soon as none is. */
  async enter(): Promise<void> {
    if (this.#drain.aborted) {
      if (this.#underWay > 0) await this.#quiet.promise;
      this.#drain.throwIfAborted();
    }
    this.#underWay += 1;
  }

  /** It is under way until this settles. */
  async leave<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } finally {
      this.cancel();
    }
  }

  /** It came to nothing. */
  cancel(): void {
    this.#underWay -= 1;
    if (this.#underWay > 0) return;
    this.#quiet.resolve();
    this.#quiet = Promise.withResolvers<void>();
  }

  refuse(): void {
    this.#drain.throwIfAborted();
  }
}

function gatedJournal(journal: Journal, gate: Gate): Journal {
  return {
    open: async (key, secret) => gatedLog(await journal.open(key, secret), gate),
    sealed: (key) => journal.sealed(key),
    unsealed: (netuid, mechid) => journal.unsealed(netuid, mechid),
    last: (netuid, mechid) => journal.last(netuid, mechid),
    sentUntil: (until) => journal.sentUntil(until),
    knownUpdate: (seat) => journal.knownUpdate(seat),
    noteUpdate: (seat, block) => journal.noteUpdate(seat, block),
    past: (netuid, mechid) => journal.past(netuid, mechid),
    close: () => journal.close(),
  };
}

function gatedLog(log: CycleLog, gate: Gate): CycleLog {
  return {
    key: log.key,
    secret: log.secret,
    append: (record) => log.append(record),
    find: (kind, key) => log.find(kind, key),
    list: (kind) => log.list(kind),
    announce: async (purchase) => {
      await gate.enter();
      let announced: "first" | "asked-before" | undefined;
      try {
        announced = await log.announce(purchase);
        return announced;
      } finally {
        // Only a first announcement is followed by a purchase.
        if (announced !== "first") gate.cancel();
      }
    },
    keep: (purchase, value) => log.keep(purchase, value),
    kept: (purchase) => log.kept(purchase),
    claim: async (vector) => {
      gate.refuse();
      return log.claim(vector);
    },
    step: (step) => log.step(step),
    steps: () => log.steps(),
    seal: (lines, digest, after) => log.seal(lines, digest, after),
  };
}
