import { canonicalJson } from "../determinism/canonical.ts";
import { taggedDigest } from "../determinism/digest.ts";
import { merkleRoot } from "../determinism/merkle.ts";
import type { Digest, Hex, Ss58 } from "../model/ids.ts";
import type { CycleRecord, Seal, Submission } from "../model/records.ts";
import { digestOf } from "./record-digests.ts";

export interface SealFacts {
  /** Every record before the seal, in bundle order. */
  readonly records: readonly CycleRecord[];
  readonly submission: Submission;
  readonly previousSeal: Digest | null;
  readonly secret: Hex;
  readonly spend: Seal["spend"];
  readonly hotkey: Ss58 | null;
  readonly cryptoType: "sr25519" | "ed25519" | null;
}

export type UnsignedSeal = Omit<Seal, "signature">;

export function sealBody(facts: SealFacts): UnsignedSeal {
  return {
    kind: "seal",
    parents: [digestOf(facts.submission)],
    records: facts.records.length,
    merkleRoot: merkleRoot(facts.records.map(digestOf)),
    previousSeal: facts.previousSeal,
    secret: facts.secret,
    spend: facts.spend,
    hotkey: facts.hotkey,
    cryptoType: facts.cryptoType,
  };
}

/** What the hotkey signs: the seal without its signature, under a domain of its own. */
export function sealBodyDigest(seal: UnsignedSeal): Digest {
  return taggedDigest("touchstone/seal-body/v1", canonicalJson(seal));
}
