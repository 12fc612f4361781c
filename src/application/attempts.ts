import { type Fault, isFault } from "../core/model/fault.ts";
import type { WeightVector } from "../core/model/records.ts";
import type { SettleFacts, SubmissionOutcome, SubmissionPlan, SubmissionProgress } from "../ports/chain.ts";
import type { CycleLog } from "../ports/journal.ts";
import { acceptedIn, hasArrived, standsInstead } from "./accepted.ts";
import type { CyclePorts } from "./cycle-context.ts";
import { foreignUpdate, guardAgainstDoppelganger, mayBeFormer } from "./doppelganger.ts";
import { begunFacts, planOf } from "./plan-of.ts";
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

type ForeignOutcome = Extract<SubmissionOutcome, { kind: "foreign-update" }>;
export type Outcome = Exclude<SubmissionOutcome, { kind: "foreign-update" }>;

/**
 * Attempts of a cycle started by hand, and of a service those that the chain itself refused in a block (chain.md §10). What
 * reached no block cost nothing: a service goes on, with longer and longer waits, as long as the window is open.
 */
const MAX_ATTEMPTS = 3;
const RETRY_MS = 3_000;
const LONGEST_RETRY_MS = 300_000;

/**
 * A rate limit that ends inside the window is waited for, a passing trouble is tried again; every other refusal is final for
 * this cycle. A pause counts before each attempt.
 * @throws ValidatorError `foreign-update` (exit doppelganger).
 */
export async function send(desk: Desk): Promise<Outcome> {
  const { ports, options } = desk;
  let waitedFor = 0;
  let used = 0;
  let waitMs = RETRY_MS;
  for (let attempt = 1; ; attempt += 1) {
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
    used += costOf(outcome, options);
    if (used >= MAX_ATTEMPTS || !(await mayGoAgain(outcome, options))) return outcome;
    ports.telemetry.event("warn", "submission-again", { attempt, ...faultFacts(outcome) });
    await ports.clock.sleep(waitMs, options.signal);
    waitMs = isUnheard(outcome) ? RETRY_MS : Math.min(2 * waitMs, LONGEST_RETRY_MS);
  }
}

/**
 * Settles what an earlier process signed; only what cannot reach the chain any more is made good. What is known to have been
 * accepted stays so, whatever the chain can be asked now; where something was signed after it, it had been cancelled.
 */
export async function resume(desk: Desk, begun: SettleFacts): Promise<Outcome> {
  const settled = await untilKnown(desk, await settle(desk, begun));
  if (hasArrived(settled)) return settled;
  const standing = acceptedIn(desk.log);
  if (standing !== undefined && standing.extrinsic === begun.extrinsic) return concluded(desk, standing);
  const next = (await mayGoAgain(settled, desk.options)) ? await send(desk) : settled;
  return standing === undefined ? next : standsInstead(standing, next);
}

/** The very extrinsic may be sent once more, unless nothing may be sent at all. */
async function settle(desk: Desk, begun: SettleFacts): Promise<Outcome> {
  const { options, ports } = desk;
  const maySend = pauseOf(ports) === undefined && !isClosed(await options.window.now(options.signal));
  const known = maySend ? begun : { ...begun, again: null };
  return concluded(desk, await ports.submitter.settle(nextPlan(desk), known, options.signal));
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
  const outcome = await ports.submitter.submit(nextPlan(desk), progressOf(desk), options.signal);
  return untilKnown(desk, await concluded(desk, outcome));
}

/**
 * What may have reached the chain is looked for while the window is open: it alone says whether anything else may be signed, and
 * an epoch is not given up for a node that finalizes nothing for a while. A cycle started by hand takes the first answer.
 */
async function untilKnown(desk: Desk, outcome: Outcome): Promise<Outcome> {
  const { log, options, ports } = desk;
  let found = outcome;
  while (options.window.waits && found.kind === "failed" && found.open) {
    const begun = begunFacts(log);
    if (begun === undefined || isClosed(await options.window.now(options.signal))) return found;
    ports.telemetry.event("warn", "submission-unknown", faultFacts(found));
    await ports.clock.sleep(RETRY_MS, options.signal);
    found = await settle(desk, begun);
  }
  return found;
}

function nextPlan({ log, options, ports, vector }: Desk): SubmissionPlan {
  return planOf(log, vector, options.acceptDoppelgangerRisk ? null : ports.journal);
}

/** That it was accepted, and that our own LastUpdate has moved, is durable before anything else is said about it. */
async function concluded(desk: Desk, outcome: SubmissionOutcome): Promise<Outcome> {
  const { log, ports } = desk;
  const { netuid, mechid } = log.key;
  if (outcome.kind === "foreign-update") return ownReveal(desk, outcome);
  if (hasArrived(outcome)) {
    const { block, extrinsic, state } = outcome;
    if (acceptedIn(log)?.extrinsic !== extrinsic) await log.step({ state, facts: { extrinsic, block } });
    await ports.journal.noteUpdate({ netuid, mechid, hotkey: ports.signer?.hotkey ?? "" }, block.number);
  }
  return outcome;
}

/**
 * The head shows an own update that the journal does not know. Nothing that was signed for this cycle is open any more; where weights
 * of a former one may have arrived or been opened since the observation, the finalized state decides; else it is somebody else's.
 * @throws ValidatorError `foreign-update` (exit doppelganger).
 */
async function ownReveal(desk: Desk, { known, lastUpdate }: ForeignOutcome): Promise<Outcome> {
  const { log, options, ports } = desk;
  const { netuid, mechid } = log.key;
  const hotkey = ports.signer?.hotkey ?? "";
  const snapshot = log.find("snapshot");
  const update = { netuid, mechid, hotkey, lastUpdate, known };
  if (snapshot === undefined || !(await mayBeFormer(ports.journal, snapshot, update))) throw foreignUpdate(update);
  await reached(desk, lastUpdate);
  const seen = await ports.chain.observe({ netuid, mechid, hotkey, known: [] }, options.signal);
  if (isFault(seen)) return notSent(UNSEEN);
  await guardAgainstDoppelganger(ports, seen, hotkey, { accept: false, settled: true });
  return notSent(OPENED);
}

function notSent(fault: Fault): Outcome {
  return { kind: "failed", path: "direct", commit: null, state: "claimed", extrinsic: null, fault, open: false };
}

/** Not the adapter's own: it may name an endpoint, and this one stands in a bundle (D17a). */
const UNSEEN: Fault = {
  code: "chain-unreachable",
  blame: "chain",
  retryable: true,
  message: "Whose update moved the own LastUpdate could not be seen: the chain node did not answer.",
  remedy: "Check the endpoint and the network; it is tried again while the window is open.",
};

const OPENED: Fault = {
  code: "chain-unconfirmed",
  blame: "nobody",
  retryable: true,
  message: "Former weights of ours arrived or were opened while these were made, and moved the own LastUpdate.",
  remedy: "The weights are sent now.",
};

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
  const inBlock = outcome.kind === "failed" && outcome.state === "finalized";
  return window.waits && !inBlock ? 0 : 1;
}

function isUnheard(outcome: Outcome): boolean {
  return outcome.kind === "failed" && outcome.fault.code === "chain-unreachable";
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
