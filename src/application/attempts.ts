import type { WeightVector } from "../core/model/records.ts";
import type { SettleFacts, SubmissionOutcome, SubmissionPlan, SubmissionProgress } from "../ports/chain.ts";
import type { CycleLog } from "../ports/journal.ts";
import type { CyclePorts } from "./cycle-context.ts";
import { foreignUpdate } from "./doppelganger.ts";
import { planOf } from "./plan-of.ts";
import { isClosed, type SubmissionWindow } from "./submission-window.ts";

export interface SubmitOptions {
  readonly window: SubmissionWindow;
  /** The operator takes it on himself that somebody else may sign with this hotkey. */
  readonly acceptDoppelgangerRisk: boolean;
  readonly signal: AbortSignal;
}

/** One cycle's weights on their way. */
export interface Desk {
  readonly ports: CyclePorts;
  readonly log: CycleLog;
  readonly vector: WeightVector;
  readonly options: SubmitOptions;
}

export type Outcome = Exclude<SubmissionOutcome, { kind: "foreign-update" }>;

/** An epoch's weights are signed at most this often (chain.md §10). */
const MAX_ATTEMPTS = 3;
const RETRY_MS = 3_000;

/**
 * A rate limit that ends inside the window is waited for, a passing trouble is tried again; every other refusal is final for
 * this cycle. A pause counts before each attempt.
 * @throws ValidatorError `foreign-update` (exit doppelganger).
 */
export async function send(desk: Desk): Promise<Outcome> {
  const { ports, options } = desk;
  let waitedFor = 0;
  for (let attempt = 1; ; ) {
    const paused = pauseOf(ports);
    if (paused !== undefined) return paused;
    const outcome = await once(desk);
    const untilBlock = await worthWaitingFor(outcome, options);
    // A block that was waited for in vain is not waited for again.
    if (untilBlock > waitedFor) {
      waitedFor = untilBlock;
      if (!(await reached(desk, untilBlock))) return outcome;
      continue;
    }
    const cost = costOf(outcome, options);
    if (attempt + cost > MAX_ATTEMPTS || !(await mayGoAgain(outcome, options))) return outcome;
    ports.telemetry.event("warn", "submission-again", { attempt, ...faultFacts(outcome) });
    attempt += cost;
    await ports.clock.sleep(RETRY_MS, options.signal);
  }
}

/**
 * Settles what an earlier process signed; only what cannot reach the chain any more is made good. The very extrinsic may be sent
 * once more, unless nothing may be sent at all.
 */
export async function resume(desk: Desk, begun: SettleFacts): Promise<Outcome> {
  const { options, ports } = desk;
  const maySend = pauseOf(ports) === undefined && !isClosed(await options.window.now(options.signal));
  const known = maySend ? begun : { ...begun, again: null };
  const settled = await concluded(desk, await ports.submitter.settle(nextPlan(desk), known, options.signal));
  return (await mayGoAgain(settled, options)) ? send(desk) : settled;
}

/** An operator's wish that nothing is sent. */
export function pauseOf({ pause }: CyclePorts): Extract<Outcome, { kind: "withheld" }> | undefined {
  const wish = pause.current();
  if (wish === null) return undefined;
  const since = wish.since === null ? "" : ` since ${wish.since}`;
  return { kind: "withheld", reason: "paused", detail: `submissions are paused${since}` };
}

async function once(desk: Desk): Promise<Outcome> {
  const { options, ports } = desk;
  return concluded(desk, await ports.submitter.submit(nextPlan(desk), progressOf(desk), options.signal));
}

function nextPlan({ log, options, ports, vector }: Desk): SubmissionPlan {
  return planOf(log, vector, options.acceptDoppelgangerRisk ? null : ports.journal);
}

/** That our own LastUpdate has moved is durable before anything else is said about it. */
async function concluded({ log, ports }: Desk, outcome: SubmissionOutcome): Promise<Outcome> {
  const { netuid, mechid } = log.key;
  if (outcome.kind === "foreign-update") {
    const { known, lastUpdate } = outcome;
    throw foreignUpdate({ netuid, mechid, hotkey: ports.signer?.hotkey ?? "", lastUpdate, known });
  }
  if (outcome.kind === "direct" || outcome.kind === "timelocked") {
    await ports.journal.noteUpdate(netuid, mechid, outcome.block.number);
  }
  return outcome;
}

/** Nothing of it can reach the chain any more, trying again may help, and the window is still open. */
async function mayGoAgain(outcome: Outcome, { signal, window }: SubmitOptions): Promise<boolean> {
  if (outcome.kind !== "failed" || outcome.open || !outcome.fault.retryable) return false;
  return !isClosed(await window.now(signal));
}

function faultFacts(outcome: Outcome): { readonly fault?: string } {
  return outcome.kind === "failed" ? { fault: outcome.fault.code } : {};
}

/** Attempts that an outcome used up. */
function costOf(outcome: Outcome, { window }: SubmitOptions): 0 | 1 {
  const unheard = outcome.kind === "failed" && outcome.fault.code === "chain-unreachable";
  return window.waits && unheard ? 0 : 1;
}

/** The block in which the chain would take it, if that lies inside the window; else 0. */
async function worthWaitingFor(outcome: Outcome, { signal, window }: SubmitOptions): Promise<number> {
  const untilBlock = outcome.kind === "withheld" ? (outcome.untilBlock ?? 0) : 0;
  if (untilBlock === 0) return 0;
  const { close } = await window.now(signal);
  return close !== null && untilBlock < close ? untilBlock : 0;
}

/** Each step is on disk before the submitter takes it. */
function progressOf({ log, ports }: Desk): SubmissionProgress {
  return async ({ state, ...facts }) => {
    await log.step({ state, facts });
    ports.telemetry.event("info", "submission", { state });
  };
}

const POLL_MS = 1000;
/** Without a new finalized block for so long the chain stands still, and waiting for one of its blocks has no end. */
const PATIENCE_MS = 600_000;

/** Waits for a finalized block; false when the chain stands still or the window closes first. */
async function reached({ options, ports }: Desk, block: number): Promise<boolean> {
  const { signal, window } = options;
  const { clock, telemetry } = ports;
  telemetry.event("info", "submission-waits", { untilBlock: block });
  let height = 0;
  for (let movedAt = clock.monotonic(); clock.monotonic() - movedAt < PATIENCE_MS; ) {
    const now = await window.now(signal);
    if (isClosed(now)) return false;
    if (now.height >= block) return true;
    if (now.height > height) {
      height = now.height;
      movedAt = clock.monotonic();
    }
    await clock.sleep(POLL_MS, signal);
  }
  return false;
}
