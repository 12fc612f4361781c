import type { RandomStream } from "../../core/determinism/random.ts";
import type { FaultCode } from "../../core/model/fault.ts";

/** Waiting helps these only if it is long: instances have to be started or to become free (chutes.md §8: 2, 4, 8 … 60 s). */
const SLOW: ReadonlySet<FaultCode> = new Set<FaultCode>([
  "capacity",
  "rate-limited",
  "chute-cold",
  "model-unavailable",
]);

const SLOW_PACE = { baseMs: 2_000, capMs: 60_000 } as const;
/** Resets and gateway errors (chutes.md §8, SN44's 0.5 · 2ⁿ). */
const FAST_PACE = { baseMs: 500, capMs: 10_000 } as const;

/**
 * Milliseconds to wait after the `failures`-th failure (1, 2, …): full jitter, uniform in 1 … min(cap, base · 2^(failures−1)).
 * Pure: the draw comes from the stream. The platform tries up to three instances itself, so there is no need to hurry.
 */
export function backoffMs(code: FaultCode, failures: number, random: RandomStream): number {
  const { baseMs, capMs } = SLOW.has(code) ? SLOW_PACE : FAST_PACE;
  let ceiling: number = baseMs;
  for (let n = 1; n < failures && ceiling < capMs; n += 1) ceiling *= 2;
  return random.between(1, Math.min(ceiling, capMs));
}
