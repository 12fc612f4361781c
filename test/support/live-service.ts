import { type ChainConnection, connectChain } from "../../src/adapters/chain/connection.ts";
import { chainReader } from "../../src/adapters/chain/reader.ts";
import { weightSubmitter } from "../../src/adapters/chain/submitter.ts";
import type { CyclePorts } from "../../src/application/cycle-context.ts";
import { runLoop } from "../../src/application/loop.ts";
import type { SealedResult } from "../../src/application/seal-cycle.ts";
import { isFault } from "../../src/core/model/fault.ts";
import type { ScoringConfig } from "../../src/core/model/pack.ts";
import type { SubmissionState } from "../../src/core/model/records.ts";
import type { SimNode } from "../../src/localnet/node/node.ts";
import type { ChainReader, Observation } from "../../src/ports/chain.ts";
import type { Journal } from "../../src/ports/journal.ts";
import type { Pause } from "../../src/ports/pause.ts";
import { SILENT } from "../../src/ports/telemetry.ts";
import { type Bench, SETTINGS, SIGNER, verdict } from "./cycle-bench.ts";
import { ManualClock } from "./manual-clock.ts";
import { ScriptedMeter, scriptedPorts } from "./scripted-ports.ts";
import { SCORING, secretOf, tasksOf } from "./scripted-world.ts";

/** Virtual time of one block. */
const BLOCK_MS = 1000;
const STEP_MS = 250;
/** Turns of the event loop that everybody gets before the next block. */
const TURNS = 12;

export async function connectTo(node: SimNode): Promise<ChainConnection> {
  const connection = await connectChain({
    endpoints: [node.url],
    expectedGenesis: node.genesis,
    signal: new AbortController().signal,
    telemetry: SILENT,
    requestsPerMinute: 1_000_000,
  });
  if (isFault(connection)) throw new Error(connection.message);
  return connection;
}

export interface LiveEvent {
  readonly name: string;
  readonly block: number;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface LiveOptions {
  readonly node: SimNode;
  readonly scoring?: Partial<ScoringConfig>;
  /**
   * Called after each step of a submission, once the step is on disk; the submitter waits for it. `blocks`: they come from then on,
   * although the node does not have the extrinsic.
   */
  readonly stepped?: (state: SubmissionState, service: LiveService) => Promise<"blocks" | undefined>;
  /** Called after each block. */
  readonly block?: (service: LiveService) => void;
}

/**
 * The loop of `run` against a real connection to a simulated node in virtual time; miners answer at once, by a script. A block
 * is made only when nothing but the passing of time is waited for, so that slow machines see the same epochs as fast ones.
 */
export class LiveService {
  readonly node: SimNode;
  readonly events: LiveEvent[] = [];
  readonly sealed: SealedResult[] = [];
  pause: Pause | null = null;
  readonly #options: LiveOptions;
  readonly #clock = new ManualClock();
  readonly #drain = new AbortController();
  #busy = 0;
  #epoch = 0;
  #expected: ReadonlyMap<string, string> = new Map();

  constructor(options: LiveOptions) {
    this.#options = options;
    this.node = options.node;
  }

  named(name: string): readonly LiveEvent[] {
    return this.events.filter((event) => event.name === name);
  }

