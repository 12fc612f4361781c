import { type Fault, isFault } from "../../core/model/fault.ts";
import type { SettleFacts, SubmissionOutcome, SubmissionPlan } from "../../ports/chain.ts";
import { asHash } from "./answers.ts";
import { orFault } from "./chain-fault.ts";
import { filedUnder, findFiled, readFilings } from "./commit-filing.ts";
import { type Arrived, conclude, type Desk, failed } from "./conclude.ts";
import { weightsCall } from "./extrinsic.ts";
import { handAgain } from "./hand-again.ts";
import { differentRow, readOwnRow, sameRow } from "./read-back.ts";
import type { Sent } from "./sent-log.ts";
import { viewAt } from "./view.ts";

/** Milliseconds for blocks of the past. */
const PAST_MS = 30_000;

/**
 * What became of a submission that a former process began. Its hash is durable before it is broadcast, so without one nothing
 * was sent; with one, the finalized blocks of its era say what happened, and their end is waited for. Meanwhile the same bytes
 * are handed to the node once more where they may be: a process that dies just before it sends must not cost an epoch. Nodes that
 * have dropped those blocks still have what they led to: the row, or the commit in its queue.
 */
export async function settleSubmission(
  desk: Desk,
  plan: SubmissionPlan,
  known: SettleFacts,
  signal: AbortSignal,
): Promise<SubmissionOutcome> {
  const { extrinsic, eraBirth, eraPeriod, commit, resolved } = known;
  if (extrinsic === null || eraBirth === null || eraPeriod === null) {
    return {
      ...failed({ commit, extrinsic: "0x" }, { state: known.state, fault: neverSent(), open: false }),
      extrinsic,
    };
  }
  const sent: Sent = { extrinsic, call: known.call ?? usualCall(desk, plan), eraBirth, eraPeriod, resolved, commit };
  desk.log.note(plan.cycle, sent);
  const early = await orFault(() => shown(desk, plan, { sent, inBlock: false, unread: false }, signal), signal);
  if (early !== "nothing" && early !== "too-early" && !isFault(early)) return early;
  using _again =
    early !== "nothing" && known.again
      ? handAgain(desk, { plan, sent, bytes: known.again }, { head: null, signal })
      : null;
  // With the era over all its blocks are final: a node that does not show them now never will.
  const patienceMs = early === "nothing" ? Math.min(PAST_MS, desk.patienceMs) : desk.patienceMs;
  const progress = (): Promise<void> => Promise.resolve();
  const outcome = await conclude({ ...desk, patienceMs }, { plan, sent, progress }, signal);
  if (outcome.kind !== "failed" || outcome.fault.code === "chain-refused") return outcome;
  const inBlock = outcome.state === "in-block";
  const unread = outcome.open;
  const late = await orFault(() => shown(desk, plan, { sent, inBlock, unread }, signal), signal);
  if (late === "too-early" || (late !== "nothing" && isFault(late))) return { ...outcome, state: known.state };
  // The era is over and the state shows nothing of it: whatever the blocks say, nothing of it can come any more.
  return late === "nothing" ? { ...outcome, state: known.state, open: false } : late;
}

/**
 * What finalized state shows once the era is over: then it says everything that it will ever say. An own update within the era
 * of what stands in a block is that block's doing, even when the row has changed since: miners are replaced and pruned. Of a commit
 * that is queued no more it is the only trace where the blocks cannot be read; where they can, they say whose it was.
 */
async function shown(
  desk: Desk,
  plan: SubmissionPlan,
  { sent, inBlock, unread }: { readonly sent: Sent; readonly inBlock: boolean; readonly unread: boolean },
  signal: AbortSignal,
): Promise<Arrived | "nothing" | "too-early"> {
  const { finalized, finalizedHash } = await desk.connection.heads.ask(signal);
  if (finalized < sent.eraBirth + sent.eraPeriod) return "too-early";
  const row = await readOwnRow(desk.connection, { hash: finalizedHash, hotkey: desk.signer.hotkey, plan }, signal);
  const updated = row !== null && isWithin(row.lastUpdate, sent) ? row.lastUpdate : null;
  if (sent.commit !== null) {
    return shownByQueue(desk, { plan, sent, hash: finalizedHash, updated: unread ? updated : null }, signal);
  }
  if (row === null || updated === null) return "nothing";
  const same = sameRow(sent.resolved ?? plan, row);
  if (!same && !inBlock) return "nothing";
  const block = await blockAt(desk, updated, signal);
  const { call, extrinsic, resolved } = sent;
  const arrived = { kind: "direct", resolved, call, extrinsic, block } as const;
  return same
    ? { ...arrived, state: "reflected", fault: null }
    : { ...arrived, state: "finalized", fault: differentRow() };
}

/** Journals did not always say it. */
function usualCall({ connection }: Desk, plan: SubmissionPlan): string {
  return weightsCall(connection.api, plan)?.name ?? "SubtensorModule.set_weights";
}

interface Question {
  readonly plan: SubmissionPlan;
  readonly sent: Sent;
  readonly hash: `0x${string}`;
  /** The own LastUpdate when it lies within the era: a commit moves it, whether it is still queued or opened already. */
  readonly updated: number | null;
}

async function shownByQueue(
  desk: Desk,
  { plan, sent, hash, updated }: Question,
  signal: AbortSignal,
): Promise<Arrived | "nothing"> {
  const { call, extrinsic, resolved, commit } = sent;
  if (commit === null) return "nothing";
  const own = { commit, hotkey: desk.signer.hotkey };
  const filings = await readFilings(await viewAt(desk.connection, hash, signal), { plan, commit });
  const queued = findFiled(filings, own);
  const included = queued?.entry.block ?? updated;
  if (included === null) return "nothing";
  const arrived = {
    kind: "timelocked",
    call,
    extrinsic,
    resolved,
    block: await blockAt(desk, included, signal),
  } as const;
  // Opened or cancelled meanwhile: which of the two, the look at the reveal says.
  return queued === null
    ? { ...arrived, state: "finalized", commit, fault: null }
    : { ...arrived, ...filedUnder(filings, own) };
}

function isWithin(block: number, { eraBirth, eraPeriod }: Sent): boolean {
  return block > eraBirth && block <= eraBirth + eraPeriod;
}

async function blockAt(
  { connection }: Desk,
  number: number,
  signal: AbortSignal,
): Promise<{ readonly hash: `0x${string}`; readonly number: number }> {
  return { hash: asHash(await connection.request("chain_getBlockHash", [number], signal)), number };
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
