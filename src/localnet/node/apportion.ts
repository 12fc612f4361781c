/**
 * Divides whole units in proportion to weights: everyone gets the part rounded down, what is left goes by ones to the largest
 * remainders, ties to the lower place. The sum is exact; a weight of zero gets nothing (chain-newest.md §1.4).
 *
 * @returns all zeros when there is no weight
 */
export function apportion(units: bigint, weights: readonly bigint[]): bigint[] {
  const total = weights.reduce((all, weight) => all + weight, 0n);
  if (total === 0n) return weights.map(() => 0n);
  const parts = weights.map((weight) => (units * weight) / total);
  const remainders = weights.map((weight) => (units * weight) % total);
  let left = units - parts.reduce((all, part) => all + part, 0n);
  const order = [...weights.keys()].filter((place) => (remainders[place] ?? 0n) > 0n);
  order.sort((a, b) => compare(remainders[b] ?? 0n, remainders[a] ?? 0n) || a - b);
  for (const place of order) {
    if (left === 0n) break;
    parts[place] = (parts[place] ?? 0n) + 1n;
    left -= 1n;
  }
  return parts;
}

function compare(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
