import { randomBytes } from "node:crypto";
import { type Fault, isFault, ValidatorError } from "../../core/model/fault.ts";
import type { Hex } from "../../core/model/ids.ts";
import type { Ephemeral } from "../../core/timelock/timelock.ts";
import type { SubmissionOutcome, SubmissionPlan, SubmissionProgress, WeightSubmitter } from "../../ports/chain.ts";
import type { Signer } from "../../ports/signer.ts";
import { broadcast, type Refused } from "./broadcast.ts";
import { orFault } from "./chain-fault.ts";
import { conclude, type Desk, failed } from "./conclude.ts";
import type { ChainConnection } from "./connection.ts";
import { handAgain } from "./hand-again.ts";
import { type Prepared, prepare } from "./prepare.ts";
import { type Sent, SentLog } from "./sent-log.ts";
import { settleSubmission } from "./settle.ts";

export interface SubmitterOptions {
  /** Milliseconds without a new finalized block after which a submission is left unconfirmed; ten minutes unless told. */
  readonly patienceMs?: number;
  /** Milliseconds after which finalized blocks are looked for without an announcement; six seconds unless told. */
  readonly lookMs?: number;
  /** The newest version key that may be sent; null, and unless told, for whatever the subnet asks for. */
  readonly versionKey?: number | null;
  /** Random bytes of one sealed vector, from the system unless told; tests want the same commit twice. */
  readonly ephemeral?: () => Ephemeral;
}

const PATIENCE_MS = 600_000;
/** A subscription may have died silently. */
const LOOK_MS = 6_000;

/**
 * Submits weights through one connection, sealed where the subnet asks for it.
 * @throws ValidatorError `well-known-key` (exit key) when such a key would sign on a chain that is not local. Submitting throws
 * `vector-invalid` and `timelock-self-check` (exit internal).
 */
export function weightSubmitter(
  connection: ChainConnection,
  signer: Signer,
  options: SubmitterOptions = {},
): WeightSubmitter {
  if (signer.wellKnown && !connection.identity.local) {
    throw new ValidatorError(
      "The configured hotkey is a key that everybody knows, and this chain is not a local one.",
      {
        exit: "key",
        code: "well-known-key",
        blame: "validator",
        remedy: "Configure a hotkey of your own; //Alice and its like work on a localnet only.",
      },
    );
  }
  const { patienceMs = PATIENCE_MS, lookMs = LOOK_MS, ephemeral = freshBytes, versionKey = null } = options;
  const desk: Desk = { connection, signer, patienceMs, lookMs, ephemeral, versionKey, log: new SentLog() };
  return {
    submit: (plan, progress, signal) => submit(desk, plan, progress, signal),
    settle: (plan, known, signal) => settleSubmission(desk, plan, known, signal),
  };
}

function freshBytes(): Ephemeral {
  return { key: randomBytes(32), sigma: randomBytes(32), nonce: randomBytes(12) };
}

/** What the chain says when the way was right at the head and is wrong in the block (chain.md §3.2, §10). */
const REBUILT_ONCE = /^CommitReveal(?:Enabled|Disabled)$|InvalidRevealRound$/;

async function submit(
  desk: Desk,
  plan: SubmissionPlan,
  progress: SubmissionProgress,
  signal: AbortSignal,
): Promise<SubmissionOutcome> {
  requireVector(plan);
  const prepared = await ready(desk, plan, signal);
  if (prepared.kind !== "prepared") return prepared;
  const outcome = await send(desk, { plan, progress, prepared }, signal);
  if (!mayBeRebuilt(outcome)) return outcome;
  desk.connection.telemetry.event("warn", "weights.rebuilt", { because: outcome.fault.evidence?.detail ?? "" });
  const again = await ready(desk, plan, signal);
  if (again.kind !== "prepared") return again;
  // In another epoch it would be another cycle's.
  return again.epoch === plan.cycle.epoch ? send(desk, { plan, progress, prepared: again }, signal) : outcome;
}

