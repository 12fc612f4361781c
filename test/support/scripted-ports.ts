import type { CyclePorts } from "../../src/application/cycle-context.ts";
import { textDigest } from "../../src/core/determinism/digest.ts";
import type { Answered, Missed } from "../../src/core/model/answers.ts";
import { type Fault, isFault } from "../../src/core/model/fault.ts";
import type { Commit } from "../../src/core/model/records.ts";
import type { ChuteEvidence } from "../../src/core/model/roster.ts";
import type {
  ChainReader,
  EpochSight,
  Heads,
  Observation,
  RevealQuery,
  RevealSight,
  SubmissionOutcome,
  WeightSubmitter,
} from "../../src/ports/chain.ts";
import type { CycleLog, Journal } from "../../src/ports/journal.ts";
import type { Miners, Question } from "../../src/ports/miners.ts";
import type { Pause } from "../../src/ports/pause.ts";
import type { ChatMessage, Completion, ReferenceModel } from "../../src/ports/reference-model.ts";
import type { Signer } from "../../src/ports/signer.ts";
import { NOTHING_SPENT, type Spend, type SpendMeter } from "../../src/ports/spend.ts";
import type { Telemetry } from "../../src/ports/telemetry.ts";
import { ManualClock } from "./manual-clock.ts";
import { evidenceOf, GENESIS, JUDGE } from "./scripted-world.ts";
import { Tripwire } from "./tripwire.ts";

/** What the world outside remembers whatever happens to the process: what was bought, and what was sent. */
export class Ledger {
  readonly bought: string[] = [];
  readonly judged: string[] = [];
  /** Digests of the vectors that reached the chain. */
  readonly sent: string[] = [];
  readonly settled: string[] = [];
  /** The extrinsics that a settlement might have sent once more; null where it must not. */
  readonly again: (string | null)[] = [];
}

export interface Script {
  readonly observation: Observation | Fault | (() => Observation | Fault);
  readonly block?: number | (() => number | Fault);
  /** Unset: what the observation says, at the scripted block. */
  readonly schedule?: () => EpochSight | Fault;
  /** Unset: nobody may ask what became of a commit. */
  readonly reveal?: (query: RevealQuery) => RevealSight | Fault;
  readonly evidence?: (chuteId: string) => ChuteEvidence;
  readonly answer?: (question: Question) => string | Fault | Promise<string | Fault>;
  readonly judge?: (messages: readonly ChatMessage[]) => string | Fault;
  /** Outcomes of `submit`, one a call; `reflected` sends for good. Unset: nothing may be submitted. */
  readonly submissions?: readonly ("reflected" | "signed-only" | SubmissionOutcome)[];
  /** Set: what is sent for good is this commit, else direct weights. */
  readonly commit?: Commit;
  readonly settle?: "by-ledger" | SubmissionOutcome | (() => SubmissionOutcome);
  /** Unset: a local chain. */
  readonly local?: boolean;
  /** Unset: never paused. */
  readonly pause?: () => Pause | null;
}

export interface Stage {
  readonly script: Script;
  readonly journal: Journal;
  readonly signer: Signer | null;
  readonly ledger: Ledger;
  readonly secret: Uint8Array;
  readonly wire?: Tripwire;
  readonly judge?: { readonly model: string; readonly chuteId: string | null };
}

export interface ScriptedPorts extends CyclePorts {
  readonly wire: Tripwire;
  readonly clock: ManualClock;
  readonly events: string[];
  readonly progress: string[];
  readonly submitted: string[];
}

/** The ports of a cycle over the script. What the script does not say is refused: the call rejects and the test fails. */
export function scriptedPorts(stage: Stage): ScriptedPorts {
  const { journal, ledger, script, secret, signer } = stage;
  const wire = stage.wire ?? new Tripwire();
  const meter = new ScriptedMeter();
  const events: string[] = [];
  const progress: string[] = [];
  const submitted: string[] = [];
  const clock = new ManualClock({ skipUpTo: 3_600_000 });
  const telemetry: Telemetry = {
    event: (_level, name) => events.push(name),
    progress: (name, done, total) => progress.push(`${name} ${done}/${total}`),
  };
  return {
    wire,
    events,
    progress,
    submitted,
    clock,
    telemetry,
    chain: scriptedChain(script, wire),
    catalogue: {
      chute: (chuteId, signal) =>
        wire.around(`chute ${chuteId}`, async () => {
          signal.throwIfAborted();
          return (script.evidence ?? evidenceOf)(chuteId);
        }),
    },
    miners: scriptedMiners({ script, wire, ledger, meter }),
    judge: scriptedJudge({ script, wire, ledger, meter }, stage.judge ?? JUDGE),
    submitter: scriptedSubmitter({ script, wire, ledger, submitted }),
    journal: wiredJournal(journal, wire),
    pause: { current: () => script.pause?.() ?? null },
    signer: signer && wiredSigner(signer, wire),
    spend: meter,
    entropy: {
      bytes: (length) => {
        if (length !== secret.length) throw new Error(`nobody scripted ${length} random bytes`);
        return secret;
      },
    },
  };
}

