import { parentsOf } from "../core/audit/parents.ts";
import { recordDigest } from "../core/determinism/digest.ts";
import { type Fault, isFault, ValidatorError } from "../core/model/fault.ts";
import type { Hex } from "../core/model/ids.ts";
import type { Submission, SubmissionState, WeightVector, WithholdReason } from "../core/model/records.ts";
import type { SettleFacts, SubmissionOutcome, SubmissionPlan, SubmissionProgress } from "../ports/chain.ts";
import type { CycleLog } from "../ports/journal.ts";
import type { CyclePorts } from "./cycle-context.ts";
import { isPast } from "./past-block.ts";
import { untilFinalized } from "./until-finalized.ts";

export interface SubmitOptions {
  /** Nothing is sent before this block is final. */
  readonly firstBlock: number;
  /**
   * No submission for this cycle at or after this block: it would count for another epoch. Null for a cycle whose epoch is
   * over: what was begun is settled, nothing new is signed.
   */
  readonly lastBlock: number | null;
  /** For a service: a chain that cannot be asked is waited for until the window is over, and costs no attempt. */
  readonly waitsForChain: boolean;
  readonly signal: AbortSignal;
}

/**
 * Guard, claim, send, confirm. The claim is exclusive and on disk before anything is signed; an open claim of an earlier
 * process is settled by looking at the chain before anything new is signed (DESIGN promise 2).
 */
export async function submit(
  ports: CyclePorts,
  log: CycleLog,
  vector: WeightVector,
  options: SubmitOptions,
): Promise<Submission> {
  const known = log.find("submission");
  if (known !== undefined) return known;
  const submission = {
    kind: "submission",
    parents: parentsOf(vector),
    ...(await decide(ports, log, vector, options)),
  } as const;
  await log.append(submission);
  return submission;
}

type Decided = Omit<Submission, "kind" | "parents">;

async function decide(
  ports: CyclePorts,
  log: CycleLog,
  vector: WeightVector,
  options: SubmitOptions,
): Promise<Decided> {
  const [reason] = vector.withhold;
  if (reason !== undefined) return withheld(reason);
  const begun = begunFacts(log);
  if (begun === undefined) {
    if (options.firstBlock > 0) await untilFinalized(ports, options.firstBlock, options.signal);
    if (await isClosed(ports, options)) return withheld("epoch-over");
  }
  const plan = planOf(log, vector);
  await claim(log, plan);
  if (begun !== undefined) {
    const settled = await ports.submitter.settle(plan, begun, options.signal);
    if (!(await mayGoAgain(ports, settled, options))) return decided(settled);
  }
  return decided(await send(ports, log, plan, options));
}

async function claim(log: CycleLog, plan: SubmissionPlan): Promise<void> {
  const held = await log.claim(plan.vectorDigest);
  if (held !== "other") return;
  throw new ValidatorError("Another weight vector already holds the claim of this epoch; nothing was signed.", {
    exit: "journal",
    code: "claim-held",
    blame: "validator",
    remedy: "Two versions of one cycle's journal were mixed. Restore the data folder from one host only.",
  });
}

/** An epoch's weights are signed at most this often (chain.md §10). */
const MAX_ATTEMPTS = 3;
const RETRY_MS = 3_000;

/** Nothing of it can reach the chain any more, trying again may help, and the window is still open. */
async function mayGoAgain(ports: CyclePorts, outcome: SubmissionOutcome, options: SubmitOptions): Promise<boolean> {
  if (outcome.kind !== "failed" || outcome.open || !outcome.fault.retryable) return false;
  return !(await isClosed(ports, options));
}

async function isClosed({ chain }: CyclePorts, { lastBlock, signal }: SubmitOptions): Promise<boolean> {
  return lastBlock === null || (await isPast(chain, lastBlock, signal));
}

/**
 * A rate limit that ends inside the window is waited for, a passing trouble is tried again; every other refusal is final for
 * this cycle.
 */
async function send(
  ports: CyclePorts,
  log: CycleLog,
  plan: SubmissionPlan,
  options: SubmitOptions,
): Promise<SubmissionOutcome> {
  const { signal } = options;
  let waitedFor = 0;
  for (let attempt = 1; ; ) {
    const outcome = await ports.submitter.submit(plan, progressOf(ports, log), signal);
    const untilBlock = worthWaitingFor(outcome, options);
    // A block that was waited for in vain is not waited for again.
    if (untilBlock > waitedFor) {
      waitedFor = untilBlock;
      if (!(await reached(ports, untilBlock, signal)) || (await isClosed(ports, options))) return outcome;
      continue;
    }
    const cost = costOf(outcome, options);
    if (attempt + cost > MAX_ATTEMPTS || !(await mayGoAgain(ports, outcome, options))) return outcome;
    ports.telemetry.event("warn", "submission-again", { attempt, ...faultFacts(outcome) });
    attempt += cost;
    await ports.clock.sleep(RETRY_MS, signal);
  }
}

