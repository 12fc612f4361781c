import { merkleRoot } from "../determinism/merkle.ts";
import type { Challenge, Judgement, Response } from "../model/answers.ts";
import type { Digest } from "../model/ids.ts";
import type { CycleRecord } from "../model/records.ts";
import { digestOf } from "./record-digests.ts";

/**
 * What each record names as its parents (docs/bundle.md, "Parents"). The score sheet rests on thousands of records: it names
 * them by the Merkle roots of their digests in bundle order.
 */
export function sheetParents(
  challenge: Challenge,
  responses: readonly Response[],
  judgements: readonly Judgement[],
): readonly Digest[] {
  return [
    digestOf(challenge),
    merkleRoot(byPlace(responses).map(digestOf)),
    merkleRoot(byPlace(judgements).map(digestOf)),
  ];
}

interface Placed {
  readonly uid: number;
  readonly taskId: string;
}

/** Bundle order of responses and judgements: ascending by uid, then by task id. */
export function byPlace<T extends Placed>(records: readonly T[]): readonly T[] {
  return records.toSorted((a, b) => a.uid - b.uid || compareText(a.taskId, b.taskId));
}

/** Order by UTF-16 code units, whatever the locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Digests of the named parents, for every kind but the score sheet. */
export function parentsOf(...records: readonly CycleRecord[]): readonly Digest[] {
  return records.map(digestOf);
}
