import type { EncodedWeights } from "./encode.ts";

/**
 * The lists with explicit zeros up to `least` entries: the chain counts entries and not weights (chain.md §3.3 #13, §3.10), and a
 * zero says the same as no entry. Zeros go to the lowest uids below `neurons` that are not in the list; ascending by uid. A list
 * that is long enough comes back as it is, one without a positive weight too, since it must never be sent (T26). Pure.
 */
export function padWeights(weights: EncodedWeights, least: number, neurons: number): EncodedWeights {
  const { uids, values } = weights;
  const missing = Math.min(least, neurons) - uids.length;
  if (missing <= 0 || !values.some((value) => value > 0)) return weights;
  const taken = new Set(uids);
  const free: number[] = [];
  for (let uid = 0; uid < neurons && free.length < missing; uid += 1) if (!taken.has(uid)) free.push(uid);
  const all = [...uids.map((uid, at) => ({ uid, value: values[at] ?? 0 })), ...free.map((uid) => ({ uid, value: 0 }))];
  const sorted = all.toSorted((a, b) => a.uid - b.uid);
  return { uids: sorted.map(({ uid }) => uid), values: sorted.map(({ value }) => value) };
}
