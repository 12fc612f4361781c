import { isFault } from "../../core/model/fault.ts";
import type { Hex } from "../../core/model/ids.ts";
import type { SubmissionOutcome, SubmissionPlan, SubmissionProgress } from "../../ports/chain.ts";
import type { Signer } from "../../ports/signer.ts";
import { orFault } from "./chain-fault.ts";
import type { ChainConnection } from "./connection.ts";
import { dispatchResult } from "./dispatch-result.ts";
import { findFinalized, type Inclusion, neverIncluded } from "./follow.ts";
import { differentRow, readOwnRow, sameRow } from "./read-back.ts";

/** What one submission works with. */
export interface Desk {
  readonly connection: ChainConnection;
  readonly signer: Signer;
  readonly patienceMs: number;
}

/** A signed extrinsic that may be on its way. */
export interface Sent {
  readonly extrinsic: Hex;
  readonly call: string;
  readonly eraBirth: number;
  readonly eraPeriod: number;
}

export interface Case {
  readonly plan: SubmissionPlan;
  readonly sent: Sent;
  readonly progress: SubmissionProgress;
}

/** From broadcast to the end: found in a finalized block, its result there, and the row as the chain has it. */
export async function conclude(
  desk: Desk,
  { plan, sent, progress }: Case,
  signal: AbortSignal,
): Promise<SubmissionOutcome> {
  const { connection, patienceMs } = desk;
  const found = await findFinalized(connection, { ...sent, patienceMs }, signal);
  if (found === null)
    return { kind: "failed", state: "broadcast", extrinsic: sent.extrinsic, fault: neverIncluded(), open: false };
  if (isFault(found))
    return { kind: "failed", state: "broadcast", extrinsic: sent.extrinsic, fault: found, open: true };
  const refusal = await orFault(() => dispatchResult(connection, found, signal), signal);
  if (refusal !== null) {
    const known = refusal.code === "chain-refused";
    const state = known ? "finalized" : "in-block";
    return { kind: "failed", state, extrinsic: sent.extrinsic, fault: refusal, open: !known };
  }
  await progress({ state: "finalized", extrinsic: sent.extrinsic, block: found.block });
  const outcome = await reflected(desk, { plan, sent }, found, signal);
  if (outcome.kind === "direct" && outcome.state === "reflected") {
    await progress({ state: "reflected", extrinsic: sent.extrinsic, block: found.block });
  }
  return outcome;
}

/** Reads the row at the block that included it: final, and before anything later can overwrite it. */
async function reflected(
  { connection, signer }: Desk,
  { plan, sent }: Omit<Case, "progress">,
  { block }: Inclusion,
  signal: AbortSignal,
): Promise<SubmissionOutcome> {
  const row = await orFault(
    () => readOwnRow(connection, { hash: block.hash, hotkey: signer.hotkey, plan }, signal),
    signal,
  );
  const direct = { kind: "direct", call: sent.call, extrinsic: sent.extrinsic, block } as const;
  if (row !== null && isFault(row)) return { ...direct, state: "finalized", fault: row };
  if (row === null || !sameRow(plan, row)) return { ...direct, state: "finalized", fault: differentRow() };
  return { ...direct, state: "reflected", fault: null };
}
