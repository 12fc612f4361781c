import { roundHalfEven, sum } from "../determinism/exact-math.ts";
import { ValidatorError } from "../model/fault.ts";

export const U16_MAX = 65_535;

/** What a weight call takes: parallel lists. */
export interface EncodedWeights {
  readonly uids: readonly number[];
  readonly values: readonly number[];
}

export interface UidWeight {
  readonly uid: number;
  readonly weight: number;
}

/**
 * Max-upscaled to u16 in float64: round-half-to-even(w ÷ max × 65535), zeros dropped, order kept (D16a, chain.md §3.10 T2 T3;
 * equals SDK 11 `normalize`). Nothing above zero gives empty lists, which must never be sent (T26).
 * @throws ValidatorError for a weight that is negative or not finite, and for a uid outside u16.
 */
export function encodeWeights(weights: readonly UidWeight[]): EncodedWeights {
  check(weights);
  const most = weights.reduce((max, { weight }) => Math.max(max, weight), 0);
  if (most === 0) return { uids: [], values: [] };
  const encoded = weights
    .map(({ uid, weight }) => ({ uid, value: roundHalfEven((weight / most) * U16_MAX) }))
    .filter(({ value }) => value !== 0);
  return { uids: encoded.map(({ uid }) => uid), values: encoded.map(({ value }) => value) };
}

/**
 * Weights of sum 1 with none above `limit` (in (0, 1]): what is above a cutoff is cut, so that after renormalising the
 * largest lies on the limit; uniform where no distribution can (equals SDK 11 `clip_to_max_weight`). Of nothing: nothing.
 * @throws ValidatorError as {@link encodeWeights}.
 */
export function clipToMaxWeight(weights: readonly UidWeight[], limit: number): UidWeight[] {
  check(weights);
  const given = weights.map(({ weight }) => weight);
  const total = sum(given);
  if (total === 0) return [];
  return withWeights(weights, clip(given, total, limit));
}

/** Added to every total while the cutoff is sought, as the SDK does. */
const EPSILON = 1e-7;

function clip(given: readonly number[], total: number, limit: number): number[] {
  const n = given.length;
  if (n * limit <= 1) return given.map(() => 1 / n);
  const shares = given.map((weight) => weight / total);
  const sorted = shares.toSorted((a, b) => a - b);
  if ((sorted[n - 1] ?? 0) <= limit) return shares;

  // How many of the smallest shares could be the cutoff without exceeding the limit, and what they sum to.
  const cumulative = cumulate(sorted);
  const fits = (share: number, index: number): boolean =>
    share / ((n - index - 1) * share + (cumulative[index] ?? 0) + EPSILON) < limit;
  const below = sorted.filter(fits).length;
  const belowTotal = cumulative[below - 1] ?? 0;
  const cutoff = ((limit * belowTotal - EPSILON) / (1 - limit * (n - below))) * total;
  const clipped = given.map((weight) => Math.min(weight, cutoff));
  const clippedTotal = sum(clipped);
  return clipped.map((weight) => weight / clippedTotal);
}

function cumulate(values: readonly number[]): number[] {
  let running = 0;
  return values.map((value) => {
    running += value;
    return running;
  });
}

function withWeights(weights: readonly UidWeight[], values: readonly number[]): UidWeight[] {
  return weights.map(({ uid }, index) => ({ uid, weight: values[index] ?? 0 }));
}

function check(weights: readonly UidWeight[]): void {
  const wrong = weights.find(
    ({ uid, weight }) =>
      !(weight >= 0 && Number.isFinite(weight) && Number.isInteger(uid) && uid >= 0 && uid <= U16_MAX),
  );
  if (wrong === undefined) return;
  throw new ValidatorError(`The weight ${wrong.weight} of uid ${wrong.uid} cannot be encoded.`, {
    exit: "internal",
    code: "weight-not-encodable",
    blame: "validator",
    remedy: "This is a defect of the weight policy: weights are finite and not negative, uids are u16. Report it.",
  });
}
