import { type LoopEvents, runLoop } from "../../src/application/loop.ts";
import type { SealedResult } from "../../src/application/seal-cycle.ts";
import type { Fault } from "../../src/core/model/fault.ts";
import type { Observation } from "../../src/ports/chain.ts";
import { type Bench, goodScript, SETTINGS, SIGNER } from "./cycle-bench.ts";
import { ManualClock } from "./manual-clock.ts";
import { type Script, type ScriptedPorts, scriptedPorts } from "./scripted-ports.ts";
import { firstBlock, observationOf, secretOf } from "./scripted-world.ts";
import type { Tripwire } from "./tripwire.ts";

const BLOCK_MS = 1000;
const STEP_MS = 250;

/** How the chain goes by; blocks come once a second. */
export interface Days {
  /** The height with which it begins. */
  readonly from: number;
  /** Standstill: no block after this one until the instant, in milliseconds. */
  readonly still?: { readonly at: number; readonly untilMs: number };
  readonly miners?: number;
  /** Changes what is observed, by epoch. */
  readonly observed?: (observation: Observation) => Observation | Fault;
  readonly script?: Partial<Script>;
}

export interface Event {
  readonly name: string;
  readonly block: number;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** One process of the loop over a scripted chain: its clock is driven until the loop ends or the test has seen enough. */
export class LoopProcess {
  readonly clock: ManualClock = new ManualClock();
  readonly drain: AbortController = new AbortController();
  readonly force: AbortController = new AbortController();
  readonly events: Event[] = [];
  readonly sealed: SealedResult[] = [];
  /** Heights at which weights were sent. */
  readonly sentAt: number[] = [];
  ready = 0;
  readonly #days: Days;

  constructor(days: Days) {
    this.#days = days;
  }

  get block(): number {
    const { from, still } = this.#days;
    const now = this.clock.monotonic();
    const height = from + Math.floor(now / BLOCK_MS);
    if (still === undefined || height <= still.at) return height;
    return now < still.untilMs ? still.at : height;
  }

  named(name: string): readonly Event[] {
    return this.events.filter((event) => event.name === name);
  }

  /** Runs until `enough`; then the process is drained. Rejects with what the loop throws. */
  async run(bench: Bench, enough: (self: LoopProcess) => boolean): Promise<void> {
    await bench.inside(async (journal) => {
      const epochNow = (): number => Math.floor((this.block - firstBlock(0)) / 100);
      const disk = new Disk();
      const stage = {
        script: this.#script(epochNow),
        journal: disk.watched(journal),
        signer: SIGNER,
        ledger: bench.ledger,
      };
      const ports: ScriptedPorts = scriptedPorts({ ...stage, secret: secretOf(0) });
      const hooks: LoopEvents = {
        ready: () => {
          this.ready += 1;
        },
        sealed: (result) => this.sealed.push(result),
      };
      const loop = runLoop(
        {
          ...ports,
          clock: this.clock,
          miners: { answer: (question, signal) => abortable(ports.miners.answer(question, signal), signal) },
          entropy: { bytes: () => secretOf(epochNow()) },
          submitter: {
            submit: (plan, progress, signal) => {
              this.sentAt.push(this.block);
              return ports.submitter.submit(plan, progress, signal);
            },
            settle: (plan, known, signal) => ports.submitter.settle(plan, known, signal),
          },
          telemetry: {
            event: (_level, name, facts) => this.events.push({ name, facts, block: this.block }),
            progress: () => undefined,
          },
        },
        { ...SETTINGS, mode: "run" },
        hooks,
        { drain: this.drain.signal, signal: this.force.signal },
      );
      let over = false;
      const ended = loop.finally(() => {
        over = true;
      });
      ended.catch(() => undefined);
      while (!over) {
        if (enough(this) && !this.drain.signal.aborted) this.drain.abort(new Error("asked to end"));
        await new Promise(setImmediate);
        // Time goes by when nobody does anything but look at the chain.
        if (await isQuiet(ports.wire, disk)) await this.clock.advance(STEP_MS);
      }
      await ended;
    });
  }

  #script(epochNow: () => number): Script {
    const { miners = 2, observed, script } = this.#days;
    return {
      ...goodScript({ miners }),
      observation: () => {
        const epoch = epochNow();
        const seen = observationOf({ epoch, miners, own: SIGNER.hotkey });
        const at = { ...seen, block: { ...seen.block, number: this.block } };
        return observed?.(at) ?? at;
      },
      block: () => this.block,
      answer: (question) => goodScript({ epoch: epochNow(), miners }).answer?.(question) ?? "",
      submissions: Array.from({ length: 20 }, () => "reflected" as const),
      ...script,
    };
  }
}

/** As the adapters do it: a call that is aborted rejects with the signal's reason at once. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}

const QUIET_ROUNDS = 5;

async function isQuiet(wire: Tripwire, disk: Disk): Promise<boolean> {
  const from = wire.calls.length;
  for (let round = 0; round < QUIET_ROUNDS; round += 1) {
    if (disk.pending > 0) return false;
    await new Promise(setImmediate);
  }
  return disk.pending === 0 && wire.calls.slice(from).every((call) => call === "finalized" || call === "schedule");
}

/** Counts the journal's writes that are not on disk yet: they take real time, in which none of the chain's must pass. */
class Disk {
  pending = 0;

  watched<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...args: readonly unknown[]): unknown => {
          const result: unknown = Reflect.apply(value, target, args);
          return result instanceof Promise ? this.#counted(result) : result;
        };
      },
    });
  }

  async #counted(work: Promise<unknown>): Promise<unknown> {
    this.pending += 1;
    try {
      const result = await work;
      return typeof result === "object" && result !== null && "append" in result ? this.watched(result) : result;
    } finally {
      this.pending -= 1;
    }
  }
}
