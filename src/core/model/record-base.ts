import type { Digest } from "./ids.ts";

/**
 * The records of one cycle, in the order in which they stand in a bundle (docs/bundle.md). They are plain data, hashed by
 * `core/determinism/digest`. `parents` name by digest what a record was made from.
 */
export const RECORD_KINDS = [
  "header",
  "snapshot",
  "settlement",
  "roster",
  "challenge",
  "response",
  "judgement",
  "score-sheet",
  "weight-vector",
  "submission",
  "seal",
] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

export interface RecordBase<K extends RecordKind> {
  readonly kind: K;
  readonly parents: readonly Digest[];
}
