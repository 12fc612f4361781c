import { type Fault, isFault } from "../../core/model/fault.ts";
import type { SubmissionState } from "../../core/model/records.ts";
import type { Ephemeral } from "../../core/timelock/timelock.ts";
import type { SubmissionOutcome, SubmissionPlan, SubmissionProgress } from "../../ports/chain.ts";
import type { Signer } from "../../ports/signer.ts";
import { orFault } from "./chain-fault.ts";
import { filedUnder, readFilings } from "./commit-filing.ts";
import type { ChainConnection } from "./connection.ts";
import { dispatchResult } from "./dispatch-result.ts";
import { findFinalized, type Inclusion, neverIncluded } from "./follow.ts";
import { differentRow, readOwnRow, sameRow } from "./read-back.ts";
import type { Sent, SentLog } from "./sent-log.ts";
import { viewAt } from "./view.ts";

/** What one submission works with. */
export interface Desk {
  readonly connection: ChainConnection;
  readonly signer: Signer;
  readonly patienceMs: number;
  readonly lookMs: number;
  readonly ephemeral: () => Ephemeral;
  /** The newest version key that may be sent; null for any. */
  readonly versionKey: number | null;
  readonly log: SentLog;
}

export interface Case {
  readonly plan: SubmissionPlan;
  readonly sent: Sent;
  readonly progress: SubmissionProgress;
}

/** From broadcast to the end: found in a finalized block, its result there, and what the chain holds of it. */
export async function conclude(
  desk: Desk,
  { plan, sent, progress }: Case,
  signal: AbortSignal,
): Promise<SubmissionOutcome> {
  const { connection, patienceMs, lookMs } = desk;
  const found = await findFinalized(connection, { ...sent, patienceMs, lookMs }, signal);
  if (found === null) return failed(sent, { state: "broadcast", fault: neverIncluded(), open: false });
  if (isFault(found)) return failed(sent, { state: "broadcast", fault: found, open: true });
  const refusal = await insisting(desk, () => dispatchResult(connection, found, signal), signal);
  if (refusal !== null) {
    const known = refusal.code === "chain-refused";
    return failed(sent, { state: known ? "finalized" : "in-block", fault: refusal, open: !known });
  }
  await progress({ state: "finalized", extrinsic: sent.extrinsic, block: found.block });
  const outcome = await reflected(desk, { plan, sent }, found, signal);
  if (outcome.state === "reflected") {
    await progress({ state: "reflected", extrinsic: sent.extrinsic, block: found.block });
  }
  return outcome;
}

const MOST_LOOKS = 4;

/** One lost answer must not leave open what the chain has long decided. */
async function insisting<T>(
  { connection, lookMs, patienceMs }: Desk,
  look: () => Promise<T>,
  signal: AbortSignal,
): Promise<T | Fault> {
  for (let looks = 1; ; looks += 1) {
    const seen = await orFault(look, signal);
    const unheard = typeof seen === "object" && seen !== null && isFault(seen) && seen.code === "chain-unreachable";
    if (!unheard || looks === MOST_LOOKS) return seen;
    await connection.heads.beyond(Number.MAX_SAFE_INTEGER, Math.min(lookMs, patienceMs), signal);
  }
}

interface Failure {
  readonly state: SubmissionState;
  readonly fault: Fault;
  readonly open: boolean;
}

export type Failed = Extract<SubmissionOutcome, { readonly kind: "failed" }>;
export type Arrived = Extract<SubmissionOutcome, { readonly kind: "direct" | "timelocked" }>;

export function failed({ extrinsic, commit }: Pick<Sent, "extrinsic" | "commit">, failure: Failure): Failed {
  return { kind: "failed", path: commit === null ? "direct" : "timelocked", commit, extrinsic, ...failure };
}

/** Reads what the chain holds at the block that included it: final, and before anything later can overwrite it. */
async function reflected(
  desk: Desk,
  { plan, sent }: Omit<Case, "progress">,
  { block }: Inclusion,
  signal: AbortSignal,
): Promise<Arrived> {
  const { extrinsic, call, resolved, commit } = sent;
  const arrived = { call, extrinsic, block, resolved };
  if (commit === null) {
    const at = { hash: block.hash, hotkey: desk.signer.hotkey, plan };
    const row = await insisting(desk, () => readOwnRow(desk.connection, at, signal), signal);
    const direct = { kind: "direct", ...arrived } as const;
    if (row !== null && isFault(row)) return { ...direct, state: "finalized", fault: row };
    if (row === null || !sameRow(resolved ?? plan, row))
      return { ...direct, state: "finalized", fault: differentRow() };
    return { ...direct, state: "reflected", fault: null };
  }
  const read = async (): ReturnType<typeof readFilings> =>
    readFilings(await viewAt(desk.connection, block.hash, signal), { plan, commit });
  const filings = await insisting(desk, read, signal);
  const timelocked = { kind: "timelocked", ...arrived } as const;
  if (isFault(filings)) return { ...timelocked, commit, state: "finalized", fault: filings };
  return { ...timelocked, ...filedUnder(filings, { commit, hotkey: desk.signer.hotkey }) };
}
