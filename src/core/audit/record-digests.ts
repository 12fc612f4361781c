import { recordDigest } from "../determinism/digest.ts";
import type { Digest } from "../model/ids.ts";
import type { CycleRecord } from "../model/records.ts";

/** Records never change once they are made, and each is named by several others: its digest is made once. */
const KNOWN = new WeakMap<CycleRecord, Digest>();

export function digestOf(record: CycleRecord): Digest {
  const known = KNOWN.get(record);
  if (known !== undefined) return known;
  const digest = recordDigest(record);
  KNOWN.set(record, digest);
  return digest;
}

/** For whoever has made the digest already, from the record's own text. */
export function rememberDigest(record: CycleRecord, digest: Digest): void {
  KNOWN.set(record, digest);
}