  /** Runs until `enough`, then the service is drained. */
  async run(bench: Bench, enough: (self: LiveService) => boolean): Promise<void> {
    await using connection = await connectTo(this.node);
    await bench.inside(async (journal) => {
      let over = false;
      const settings = {
        ...SETTINGS,
        mode: "run",
        concurrency: 64,
        scoring: { ...SCORING, ...this.#options.scoring },
      } as const;
      const hooks = { ready: () => undefined, sealed: (result: SealedResult) => void this.sealed.push(result) };
      const ending = { drain: this.#drain.signal, signal: new AbortController().signal };
      const ended = runLoop(this.#ports(bench, connection, journal), settings, hooks, ending).finally(() => {
        over = true;
      });
      ended.catch(() => undefined);
      while (!over) {
        if (enough(this) && !this.#drain.signal.aborted) this.#drain.abort(new Error("asked to end"));
        await this.#block(() => over);
      }
      await ended;
    });
  }

  async #block(over: () => boolean): Promise<void> {
    for (let passed = 0; passed < BLOCK_MS && !over(); passed += STEP_MS) {
      await this.#clock.advance(STEP_MS);
      await this.#quiet(over);
    }
    if (over()) return;
    await this.node.advance(1);
    this.#options.block?.(this);
    await this.#quiet(over);
  }

  async #quiet(over: () => boolean): Promise<void> {
    for (let turn = 0; turn < TURNS && !over(); turn += 1) {
      await new Promise(setImmediate);
      if (this.#busy > 0) turn = 0;
    }
  }

  #ports(bench: Bench, connection: ChainConnection, journal: Journal): CyclePorts {
    const scoring = { ...SCORING, ...this.#options.scoring };
    const reader = chainReader(connection);
    const chain: ChainReader = {
      ...this.#held(reader),
      observe: (request, signal) =>
        this.#while(async () => {
          const seen = await reader.observe(request, signal);
          if (!isFault(seen)) this.#learn(seen, scoring);
          return seen;
        }),
    };
    const submitter = weightSubmitter(connection, SIGNER);
    const scripted = scriptedPorts({
      script: {
        observation: () => {
          throw new Error("the chain is real");
        },
        answer: ({ uid, taskId }) => {
          const place = [...this.#expected.keys()].indexOf(taskId);
          const expected = this.#expected.get(taskId) || "An essay about the matter.";
          return uid % 4 > place ? `After some thought:\n${expected}` : "I do not know";
        },
        judge: verdict("good"),
      },
      journal,
      signer: SIGNER,
      ledger: bench.ledger,
      secret: secretOf(0),
    });
    return {
      ...scripted,
      chain,
      signer: SIGNER,
      spend: new ScriptedMeter(),
      clock: this.#clock,
      journal: this.#held(journal),
      miners: this.#held(scripted.miners),
      judge: this.#held(scripted.judge),
      catalogue: this.#held(scripted.catalogue),
      pause: { current: () => this.pause },
      entropy: { bytes: () => secretOf(this.#epoch) },
      submitter: {
        settle: (plan, begun, signal) => submitter.settle(plan, begun, signal),
        submit: async (plan, progress, signal) => {
          // Up to the broadcast the chain stands still; what follows waits for its blocks.
          let held = true;
          const release = (): void => {
            if (held) this.#busy -= 1;
            held = false;
          };
          this.#busy += 1;
          try {
            return await submitter.submit(
              plan,
              async (step) => {
                await progress(step);
                const told = await this.#options.stepped?.(step.state, this);
                if (step.state === "broadcast" || told === "blocks") release();
              },
              signal,
            );
          } finally {
            release();
          }
        },
      },
      telemetry: {
        event: (_level, name, facts) => this.events.push({ name, facts, block: this.node.height() }),
        progress: () => undefined,
      },
    };
  }

  #learn(seen: Observation, scoring: ScoringConfig): void {
    this.#epoch = seen.epochState.index;
    this.#expected = new Map(tasksOf(seen, scoring).map((task) => [task.id, task.expected ?? ""]));
  }

  async #while<T>(work: () => Promise<T>): Promise<T> {
    this.#busy += 1;
    try {
      return await work();
    } finally {
      this.#busy -= 1;
    }
  }

  /** No block is made while one of its calls is under way; logs that it opens are held as well. */
  #held<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...args: readonly unknown[]): unknown => {
          const result: unknown = Reflect.apply(value, target, args);
          if (!(result instanceof Promise)) return result;
          return this.#while(async () => {
            const made: unknown = await result;
            return typeof made === "object" && made !== null && "append" in made ? this.#held(made) : made;
          });
        };
      },
    });
  }
}
