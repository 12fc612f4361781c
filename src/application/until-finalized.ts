import { isFault } from "../core/model/fault.ts";
import type { CyclePorts } from "./cycle-context.ts";

/** Blocks come every 12 s on the public chains; a node is asked only when it has announced a new one. */
const POLL_MS = 250;

/** Waits until the chain has finalized this height, through any trouble. Rejects only with the signal's reason. */
export async function untilFinalized(
  { chain, clock }: Pick<CyclePorts, "chain" | "clock">,
  block: number,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const heads = await chain.finalized(signal);
    if (!isFault(heads) && heads.finalized >= block) return;
    await clock.sleep(POLL_MS, signal);
  }
}
