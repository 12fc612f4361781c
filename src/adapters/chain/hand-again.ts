import { isFault, ValidatorError } from "../../core/model/fault.ts";
import type { Hex } from "../../core/model/ids.ts";
import type { SubmissionPlan } from "../../ports/chain.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { isMisfortune } from "./chain-fault.ts";
import type { Desk } from "./conclude.ts";
import { feeOf } from "./fee.ts";
import { standingAtHead } from "./prepare.ts";
import type { Sent } from "./sent-log.ts";

export interface Signed {
  readonly plan: SubmissionPlan;
  readonly sent: Sent;
  readonly bytes: Hex;
}

type Cause = "new-link" | "not-included" | "restart";

/** A node that loses its link with every extrinsic is no help. */
const MOST_LINKS = 5;
/** Blocks behind the head in which finality is where it keeps up (chain.md §9). */
const USUAL_LAG = 3;
/** Beyond the head of the signature: what a node included at once is final by then. */
const UNSEEN_BLOCKS = 2;
const LOOK_MS = 60_000;

/**
 * Hands an extrinsic, byte for byte the same, to the node of every new link, and to the node at hand when blocks go by without
 * it, until it is disposed of: a node that died may have taken it along, one that took it may have lost it, one that refused it
 * may have been wrong or have made room since, and a process that was killed may never have sent it. Its era would have to be
 * waited out otherwise, and an epoch may not be that long any more. Only while the head would have these very weights signed
 * again. One nonce and one hash, so no chain accepts it twice; what a node says to it proves nothing, since the first copy may
 * have arrived. `head` is the height at which it was signed; null for one of a former process, which is handed on at once.
 */
export function handAgain(
  desk: Desk,
  signed: Signed,
  { head, signal }: { readonly head: number | null; readonly signal: AbortSignal },
): Disposable {
  const { heads, socket, telemetry } = desk.connection;
  const disposed = new AbortController();
  const stop = AbortSignal.any([disposed.signal, signal]);
  const guarded = (work: () => Promise<void>): Promise<void> => unlessStopped(work, { stop, telemetry });
  const again = (because: Cause): Promise<void> => guarded(() => hand(desk, signed, because, stop));
  const whileUnseen = async (): Promise<void> => {
    if (head === null) await again("restart");
    const pace = (head === null ? USUAL_LAG : Math.max(0, head - heads.height)) + UNSEEN_BLOCKS;
    for (let due = heads.height + pace; !stop.aborted; ) {
      await heads.beyond(due - 1, LOOK_MS, stop);
      if (heads.height < due) continue;
      await again("not-included");
      due = heads.height + pace;
    }
  };
  let links = 0;
  const deaf = socket.onLink((connected) => {
    if (!connected) return;
    links += 1;
    if (links <= MOST_LINKS) void again("new-link");
  });
  void guarded(whileUnseen);
  return {
    [Symbol.dispose]: () => {
      deaf();
      disposed.abort();
    },
  };
}

/**
 * Misfortune is what it is there for; the next block or link comes. What the chain cannot be worked with for, as when the subnet
 * has lost its mechanism, is for those to say who are waited for: nobody would catch it here, and it would end the process.
 */
async function unlessStopped(
  work: () => Promise<void>,
  { stop, telemetry }: { readonly stop: AbortSignal; readonly telemetry: Telemetry },
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (stop.aborted || isMisfortune(error)) return;
    if (!(error instanceof ValidatorError)) throw error;
    telemetry.event("warn", "weights.not-handed-again", { code: error.code, message: error.message });
  }
}

async function hand(desk: Desk, signed: Signed, because: Cause, signal: AbortSignal): Promise<void> {
  const { connection } = desk;
  if (!(await isStillGood(desk, signed, signal))) return;
  const { extrinsic } = signed.sent;
  connection.telemetry.event("info", "weights.handed-again", { extrinsic, because });
  await connection.request("author_submitExtrinsic", [signed.bytes], signal);
}

/** Whether the head would have these very weights signed in this way, for this epoch and for nothing. */
async function isStillGood(desk: Desk, { plan, sent, bytes }: Signed, signal: AbortSignal): Promise<boolean> {
  const standing = await standingAtHead(desk, plan, signal);
  if (isFault(standing) || standing.kind !== "standing") return false;
  const { subnet, view, weights } = standing;
  const [signed, now] = [sent.resolved ?? plan, weights.resolved ?? plan];
  const same =
    subnet.epochState.index === plan.cycle.epoch &&
    subnet.hyperparameters.commitRevealEnabled === (sent.commit !== null) &&
    view.number < sent.eraBirth + sent.eraPeriod - 1 &&
    isSame(signed.uids, now.uids) &&
    isSame(signed.values, now.values);
  return same && ((await feeOf(view, bytes)) ?? 0n) === 0n;
}

function isSame(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((value, index) => right[index] === value);
}
