/**
 * Elementary functions whose every bit is specified (D8): binary64, only + − × ÷, comparisons and floor, in the written order.
 * `Math.exp` and `Math.log` may differ between versions and languages by a unit in the last place; these may not.
 * docs/bundle.md S1 is the specification. Both are within 2 ulp of the true value.
 */

/** ln 2 in two parts; the first has 21 zero bits at its end, so that k × LN2_HIGH is exact for every |k| below 2^20. */
const LN2_HIGH = 0.693_147_180_369_123_8;
const LN2_LOW = 1.908_214_929_270_587_7e-10;
const INVERSE_LN2 = Math.LOG2E;
const SQRT_2 = Math.SQRT2;
const SQRT_HALF = Math.SQRT1_2;

const EXP_OVERFLOW = 709.782_712_893_384;
const EXP_UNDERFLOW = -745.133_219_101_941_2;
const EXP_TERMS = 16;
/** 2/(2i + 1) for i = 11 … 1: the series of 2·atanh(s) − 2s in s², highest power first. */
const LN_DENOMINATORS = [23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3] as const;

/** e^x; 0 below −745.13…, Infinity above 709.78…. @throws RangeError for NaN. */
export function exp(x: number): number {
  if (Number.isNaN(x)) throw new RangeError("exp of a value that is no number");
  if (x > EXP_OVERFLOW) return Number.POSITIVE_INFINITY;
  if (x < EXP_UNDERFLOW) return 0;
  const k = Math.floor(x * INVERSE_LN2 + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let p = 1;
  for (let n = EXP_TERMS; n >= 1; n -= 1) p = 1 + (r * p) / n;
  // Two steps, so that a result below the normal range is rounded once.
  const half = Math.floor(k / 2);
  return p * powerOfTwo(half) * powerOfTwo(k - half);
}

/** Natural logarithm. @throws RangeError unless x is finite and above 0. */
export function ln(x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) throw new RangeError("ln of a value that is not finite and above 0");
  let m = x;
  let e = 0;
  for (; m >= SQRT_2; e += 1) m *= 0.5;
  for (; m < SQRT_HALF; e -= 1) m *= 2;
  const f = m - 1;
  const s = f / (2 + f);
  const q = s * s;
  let p = 0;
  for (const denominator of LN_DENOMINATORS) p = q * (2 / denominator + p);
  return e * LN2_HIGH - (s * (f - p) - e * LN2_LOW - f);
}

function powerOfTwo(exponent: number): number {
  const factor = exponent < 0 ? 0.5 : 2;
  let power = 1;
  for (let i = Math.abs(exponent); i > 0; i -= 1) power *= factor;
  return power;
}

/** 0 plus each value, from the first to the last. */
export function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** The middle value; of an even number the mean of the two middle ones, (a + b) ÷ 2. @throws RangeError when there is none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError("median of nothing");
  if (sorted.length % 2 === 1) return upper;
  return ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** The nearest integer; exactly between two, the even one. Never −0. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  return up ? floor + 1 : floor + 0;
}
