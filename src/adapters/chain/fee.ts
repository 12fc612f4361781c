import { fromHex } from "../../core/determinism/digest.ts";
import type { Hex } from "../../core/model/ids.ts";
import { natural, parseAnswer } from "./answers.ts";
import { LinkError } from "./chain-fault.ts";
import { type Withheld, withheld } from "./preflight.ts";
import type { Reads } from "./view.ts";

const CALL = { api: "transactionPaymentApi", method: "queryInfo" };

/**
 * What the chain would charge for the extrinsic, in rao; null when the runtime does not say. The extrinsic carries any
 * signature: fees do not look at it.
 *
 * @throws LinkError, RpcError.
 */
export async function feeOf(reads: Reads, extrinsic: Hex): Promise<bigint | null> {
  if (reads.tables.call[CALL.api]?.[CALL.method] === undefined) return null;
  const info = await reads.call(CALL.api, CALL.method, [extrinsic, fromHex(extrinsic).length]);
  if (typeof info !== "object" || info === null || !("partialFee" in info)) {
    throw new LinkError("The chain node's answer for the fee cannot be read.");
  }
  return parseAnswer(natural, info.partialFee, "the fee");
}

/** Weight calls are free; if ever they are not, it is the owner's coldkey that pays (chain-newest.md N15). */
export function feeAsked(rao: bigint): Withheld {
  return withheld(
    "fee-not-zero",
    `The chain asks ${rao} rao for this call, which the owner's coldkey would pay. Weights are free on this chain; ` +
      "check the endpoint, and look for a newer version.",
  );
}