type FailedOutcome = Extract<SubmissionOutcome, { readonly kind: "failed" }>;

/** Only for what the chain itself refused: a look at the head says more than it did before. */
function mayBeRebuilt(outcome: SubmissionOutcome): outcome is FailedOutcome {
  if (outcome.kind !== "failed" || outcome.open || outcome.extrinsic === null) return false;
  return REBUILT_ONCE.test(outcome.fault.evidence?.detail ?? "");
}

async function ready(desk: Desk, plan: SubmissionPlan, signal: AbortSignal): Promise<Prepared | SubmissionOutcome> {
  const prepared = await orFault(() => prepare(desk, plan, signal), signal);
  if (isFault(prepared)) return notSigned(prepared, "direct");
  return prepared.kind === "unsigned" ? notSigned(prepared.fault, prepared.path) : prepared;
}

interface Job {
  readonly plan: SubmissionPlan;
  readonly progress: SubmissionProgress;
  readonly prepared: Prepared;
}

async function send(desk: Desk, { plan, progress, prepared }: Job, signal: AbortSignal): Promise<SubmissionOutcome> {
  const { bytes, head, nonce, sent } = prepared;
  const { extrinsic, eraBirth, eraPeriod, call, resolved, commit } = sent;
  desk.log.note(plan.cycle, sent);
  await progress({ state: "signed", extrinsic, bytes, nonce, eraBirth, eraPeriod, call, resolved, commit });
  const refused = await broadcast(desk.connection, bytes, (hash) => sighted(desk.connection, hash), signal);
  // What no node has is not handed on: its refusal would prove nothing any more.
  if (refused?.nonce === null) return failed(sent, { state: "signed", fault: refused.fault, open: false });
  using _again = handAgain(desk, { plan, sent, bytes }, { head, signal });
  if (refused !== null) return await afterRefusal(desk, { plan, sent, progress, refused }, signal);
  await progress({ state: "broadcast", extrinsic });
  return await conclude(desk, { plan, sent, progress }, signal);
}

function sighted(connection: ChainConnection, block: Hex): void {
  connection.telemetry.event("debug", "weights.in-block", { block });
}

interface RefusedCase {
  readonly plan: SubmissionPlan;
  readonly sent: Sent;
  readonly progress: SubmissionProgress;
  readonly refused: Refused;
}

/**
 * A refused extrinsic is gone; one of ours under its nonce may not be. With the nonce used up, an earlier one of this epoch may be
 * what landed, or this very one, which a gateway handed on before it asked again. With the nonce occupied, the occupant may land
 * until its era is over; ours ends no sooner, so that waiting for both eras leaves nothing open.
 */
async function afterRefusal(
  desk: Desk,
  { plan, sent, progress, refused }: RefusedCase,
  signal: AbortSignal,
): Promise<SubmissionOutcome> {
  for (const one of [...desk.log.others(plan.cycle, sent.extrinsic), sent]) {
    const outcome = await conclude(desk, { plan, sent: one, progress }, signal);
    if (outcome.kind !== "failed" || outcome.open) return outcome;
    // What its block says of it counts more than what the pool said.
    if (one === sent && outcome.state === "finalized") return outcome;
  }
  return failed(sent, { state: "signed", fault: refused.fault, open: false });
}

/** An empty or all-zero row would wipe out the one on chain (T26); the guard of the weights lets neither through. */
function requireVector(plan: SubmissionPlan): void {
  const aligned = plan.uids.length === plan.values.length && plan.uids.length === plan.targets.length;
  if (aligned && plan.values.some((value) => value > 0)) return;
  throw new ValidatorError("A weight vector that is empty, all zero or out of step with its uids must not be sent.", {
    exit: "internal",
    code: "vector-invalid",
    blame: "validator",
    remedy: "Report this with the bundle of the cycle.",
  });
}

function notSigned(fault: Fault, path: FailedOutcome["path"]): SubmissionOutcome {
  return { kind: "failed", path, commit: null, state: "claimed", extrinsic: null, fault, open: false };
}
