import { type Fault, isFault } from "../../core/model/fault.ts";
import type { SettleFacts, SubmissionOutcome, SubmissionPlan } from "../../ports/chain.ts";
import { asHash } from "./answers.ts";
import { orFault } from "./chain-fault.ts";
import { conclude, type Desk, type Sent } from "./conclude.ts";
import { weightsCall } from "./extrinsic.ts";
import { readOwnRow, sameRow } from "./read-back.ts";

/**
 * What became of a submission that a former process began. Its hash is durable before it is broadcast, so without one nothing
 * was sent; with one, the finalized blocks of its era say what happened, and their end is waited for.
 */
export async function settleSubmission(
  desk: Desk,
  plan: SubmissionPlan,
  known: SettleFacts,
  signal: AbortSignal,
): Promise<SubmissionOutcome> {
  const { extrinsic, eraBirth, eraPeriod } = known;
  if (extrinsic === null || eraBirth === null || eraPeriod === null) {
    return { kind: "failed", state: known.state, extrinsic, fault: neverSent(), open: false };
  }
  const call = weightsCall(desk.connection.api, plan).name;
  const sent = { extrinsic, call, eraBirth, eraPeriod };
  const outcome = await conclude(desk, { plan, sent, progress: () => Promise.resolve() }, signal);
  if (outcome.kind !== "failed" || outcome.fault.code !== "chain-unconfirmed") return outcome;
  const shown = await orFault(() => shownByRow(desk, plan, sent, signal), signal);
  return shown === null || isFault(shown) ? { ...outcome, state: known.state } : shown;
}

/** Nodes may have dropped the block; then the row itself, updated within the era, says that the weights arrived. */
async function shownByRow(
  { connection, signer }: Desk,
  plan: SubmissionPlan,
  sent: Sent,
  signal: AbortSignal,
): Promise<SubmissionOutcome | null> {
  const { finalizedHash } = await connection.heads.ask(signal);
  const row = await readOwnRow(connection, { hash: finalizedHash, hotkey: signer.hotkey, plan }, signal);
  if (row === null || !sameRow(plan, row)) return null;
  if (row.lastUpdate <= sent.eraBirth || row.lastUpdate > sent.eraBirth + sent.eraPeriod) return null;
  const hash = asHash(await connection.request("chain_getBlockHash", [row.lastUpdate], signal));
  const { call, extrinsic } = sent;
  return { kind: "direct", state: "reflected", call, extrinsic, block: { hash, number: row.lastUpdate }, fault: null };
}

function neverSent(): Fault {
  return {
    code: "chain-unconfirmed",
    blame: "nobody",
    retryable: true,
    message: "The former process ended before it sent the weights.",
    remedy: "They are sent now.",
  };
}
