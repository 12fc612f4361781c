import { isFault } from "../core/model/fault.ts";
import type { CyclePorts } from "./cycle-context.ts";

const LOOK_MS = 5_000;
/** Ten blocks of a public chain. */
const STANDSTILL_MS = 120_000;

/**
 * Notices that the chain stands still: what counts is that a new finalized block was seen, not that a socket is open. Says so
 * after two minutes and then each time the standstill has doubled, and says when blocks come again. Ends with the signal.
 */
export async function watchChain(
  { chain, clock, telemetry }: Pick<CyclePorts, "chain" | "clock" | "telemetry">,
  signal: AbortSignal,
): Promise<void> {
  let height = -1;
  let movedAt = clock.monotonic();
  let tellAfter = STANDSTILL_MS;
  while (await slept(clock, signal)) {
    const heads = await chain.finalized(signal).catch((error: unknown) => ended(error, signal));
    if (heads === undefined) return;
    const still = clock.monotonic() - movedAt;
    if (!isFault(heads) && heads.finalized > height) {
      if (tellAfter > STANDSTILL_MS) {
        telemetry.event("info", "chain-moves-again", { block: heads.finalized, seconds: Math.round(still / 1000) });
      }
      height = heads.finalized;
      movedAt = clock.monotonic();
      tellAfter = STANDSTILL_MS;
    } else if (still >= tellAfter) {
      telemetry.event("error", "chain-stands-still", {
        lastBlock: height,
        seconds: Math.round(still / 1000),
        remedy: "No new finalized block: check the node, or name another endpoint. Touchstone goes on by itself.",
      });
      tellAfter *= 2;
    }
  }
}

async function slept(clock: CyclePorts["clock"], signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  try {
    await clock.sleep(LOOK_MS, signal);
    return true;
  } catch (error) {
    ended(error, signal);
    return false;
  }
}

/** Being told to end is no error. */
function ended(error: unknown, signal: AbortSignal): undefined {
  if (!signal.aborted) throw error;
  return undefined;
}
