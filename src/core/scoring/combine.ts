import { roundHalfEven } from "../determinism/exact-math.ts";
import type { Standing } from "./channel.ts";

export interface Combining {
  readonly judgedWeight: number;
  readonly crossCap: number;
}

/**
 * One score from both channels (judging.md §3.5): the judged standing counts at most `crossCap` above the verifiable one, so
 * that nothing said to a judge lifts a miner that cannot do the verifiable tasks. Null without verifiable evidence.
 */
export function combine(verifiable: Standing | null, judged: Standing | null, rule: Combining): Standing | null {
  if (verifiable === null || judged === null) return verifiable;
  const capped = verifiable.z + rule.crossCap;
  const judgedWeight = rule.judgedWeight;
  const verifiableWeight = 1 - judgedWeight;
  const z = judgedWeight * Math.min(judged.z, capped) + verifiableWeight * verifiable.z;
  if (judged.z > capped) return { z, stderr: verifiable.stderr };
  const a = judgedWeight * judged.stderr;
  const b = verifiableWeight * verifiable.stderr;
  return { z, stderr: Math.sqrt(a * a + b * b) };
}

/** To nine decimals, half to even: records stay short, and noise below a billionth decides nothing. */
export function quantise(value: number): number {
  return roundHalfEven(value * 1e9) / 1e9;
}
