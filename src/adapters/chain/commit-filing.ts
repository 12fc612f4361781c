import type { Fault } from "../../core/model/fault.ts";
import type { Ss58 } from "../../core/model/ids.ts";
import type { Commit } from "../../core/model/records.ts";
import type { SubmissionPlan } from "../../ports/chain.ts";
import { type QueuedCommit, readQueues } from "./commit-queue.ts";
import type { Reads } from "./view.ts";

/** A commit of ours where the chain has it. */
export interface Filed {
  readonly state: "reflected" | "finalized";
  /** With the epoch under which it stands. */
  readonly commit: Commit;
  readonly fault: Fault | null;
}

/** Epochs that may begin while an extrinsic waits for its block. */
const LATER = 2;

/** The queues in which the commit can be: of the epoch it was made for and of those after it. @throws LinkError, RpcError. */
export function readFilings(
  reads: Reads,
  { plan, commit }: { readonly plan: Pick<SubmissionPlan, "cycle">; readonly commit: Commit },
): Promise<readonly (readonly QueuedCommit[])[]> {
  const epochs = Array.from({ length: LATER + 1 }, (_, more) => commit.epoch + more);
  return readQueues(reads, plan.cycle, epochs);
}

/** The commit in those queues, or null. */
export function findFiled(
  filings: readonly (readonly QueuedCommit[])[],
  { commit, hotkey }: { readonly commit: Commit; readonly hotkey: Ss58 },
): { readonly entry: QueuedCommit; readonly later: number } | null {
  for (const [later, queue] of filings.entries()) {
    const entry = queue.find((queued) => queued.hotkey === hotkey && queued.bytes === commit.bytes);
    if (entry !== undefined) return { entry, later };
  }
  return null;
}

/** Whether the chain will open it when it was planned. */
export function filedUnder(
  filings: readonly (readonly QueuedCommit[])[],
  own: { readonly commit: Commit; readonly hotkey: Ss58 },
): Filed {
  const found = findFiled(filings, own);
  if (found === null) return { state: "finalized", commit: own.commit, fault: notQueued() };
  if (found.later === 0) return { state: "reflected", commit: own.commit, fault: null };
  const epoch = own.commit.epoch + found.later;
  return { state: "finalized", commit: { ...own.commit, epoch }, fault: filedLate(own.commit.epoch, epoch) };
}

/** Slipped over the end of its epoch (chain.md §5.3): nothing is lost but secrecy. */
function filedLate(planned: number, epoch: number): Fault {
  return {
    code: "chain-unconfirmed",
    blame: "chain",
    retryable: false,
    message:
      `The sealed weights were included after epoch ${planned} had ended and are filed under epoch ${epoch}: ` +
      "they are opened that much later than planned, and anybody can read them before that, from their round on.",
    remedy: "Nothing has to be done; if it repeats, submit earlier in the epoch or use a faster endpoint.",
  };
}

function notQueued(): Fault {
  return {
    code: "chain-unconfirmed",
    blame: "chain",
    retryable: false,
    message: "The chain accepted the sealed weights, but its queue does not hold them.",
    remedy:
      "The owner may have cancelled all commits by a pruning; else look for a second process with the same hotkey. " +
      "The next cycle commits again.",
  };
}