export class ScriptedMeter implements SpendMeter {
  #spent: Spend = NOTHING_SPENT;

  begin(already: Spend): void {
    this.#spent = already;
  }

  spent(): Spend {
    return this.#spent;
  }

  count(tokens: number): void {
    const { requests, microUsd } = this.#spent;
    this.#spent = { requests: requests + 1, tokens: this.#spent.tokens + tokens, microUsd: microUsd + tokens };
  }
}

function scriptedChain(script: Script, wire: Tripwire): ChainReader {
  return {
    identity: {
      genesis: GENESIS,
      chain: "scripted",
      specName: "node-subtensor",
      specVersion: 475,
      local: script.local ?? true,
    },
    observe: (_request, signal) =>
      wire.around("observe", async () => {
        signal.throwIfAborted();
        return typeof script.observation === "function" ? script.observation() : script.observation;
      }),
    schedule: (request, signal) =>
      wire.around("schedule", async (): Promise<EpochSight | Fault> => {
        signal.throwIfAborted();
        return script.schedule === undefined ? scheduleOf(script, request.hotkey) : script.schedule();
      }),
    reveal: (query, signal) =>
      wire.around("reveal", async () => {
        signal.throwIfAborted();
        if (script.reveal === undefined) throw new Error("nobody scripted a reveal");
        return script.reveal(query);
      }),
    finalized: (signal) =>
      wire.around("finalized", async (): Promise<Heads | Fault> => {
        signal.throwIfAborted();
        const block = typeof script.block === "function" ? script.block() : (script.block ?? 0);
        return typeof block === "number" ? { finalized: block, finalizedHash: GENESIS } : block;
      }),
  };
}

function scheduleOf(script: Script, hotkey: string | null): EpochSight | Fault {
  const seen = typeof script.observation === "function" ? script.observation() : script.observation;
  if (isFault(seen)) return seen;
  const number = typeof script.block === "function" ? script.block() : (script.block ?? 0);
  if (typeof number !== "number") return number;
  const { block, epochState, hyperparameters, neurons } = seen;
  return {
    block: { hash: block.hash, number },
    timeMs: block.timeMs,
    epochState,
    tempo: hyperparameters.tempo,
    commitRevealEnabled: hyperparameters.commitRevealEnabled,
    lastUpdate: neurons.find((neuron) => neuron.hotkey === hotkey)?.lastUpdate ?? null,
  };
}

interface Seller {
  readonly script: Script;
  readonly wire: Tripwire;
  readonly ledger: Ledger;
  readonly meter: ScriptedMeter;
}

function scriptedMiners({ script, wire, ledger, meter }: Seller): Miners {
  return {
    answer: (question, signal) =>
      wire.around(`answer ${question.uid}/${question.taskId}`, async (): Promise<Answered | Missed> => {
        if (script.answer === undefined) throw new Error("nobody scripted an answer");
        signal.throwIfAborted();
        ledger.bought.push(`${question.uid}/${question.taskId}`);
        meter.count(10);
        const said = await script.answer(question);
        signal.throwIfAborted();
        const attempts = [{ status: 200, fault: null, elapsedMs: 5 }];
        if (typeof said !== "string") return { answered: false, fault: said, attempts };
        return {
          answered: true,
          text: said,
          textDigest: textDigest(said),
          finishReason: "stop",
          latencyMs: 5,
          firstTokenMs: 2,
          usage: { promptTokens: 6, completionTokens: 4 },
          invocationId: null,
          attempts,
        };
      }),
  };
}

function scriptedJudge(
  { script, wire, ledger, meter }: Seller,
  identity: { readonly model: string; readonly chuteId: string | null },
): ReferenceModel {
  return {
    ...identity,
    complete: ({ messages }, signal) =>
      wire.around("judge", async (): Promise<Completion | Fault> => {
        if (script.judge === undefined) throw new Error("nobody scripted a verdict");
        signal.throwIfAborted();
        ledger.judged.push(textDigest(JSON.stringify(messages)));
        meter.count(20);
        const said = script.judge(messages);
        if (typeof said !== "string") return said;
        return { text: said, usage: { promptTokens: 19, completionTokens: 1 }, invocationId: null, attempts: [] };
      }),
  };
}

