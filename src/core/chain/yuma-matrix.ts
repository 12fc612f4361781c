import { sum } from "../determinism/exact-math.ts";

/** A row of a sparse matrix: targets in ascending order, and a value for each. */
export interface SparseRow {
  readonly uids: readonly number[];
  readonly values: readonly number[];
}

/** One row a uid; empty ones included. */
export type SparseMatrix = readonly SparseRow[];

export const EMPTY_ROW: SparseRow = { uids: [], values: [] };

/** Divided by the total; zeros stay zeros (the chain's `inplace_normalize`). */
export function normalised(values: readonly number[]): number[] {
  const total = sum(values);
  return total === 0 ? values.map(() => 0) : values.map((value) => value / total);
}

export function rowNormalised(matrix: SparseMatrix): SparseMatrix {
  return matrix.map(({ uids, values }) => ({ uids, values: normalised(values) }));
}

export function colNormalised(matrix: SparseMatrix): SparseMatrix {
  const totals = colSums(matrix, matrix.length);
  return mapEntries(matrix, (value, _row, column) => (totals[column] === 0 ? 0 : value / (totals[column] ?? 1)));
}

/** The sums of the columns, rows added in ascending order. */
export function colSums(matrix: SparseMatrix, columns: number): number[] {
  const totals = new Array<number>(columns).fill(0);
  for (const { uids, values } of matrix) {
    for (const [at, uid] of uids.entries()) totals[uid] = (totals[uid] ?? 0) + (values[at] ?? 0);
  }
  return totals;
}

/** Another value for every entry that is there. */
export function mapEntries(
  matrix: SparseMatrix,
  change: (value: number, row: number, column: number) => number,
): SparseMatrix {
  return matrix.map(({ uids, values }, row) => ({
    uids,
    values: uids.map((uid, at) => change(values[at] ?? 0, row, uid)),
  }));
}

/** Only the entries that are wanted. */
export function filterEntries(matrix: SparseMatrix, keep: (row: number, column: number) => boolean): SparseMatrix {
  return matrix.map(({ uids, values }, row) => {
    const kept = uids.map((uid) => keep(row, uid));
    return { uids: uids.filter((_uid, at) => kept[at]), values: values.filter((_value, at) => kept[at]) };
  });
}

/** α × fresh + (1 − α) × old, over the entries of both. */
export function movingAverage(fresh: SparseMatrix, old: SparseMatrix, alpha: number): SparseMatrix {
  return fresh.map((row, uid) => mergedRow(row, old[uid] ?? EMPTY_ROW, alpha));
}

/** Both rows ascend, so they are walked side by side. */
function mergedRow(fresh: SparseRow, old: SparseRow, alpha: number): SparseRow {
  const uids: number[] = [];
  const values: number[] = [];
  let next = 0;
  let before = 0;
  while (next < fresh.uids.length || before < old.uids.length) {
    const [left, right] = [fresh.uids[next] ?? Infinity, old.uids[before] ?? Infinity];
    let value = 0;
    if (left <= right) {
      value += alpha * (fresh.values[next] ?? 0);
      next += 1;
    }
    if (right <= left) {
      value += (1 - alpha) * (old.values[before] ?? 0);
      before += 1;
    }
    uids.push(Math.min(left, right));
    values.push(value);
  }
  return { uids, values };
}

/** Per row Σ value × factor of its column, columns in ascending order. */
export function rowProducts(matrix: SparseMatrix, factors: readonly number[]): number[] {
  return matrix.map(({ uids, values }) => {
    let total = 0;
    for (const [at, uid] of uids.entries()) total += (values[at] ?? 0) * (factors[uid] ?? 0);
    return total;
  });
}
