import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as Api from "@polkadot/api";
import type { ApiOptions } from "@polkadot/api/types";
import { type ChainConnection, connectChain } from "../../src/adapters/chain/connection.ts";
import { chainReader } from "../../src/adapters/chain/reader.ts";
import { weightSubmitter } from "../../src/adapters/chain/submitter.ts";
import { openJournal } from "../../src/adapters/journal/sqlite-journal.ts";
import type { CyclePorts } from "../../src/application/cycle-context.ts";
import { runLoop } from "../../src/application/loop.ts";
import type { SealedResult } from "../../src/application/seal-cycle.ts";
import { fromHex } from "../../src/core/determinism/digest.ts";
import { isFault } from "../../src/core/model/fault.ts";
import type { SubmissionState } from "../../src/core/model/records.ts";
import { publicKeyOf } from "../../src/localnet/chutes/sr25519.ts";
import { localRuntime, type RuntimeCodec } from "../../src/localnet/metadata/registry.ts";
import { type SimNode, startNode } from "../../src/localnet/node/node.ts";
import type { ChainReader, Observation, WeightSubmitter } from "../../src/ports/chain.ts";
import type { Journal } from "../../src/ports/journal.ts";
import { type Relay, relayTo } from "../adapters/chain/relay.ts";
import { SETTINGS, SIGNER, verdict } from "../support/cycle-bench.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { Ledger, scriptedPorts } from "../support/scripted-ports.ts";
import { chuteOf, hotkeyOf, NETUID, secretOf, tasksOf } from "../support/scripted-world.ts";

const { ApiPromise, WsProvider } = createRequire(import.meta.url)("@polkadot/api") as typeof Api;
const FOLDERS = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
/** As on the public networks: pulses of the beacon come some blocks after an epoch has begun. */
const BLOCK_MS = 12_000;
const QUIET_TURNS = 4;
const MINERS = 4;

export interface VirtualRunOptions {
  readonly runtime?: RuntimeCodec;
  readonly commitReveal?: boolean;
  readonly tempo?: number;
}

export interface Told {
  readonly name: string;
  readonly block: number;
  readonly facts: Readonly<Record<string, unknown>>;
}

/**
 * The service's own loop with the real chain adapter and the real journal against a node in virtual time: blocks come when
 * nobody has anything left to do but to wait for one. Miners and judge answer at once, differently in every epoch.
 */
export class VirtualRun implements AsyncDisposable {
  readonly node: SimNode;
  /** The wire between the two. */
  readonly relay: Relay;
  readonly told: Told[] = [];
  readonly sealed: SealedResult[] = [];
  /** Asked after each seal, before the next block. */
  onSealed: (result: SealedResult) => Promise<void> = async () => undefined;
  /** Asked when weights are due, before anything is read for them. */
  onPlan: () => Promise<void> = async () => undefined;
  /** Asked at each step of a submission, before the submitter takes it. */
  onStep: (state: SubmissionState) => Promise<void> = async () => undefined;
  readonly #clock = new ManualClock();
  readonly #connection: ChainConnection;
  readonly #drain = new AbortController();
  readonly #folder: string = mkdtempSync(join(FOLDERS, "touchstone-virtual-"));
  #busy = 0;
  #ended = false;
  #loop: Promise<void> = Promise.resolve();
  #seen: Observation | undefined;

  private constructor(node: SimNode, relay: Relay, connection: ChainConnection) {
    this.node = node;
    this.relay = relay;
    this.#connection = connection;
  }

  static async start({ commitReveal = true, tempo = 40, runtime }: VirtualRunOptions = {}): Promise<VirtualRun> {
    const node = await startNode({
      seed: 1,
      runtime: runtime ?? localRuntime({ blockMs: BLOCK_MS }),
      netuid: NETUID,
      tempo,
      commitReveal,
      validator: { publicKey: fromHex(SIGNER.publicKey), stakeRao: 10n ** 13n },
      miners: Array.from({ length: MINERS }, (_, index) => minerOf(index + 1)),
      blockMs: BLOCK_MS,
      finalityLag: 3,
      virtual: true,
      port: 0,
    });
    const relay = await relayTo(node.url);
    const run: { self?: VirtualRun } = {};
    const connection = await connectChain({
      endpoints: [relay.url],
      expectedGenesis: node.genesis,
      signal: new AbortController().signal,
      telemetry: { event: (_level, name, facts) => run.self?.tell(name, facts), progress: () => undefined },
      requestMs: 5_000,
      requestsPerMinute: 100_000_000,
      tablesRetryMs: 50,
    });
    if (isFault(connection)) throw new Error(connection.message);
    const self = new VirtualRun(node, relay, connection);
    run.self = self;
    await self.#begin();
    return self;
  }

  tell(name: string, facts: Readonly<Record<string, unknown>>): void {
    this.told.push({ name, facts, block: this.node.height() });
  }

  named(name: string): readonly Told[] {
    return this.told.filter((one) => one.name === name);
  }

