/** A row by target uid, real values; only what is not zero. */
export type Row = ReadonlyMap<number, number>;

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** To sum 1; zeros stay. */
export function normalise(values: readonly number[]): number[] {
  const total = sum(values);
  return values.map((value) => (total > 0 ? value / total : 0));
}

/** A share as stored: cut, not rounded (step 15). */
export function toU16(share: number): number {
  return Math.min(65_535, Math.trunc(share * 65_535));
}
