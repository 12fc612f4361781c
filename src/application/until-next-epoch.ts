import { nextEpochBlock } from "../core/chain/epoch.ts";
import type { Observation } from "../ports/chain.ts";
import type { CyclePorts } from "./cycle-context.ts";
import { followEpoch } from "./epoch-now.ts";

/** Blocks come every 12 s on the public chains; a node is asked only when it has announced a new one. */
const POLL_MS = 250;

/**
 * Waits through any trouble until it is worth looking again: another epoch has begun, sooner or later than was foreseen, or the
 * next one is due; a chain that puts it off is looked at block by block. Rejects only with the signal's reason.
 */
export async function untilNextEpoch(
  ports: Pick<CyclePorts, "chain" | "clock">,
  seen: Observation,
  hotkey: string | null,
  signal: AbortSignal,
): Promise<void> {
  const now = followEpoch(ports, seen, hotkey);
  for (;;) {
    const { epochState, height, tempo } = await now(signal);
    if (epochState.index > seen.epochState.index) return;
    if (height > seen.block.number && height >= nextEpochBlock(epochState, tempo)) return;
    await ports.clock.sleep(POLL_MS, signal);
  }
}
