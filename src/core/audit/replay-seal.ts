import type { Digest, Hex, Ss58 } from "../model/ids.ts";
import type { Seal } from "../model/records.ts";
import type { BundleRecords } from "./bundle-order.ts";
import { firstDifference } from "./difference.ts";
import type { Finding } from "./finding.ts";
import { sealBody, sealBodyDigest } from "./seal-body.ts";

/** False for anything malformed, never throws. */
export type SealCheck = (claim: {
  readonly digest: Digest;
  readonly signature: Hex;
  readonly hotkey: Ss58;
  readonly cryptoType: "sr25519" | "ed25519";
}) => boolean;

export interface SealFinding {
  readonly signature: "verified" | "mismatch" | "absent";
  readonly finding: Finding | undefined;
}

/** Root, count, parent and hotkey are made anew; only a dry run may be unsigned. */
export function checkSeal(bundle: BundleRecords, verify: SealCheck): SealFinding {
  const { all, header, seal, submission } = bundle;
  const { signature, ...body } = seal;
  const expected = sealBody({
    records: all.slice(0, -1),
    submission,
    previousSeal: seal.previousSeal,
    secret: seal.secret,
    spend: seal.spend,
    hotkey: header.hotkey,
    cryptoType: header.hotkey === null ? null : seal.cryptoType,
  });
  const difference = firstDifference(expected, body);
  const state = signatureState(seal, verify);
  const mayBeAbsent = header.mode === "dry-run" && header.hotkey === null;
  const wrong = state === "mismatch" || (state === "absent") !== mayBeAbsent;
  const unsigned = wrong
    ? { field: "signature", expected: mayBeAbsent ? "absent" : "a signature of the header's hotkey", found: signature }
    : undefined;
  const first = difference ?? unsigned;
  return { signature: state, finding: first && { record: seal, difference: first } };
}

function signatureState({ signature, ...body }: Seal, verify: SealCheck): SealFinding["signature"] {
  if (signature === "absent") return "absent";
  const { hotkey, cryptoType } = body;
  if (hotkey === null || cryptoType === null) return "mismatch";
  return verify({ digest: sealBodyDigest(body), signature, hotkey, cryptoType }) ? "verified" : "mismatch";
}
