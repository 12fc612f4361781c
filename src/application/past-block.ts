import { isFault } from "../core/model/fault.ts";
import type { ChainReader } from "../ports/chain.ts";
import type { CyclePorts } from "./cycle-context.ts";

/** The chain's own clock decides; when it cannot be asked, the answer is no: the limits of a call bound what is let through. */
export async function isPast(chain: ChainReader, block: number, signal: AbortSignal): Promise<boolean> {
  const heads = await chain.finalized(signal);
  return !isFault(heads) && heads.finalized >= block;
}

const ASK_EVERY_MS = 1000;

/** The same for thousands of questions: the chain is asked at most once a second, and never again once the block is past. */
export function pastBlock(
  { chain, clock }: Pick<CyclePorts, "chain" | "clock">,
  block: number,
): (signal: AbortSignal) => Promise<boolean> {
  let askedAt = Number.NEGATIVE_INFINITY;
  let answer = Promise.resolve(false);
  let past = false;
  return async (signal) => {
    if (past) return true;
    const now = clock.monotonic();
    if (now - askedAt >= ASK_EVERY_MS) {
      askedAt = now;
      answer = isPast(chain, block, signal);
    }
    past = await answer;
    return past;
  };
}
