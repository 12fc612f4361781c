import { exp, sum } from "../determinism/exact-math.ts";
import { ValidatorError } from "../model/fault.ts";
import type { ScoringConfig } from "../model/pack.ts";
import type { MinerScore, RealWeight } from "../model/records.ts";

/**
 * w ∝ exp(score ÷ temperature) × min(1, availability ÷ floor) over all miners with a score; ascending by uid as given, zeros
 * left out, sum 1 (docs/bundle.md S4). Empty when nobody has a score and is available.
 * @throws ValidatorError when the temperature is not above 0.
 */
export function softmax(
  miners: readonly MinerScore[],
  policy: ScoringConfig["policy"],
  availabilityFloor: number,
): RealWeight[] {
  const { temperature } = policy;
  if (!(temperature > 0 && Number.isFinite(temperature))) {
    throw new ValidatorError(`The softmax temperature is ${temperature}; it must be above 0.`, {
      exit: "configuration",
      code: "temperature-not-positive",
      blame: "validator",
      remedy: "Set scoring.policy.temperature to a number above 0, e.g. 0.5.",
    });
  }
  const present = miners.flatMap((miner) => {
    const factor = availabilityFactor(miner.availability, availabilityFloor);
    return miner.score === null || factor === 0 ? [] : [{ miner, score: miner.score, factor }];
  });
  const best = present.reduce((most, { score }) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  const raw = present.map(({ score, factor }) => exp((score - best) / temperature) * factor);
  const total = sum(raw);
  return present
    .map(({ miner: { uid, hotkey, registeredAt } }, index) => ({
      uid,
      hotkey,
      registeredAt,
      weight: (raw[index] ?? 0) / total,
    }))
    .filter(({ weight }) => weight > 0);
}

/** 1 at and above the floor, in proportion below it; 1 where nothing is known or no floor is set. */
function availabilityFactor(availability: number | null, floor: number): number {
  if (availability === null || !(floor > 0)) return 1;
  return Math.min(1, availability / floor);
}
