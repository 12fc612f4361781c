import type { WeightRow } from "../model/metagraph.ts";

export type Row = Pick<WeightRow, "uids" | "values">;

/** Whether two rows give every uid the same weight. Zeros say nothing: the chain may keep or drop them. */
export function sameWeights(left: Row, right: Row): boolean {
  const one = positive(left);
  const other = positive(right);
  return one.size === other.size && [...one].every(([uid, value]) => other.get(uid) === value);
}

function positive({ uids, values }: Row): ReadonlyMap<number, number> {
  return new Map(
    uids.map((uid, index): [number, number] => [uid, values[index] ?? 0]).filter(([, value]) => value > 0),
  );
}