  /** Lets blocks come until the condition holds. Rejects with what ended the loop. */
  async until(holds: (self: this) => boolean): Promise<void> {
    while (!holds(this)) {
      if (this.#ended) {
        await this.#loop;
        throw new Error("the loop ended");
      }
      if (await this.#isQuiet()) await this.block();
    }
  }

  /** One block, and the time that it takes. */
  async block(): Promise<void> {
    await this.node.advance(1);
    await this.#connection.heads.ask(this.#drain.signal).catch(() => undefined);
    await this.#clock.advance(BLOCK_MS);
  }

  /** What another program sees of the chain: the library as it comes, not through our adapter. */
  async withLibrary<T>(work: (api: Api.ApiPromise) => Promise<T>): Promise<T> {
    const provider = new WsProvider(this.node.url);
    const api = await ApiPromise.create({ provider, noInitWarn: true } as ApiOptions);
    try {
      return await work(api);
    } finally {
      await api.disconnect();
    }
  }

  async end(): Promise<void> {
    this.#drain.abort(new Error("asked to end"));
    await this.#loop;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    await this.#connection[Symbol.asyncDispose]();
    await this.relay[Symbol.asyncDispose]();
    await this.node[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #begin(): Promise<void> {
    const journal = await openJournal({ folder: this.#folder, mode: "run" });
    const ports = this.#ports(this.#counted(journal));
    const ending = { drain: this.#drain.signal, signal: new AbortController().signal };
    const sealed = (result: SealedResult): void => {
      this.sealed.push(result);
      void this.#during(this.onSealed(result));
    };
    const loop = runLoop(ports, { ...SETTINGS, mode: "run" }, { ready: () => undefined, sealed }, ending);
    this.#loop = this.#over(loop, journal);
    this.#loop.catch(() => undefined);
  }

  async #over(loop: Promise<void>, journal: Journal): Promise<void> {
    try {
      await loop;
    } finally {
      this.#ended = true;
      await journal.close();
    }
  }

  #ports(journal: Journal): CyclePorts {
    const ledger = new Ledger();
    const knows = (uid: number, taskId: string): string => {
      const seen = this.#seen;
      if (seen === undefined) throw new Error("a question before the first look at the chain");
      const tasks = tasksOf(seen);
      const index = tasks.findIndex(({ id }) => id === taskId);
      const good = (uid + seen.epochState.index) % MINERS > index;
      return good ? `After some thought:\n${tasks[index]?.expected ?? "An essay."}` : "I do not know";
    };
    const scripted = scriptedPorts({
      script: {
        observation: () => this.#seen ?? { ...NOBODY },
        answer: ({ taskId, uid }) => knows(uid, taskId),
        judge: verdict("good"),
      },
      journal,
      signer: SIGNER,
      ledger,
      secret: secretOf(0),
    });
    return {
      ...scripted,
      chain: this.#counted(this.#watched(chainReader(this.#connection))),
      submitter: this.#submitter(weightSubmitter(this.#connection, SIGNER)),
      signer: SIGNER,
      clock: this.#clock,
      entropy: { bytes: () => secretOf(this.#seen?.epochState.index ?? 0) },
      telemetry: { event: (_level, name, facts) => this.tell(name, facts), progress: () => undefined },
    };
  }

  #watched(reader: ChainReader): ChainReader {
    return {
      identity: reader.identity,
      observe: async (request, signal) => {
        const seen = await reader.observe(request, signal);
        if (!isFault(seen)) this.#seen = seen;
        return seen;
      },
      schedule: (request, signal) => reader.schedule(request, signal),
      reveal: (query, signal) => reader.reveal(query, signal),
      finalized: (signal) => reader.finalized(signal),
    };
  }

  /** Blocks may come as soon as the node has the extrinsic. */
  #submitter(submitter: WeightSubmitter): WeightSubmitter {
    return {
      settle: (plan, known, signal) => submitter.settle(plan, known, signal),
      submit: async (plan, progress, signal) => {
        this.#busy += 1;
        let working = true;
        const done = (): void => {
          if (working) this.#busy -= 1;
          working = false;
        };
        try {
          await this.onPlan();
          return await submitter.submit(
            plan,
            async (step) => {
              await progress(step);
              await this.onStep(step.state);
              if (step.state === "broadcast") done();
            },
            signal,
          );
        } finally {
          done();
        }
      },
    };
  }

  /** Counts what is under way; a cycle's log, too. */
  #counted<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...args: readonly unknown[]): unknown => {
          const result: unknown = Reflect.apply(value, target, args);
          return result instanceof Promise ? this.#during(result) : result;
        };
      },
    });
  }

  async #during(work: Promise<unknown>): Promise<unknown> {
    this.#busy += 1;
    try {
      const result = await work;
      return typeof result === "object" && result !== null && "append" in result ? this.#counted(result) : result;
    } finally {
      this.#busy -= 1;
    }
  }

  async #isQuiet(): Promise<boolean> {
    for (let turn = 0; turn < QUIET_TURNS; turn += 1) {
      await new Promise(setImmediate);
      if (this.#busy > 0 || this.#ended) return false;
    }
    return true;
  }
}

const NOBODY = {
  code: "chain-unreachable",
  blame: "chain",
  retryable: true,
  message: "Nothing was seen yet.",
  remedy: "Wait.",
} as const;

function minerOf(uid: number): { readonly publicKey: Uint8Array; readonly commitment: Uint8Array } {
  const publicKey = publicKeyOf(hotkeyOf(uid));
  if (publicKey === undefined) throw new Error("no such miner");
  const text = JSON.stringify({ chute_id: chuteOf(uid), model: `model-${uid}` });
  return { publicKey, commitment: new TextEncoder().encode(text) };
}
