import { isFault } from "../../core/model/fault.ts";
import type { Hex } from "../../core/model/ids.ts";
import type { SubmissionPlan } from "../../ports/chain.ts";
import { orFault } from "./chain-fault.ts";
import type { Desk } from "./conclude.ts";
import { feeOf } from "./fee.ts";
import { standingAtHead } from "./prepare.ts";
import type { Sent } from "./sent-log.ts";

interface Signed {
  readonly plan: SubmissionPlan;
  readonly sent: Sent;
  readonly bytes: Hex;
}

/**
 * Hands an extrinsic that a former process signed to the node, byte for byte the same, if the head would have these very weights
 * signed again: it may never have been sent. One nonce and one hash, so that no chain accepts it twice; what the node says to it
 * proves nothing, since the first copy may have arrived.
 */
export async function sendAgain(desk: Desk, signed: Signed, signal: AbortSignal): Promise<void> {
  const { connection } = desk;
  const good = await orFault(() => isStillGood(desk, signed, signal), signal);
  if (good !== true) return;
  connection.telemetry.event("info", "weights.sent-again", { extrinsic: signed.sent.extrinsic });
  await orFault(() => connection.request("author_submitExtrinsic", [signed.bytes], signal), signal);
}

async function isStillGood(desk: Desk, { plan, sent, bytes }: Signed, signal: AbortSignal): Promise<boolean> {
  const standing = await standingAtHead(desk, plan, signal);
  if (isFault(standing) || standing.kind !== "standing") return false;
  const { subnet, view, weights } = standing;
  const { uids, values } = sent.resolved ?? plan;
  const same =
    subnet.epochState.index === plan.cycle.epoch &&
    subnet.hyperparameters.commitRevealEnabled === (sent.commit !== null) &&
    view.number < sent.eraBirth + sent.eraPeriod - 1 &&
    isSame(uids, weights.uids) &&
    isSame(values, weights.values);
  return same && ((await feeOf(view, bytes)) ?? 0n) === 0n;
}

function isSame(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((value, index) => right[index] === value);
}