const EXTRINSIC = `0x${"e1".repeat(32)}` as const;
const BLOCK = { hash: `0x${"b1".repeat(32)}`, number: 1111 } as const;

export function reflectedAs(commit?: Commit): SubmissionOutcome {
  if (commit !== undefined) {
    const { kind: _direct, ...facts } = reflectedAs() as Extract<SubmissionOutcome, { kind: "direct" }>;
    return { ...facts, kind: "timelocked", call: "commit_timelocked_mechanism_weights", commit };
  }
  return {
    kind: "direct",
    state: "reflected",
    call: "set_mechanism_weights",
    extrinsic: EXTRINSIC,
    block: BLOCK,
    resolved: null,
    fault: null,
  };
}

export function neverIncludedAs(): SubmissionOutcome {
  const fault: Fault = {
    code: "chain-unconfirmed",
    blame: "chain",
    retryable: true,
    message: "Never included.",
    remedy: "Again.",
  };
  return { kind: "failed", path: "direct", commit: null, state: "broadcast", extrinsic: EXTRINSIC, fault, open: false };
}

function scriptedSubmitter(desk: {
  readonly script: Script;
  readonly wire: Tripwire;
  readonly ledger: Ledger;
  readonly submitted: string[];
}): WeightSubmitter {
  const { ledger, script, submitted, wire } = desk;
  return {
    submit: (plan, progress, signal) =>
      wire.around("submit", async () => {
        const outcome = script.submissions?.[submitted.length];
        if (outcome === undefined) throw new Error("nobody scripted this submission");
        submitted.push(plan.vectorDigest);
        signal.throwIfAborted();
        if (typeof outcome !== "string") return outcome;
        await progress({
          state: "signed",
          extrinsic: EXTRINSIC,
          bytes: "0x51",
          nonce: 1,
          eraBirth: 1100,
          eraPeriod: 64,
          ...(script.commit && { commit: script.commit }),
        });
        if (outcome === "signed-only") throw new Error("the process ended before it sent");
        signal.throwIfAborted();
        ledger.sent.push(plan.vectorDigest);
        await progress({ state: "broadcast", extrinsic: EXTRINSIC });
        await progress({ state: "finalized", extrinsic: EXTRINSIC, block: BLOCK });
        return reflectedAs(script.commit);
      }),
    settle: (plan, known, signal) =>
      wire.around("settle", async () => {
        signal.throwIfAborted();
        ledger.settled.push(known.state);
        ledger.again.push(known.again ?? null);
        if (script.settle === undefined) throw new Error("nobody scripted a settlement");
        if (typeof script.settle === "function") return script.settle();
        if (script.settle !== "by-ledger") return script.settle;
        return ledger.sent.includes(plan.vectorDigest) ? reflectedAs(script.commit) : neverIncludedAs();
      }),
  };
}

/** Asked for seals only; every other message is refused. */
function wiredSigner(signer: Signer, wire: Tripwire): Signer {
  return {
    hotkey: signer.hotkey,
    publicKey: signer.publicKey,
    cryptoType: signer.cryptoType,
    wellKnown: signer.wellKnown,
    sign: (message) => {
      if (message.kind !== "seal") throw new Error(`nobody scripted a signature of ${message.kind}`);
      return wire.around1("sign", () => signer.sign(message));
    },
  };
}

/** The real journal behind the wire. */
function wiredJournal(journal: Journal, wire: Tripwire): Journal {
  return new Proxy(journal, {
    get: (target, name) => {
      if (name === "open") {
        const open: Journal["open"] = (key, secret) =>
          wire.around("open", async () => wiredLog(await target.open(key, secret), wire));
        return open;
      }
      return bound(target, name);
    },
  });
}

const DURABLE = new Set<PropertyKey>(["append", "announce", "keep", "claim", "step", "seal"]);

function wiredLog(log: CycleLog, wire: Tripwire): CycleLog {
  return new Proxy(log, {
    get: (target, name) => {
      const value: unknown = bound(target, name);
      if (!DURABLE.has(name) || typeof value !== "function") return value;
      return (...args: readonly unknown[]): Promise<unknown> =>
        wire.around(`${String(name)} ${kindOf(args[0])}`, () => Reflect.apply(value, target, args) as Promise<unknown>);
    },
  });
}

function kindOf(value: unknown): string {
  if (typeof value === "string") return value.slice(0, 20);
  return typeof value === "object" && value !== null && "kind" in value ? String(value.kind) : "";
}

function bound(target: object, name: PropertyKey): unknown {
  const value: unknown = Reflect.get(target, name, target);
  return typeof value === "function" ? (value.bind(target) as unknown) : value;
}