function faultFacts(outcome: SubmissionOutcome): { readonly fault?: string } {
  return outcome.kind === "failed" ? { fault: outcome.fault.code } : {};
}

/** Attempts that an outcome used up. */
function costOf(outcome: SubmissionOutcome, { waitsForChain }: SubmitOptions): 0 | 1 {
  const unheard = outcome.kind === "failed" && outcome.fault.code === "chain-unreachable";
  return waitsForChain && unheard ? 0 : 1;
}

/** The block in which the chain would take it, if that lies inside the window; else 0. */
function worthWaitingFor(outcome: SubmissionOutcome, { lastBlock }: SubmitOptions): number {
  const untilBlock = outcome.kind === "withheld" ? (outcome.untilBlock ?? 0) : 0;
  return lastBlock !== null && untilBlock < lastBlock ? untilBlock : 0;
}

/** Each step is on disk before the submitter takes it. */
function progressOf({ telemetry }: CyclePorts, log: CycleLog): SubmissionProgress {
  return async ({ state, ...facts }) => {
    await log.step({ state, facts });
    telemetry.event("info", "submission", { state });
  };
}

const POLL_MS = 1000;
/** Without a new finalized block for so long the chain stands still, and waiting for one of its blocks has no end. */
const PATIENCE_MS = 600_000;

/** Waits for a finalized block; false when the chain stands still. */
async function reached(ports: CyclePorts, block: number, signal: AbortSignal): Promise<boolean> {
  const { chain, clock, telemetry } = ports;
  telemetry.event("info", "submission-waits", { untilBlock: block });
  let height = 0;
  for (let movedAt = clock.monotonic(); clock.monotonic() - movedAt < PATIENCE_MS; ) {
    const heads = await chain.finalized(signal);
    if (!isFault(heads) && heads.finalized >= block) return true;
    if (!isFault(heads) && heads.finalized > height) {
      height = heads.finalized;
      movedAt = clock.monotonic();
    }
    await clock.sleep(POLL_MS, signal);
  }
  return false;
}

function planOf(log: CycleLog, vector: WeightVector): SubmissionPlan {
  return {
    cycle: log.key,
    targets: targetsOf(vector),
    uids: vector.uids,
    values: vector.values,
    versionKey: vector.versionKey,
    vectorDigest: recordDigest(vector),
  };
}

/** In the order of `uids`: miners whose weight became 0 on the way to u16 are in neither list. */
function targetsOf({ real, uids }: WeightVector): SubmissionPlan["targets"] {
  const sent = new Set(uids);
  return real
    .filter(({ uid }) => sent.has(uid))
    .map(({ uid, hotkey, registeredAt }) => ({ uid, hotkey, registeredAt }));
}

/** What an earlier process got to: undefined unless something was signed. */
function begunFacts(log: CycleLog): SettleFacts | undefined {
  const signed = log.steps().findLast((step) => step.state === "signed");
  const last = log.steps().at(-1);
  if (signed === undefined || last === undefined) return undefined;
  const { extrinsic, eraBirth, eraPeriod } = signed.facts;
  return {
    state: last.state,
    extrinsic: typeof extrinsic === "string" ? (extrinsic as Hex) : null,
    eraBirth: typeof eraBirth === "number" ? eraBirth : null,
    eraPeriod: typeof eraPeriod === "number" ? eraPeriod : null,
  };
}

function decided(outcome: SubmissionOutcome): Decided {
  switch (outcome.kind) {
    case "direct":
      return {
        submission: "direct",
        state: outcome.state,
        reason: null,
        extrinsic: outcome.extrinsic,
        block: outcome.block,
        call: outcome.call,
        fault: outcome.fault,
      };
    case "withheld":
      return { ...withheld(outcome.reason), reason: `${outcome.reason}: ${outcome.detail}` };
    case "dry-run":
      return {
        submission: "dry-run",
        state: "planned",
        reason: null,
        extrinsic: null,
        block: null,
        call: null,
        fault: null,
      };
    case "failed":
      return failed(outcome.fault, outcome.state, outcome.extrinsic);
  }
}

function withheld(reason: WithholdReason): Decided {
  return { submission: "withheld", state: "planned", reason, extrinsic: null, block: null, call: null, fault: null };
}

function failed(fault: Fault, state: SubmissionState, extrinsic: Hex | null): Decided {
  return { submission: "direct", state, reason: fault.message, extrinsic, block: null, call: null, fault };
}
