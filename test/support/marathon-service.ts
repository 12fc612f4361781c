import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChainConnection, connectChain } from "../../src/adapters/chain/connection.ts";
import { chainReader } from "../../src/adapters/chain/reader.ts";
import { weightSubmitter } from "../../src/adapters/chain/submitter.ts";
import { openJournal } from "../../src/adapters/journal/sqlite-journal.ts";
import type { CyclePorts, CycleSettings } from "../../src/application/cycle-context.ts";
import { runLoop } from "../../src/application/loop.ts";
import { isFault } from "../../src/core/model/fault.ts";
import type { ChainReader, Observation } from "../../src/ports/chain.ts";
import type { Journal } from "../../src/ports/journal.ts";
import type { Telemetry } from "../../src/ports/telemetry.ts";
import { SETTINGS, SIGNER, verdict } from "./cycle-bench.ts";
import { ManualClock } from "./manual-clock.ts";
import type { MarathonChain } from "./marathon-chain.ts";
import { Ledger, scriptedPorts } from "./scripted-ports.ts";
import { evidenceOf, secretOf, tasksOf } from "./scripted-world.ts";
import { UnderWay } from "./under-way.ts";

/**
 * Deadlines of the connection, in real milliseconds. They stand to `BLOCK_AT_MOST_MS` about as those of the real service do to
 * the twelve seconds of a block.
 */
const TIMES = { silenceMs: 600, probeMs: 300, checkMs: 3_000 };
const REQUEST_MS = 400;
const LOOK_MS = 200;
const PATIENCE_MS = 20_000;

/** In memory where the system has such a folder: that a journal survives a power cut is tested with the journal. */
const FOLDERS = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

export interface Said {
  readonly block: number;
  readonly name: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** The service as it runs, with scripted miners and a clock that is moved by hand. */
export class MarathonService implements AsyncDisposable {
  readonly clock: ManualClock = new ManualClock();
  readonly said: Said[] = [];
  readonly connection: ChainConnection;
  readonly #ended: Promise<void>;
  readonly #work: UnderWay;
  readonly #drain = new AbortController();
  readonly #force = new AbortController();
  readonly #journal: Journal;
  readonly #folder: string;
  readonly #chain: MarathonChain;
  #over = false;

  private constructor(parts: {
    readonly chain: MarathonChain;
    readonly connection: ChainConnection;
    readonly journal: Journal;
    readonly folder: string;
    readonly work: UnderWay;
    readonly said: Said[];
    readonly telemetry: Telemetry;
  }) {
    const { chain, connection, folder, journal, work } = parts;
    this.#chain = chain;
    this.#work = work;
    this.#journal = journal;
    this.#folder = folder;
    this.said = parts.said;
    this.connection = connection;
    const settings: CycleSettings = { ...SETTINGS, mode: "run" };
    const ports = portsOf({ connection, clock: this.clock, telemetry: parts.telemetry, journal, work });
    const ending = { drain: this.#drain.signal, signal: this.#force.signal };
    this.#ended = runLoop(ports, settings, { ready: () => undefined, sealed: () => undefined }, ending).finally(() => {
      this.#over = true;
    });
    this.#ended.catch(() => undefined);
  }

  static async start(chain: MarathonChain): Promise<MarathonService> {
    const said: Said[] = [];
    const telemetry: Telemetry = {
      event: (_level, name, facts) => said.push({ block: chain.engine.chain.best, name, facts }),
      progress: () => undefined,
    };
    const connection = await connectChain({
      endpoints: chain.urls,
      expectedGenesis: chain.engine.chain.genesis,
      signal: new AbortController().signal,
      telemetry,
      requestMs: REQUEST_MS,
      requestsPerMinute: 10_000_000,
      times: TIMES,
      tablesRetryMs: 100,
    });
    if (isFault(connection)) throw new Error(connection.message);
    const work = new UnderWay();
    work.tap(connection.socket, ["request", "urgent", "subscribe"]);
    const folder = mkdtempSync(join(FOLDERS, "touchstone-marathon-"));
    const journal = await openJournal({ folder, mode: "run" });
    return new MarathonService({ chain, connection, journal, folder, work, said, telemetry });
  }

  /** Nothing is under way but waiting for the chain or the clock, and the chain's newest finalized block was seen. */
  async isAtRest(): Promise<boolean> {
    const { begun } = this.#work;
    for (let round = 0; round < QUIET_ROUNDS; round += 1) {
      if (this.#work.pending > 0 || this.#work.begun !== begun || !this.#hasCaughtUp()) return false;
      await new Promise(setImmediate);
    }
    return this.#work.pending === 0 && this.#work.begun === begun;
  }

  /** Rejects with what has ended the service, which nobody told to end. */
  async requireRunning(): Promise<void> {
    if (!this.#over) return;
    await this.#ended;
    throw new Error("the service ended without being told to");
  }

  #hasCaughtUp(): boolean {
    const { chain } = this.#chain.engine;
    const { heads, identity, socket } = this.connection;
    return (
      socket.isConnected &&
      heads.height >= chain.finalized &&
      identity.specVersion === chain.runtimeAt(chain.best).specVersion
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#drain.abort(new Error("the marathon is over"));
    this.#force.abort(new Error("the marathon is over"));
    await this.#ended.catch(() => undefined);
    await this.#journal.close();
    await this.connection[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const QUIET_ROUNDS = 4;

interface Outside {
  readonly connection: ChainConnection;
  readonly clock: ManualClock;
  readonly telemetry: Telemetry;
  readonly journal: Journal;
  readonly work: UnderWay;
}

function portsOf({ clock, connection, journal, telemetry, work }: Outside): CyclePorts {
  const world: { seen: Observation | null } = { seen: null };
  const seen = (): Observation => {
    if (world.seen === null) throw new Error("asked before anything was observed");
    return world.seen;
  };
  const scripted = scriptedPorts({
    script: {
      observation: seen,
      evidence: evidenceOf,
      answer: ({ taskId, uid }) => answerTo(seen(), uid, taskId),
      judge: verdict("good"),
    },
    journal,
    signer: SIGNER,
    ledger: new Ledger(),
    secret: secretOf(0),
  });
  const { catalogue, judge, miners, pause, spend } = scripted;
  return {
    chain: remembering(chainReader(connection), (observation) => {
      world.seen = observation;
    }),
    submitter: weightSubmitter(connection, SIGNER, { patienceMs: PATIENCE_MS, lookMs: LOOK_MS }),
    catalogue,
    judge,
    miners,
    pause,
    spend,
    journal: work.watched(journal, (result) => "append" in result),
    signer: SIGNER,
    clock,
    entropy: { bytes: () => secretOf(seen().epochState.index) },
    telemetry,
  };
}

/** A cycle's secret follows from its epoch, so the script knows the tasks and what is right. */
function answerTo(observation: Observation, uid: number, taskId: string): string {
  const tasks = tasksOf(observation);
  const index = tasks.findIndex((task) => task.id === taskId);
  return uid > index
    ? `After some thought:\n${tasks[index]?.expected ?? "An essay about the matter."}`
    : "I do not know";
}

function remembering(chain: ChainReader, remember: (seen: Observation) => void): ChainReader {
  return {
    get identity() {
      return chain.identity;
    },
    observe: async (request, signal) => {
      const seen = await chain.observe(request, signal);
      if (!isFault(seen)) remember(seen);
      return seen;
    },
    schedule: (request, signal) => chain.schedule(request, signal),
    reveal: (query, signal) => chain.reveal(query, signal),
    finalized: (signal) => chain.finalized(signal),
  };
}
