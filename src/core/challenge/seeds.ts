import { canonicalJson } from "../determinism/canonical.ts";
import { fromHex, taggedDigest } from "../determinism/digest.ts";
import type { CycleKey, Digest, Hex } from "../model/ids.ts";
import type { PackManifest } from "../model/pack.ts";

/** Length of the cycle secret in bytes (D9). */
const SECRET_BYTES = 32;

export function packDigest(manifest: PackManifest): Digest {
  return taggedDigest("touchstone/pack/v1", canonicalJson(manifest));
}

/** What every validator of the mechanism shares that took the same block's snapshot (judging.md §6.2). */
export function publicSeed(cycle: CycleKey, blockHash: Hex, manifest: PackManifest): Digest {
  const { netuid, mechid, epoch } = cycle;
  const facts = { netuid, mechid, epoch, blockHash, pack: packDigest(manifest) };
  return taggedDigest("touchstone/challenge-seed/v1", canonicalJson(facts));
}

/** The commitment to the cycle secret that stands in the challenge until the seal reveals it. @throws RangeError unless 32 bytes. */
export function secretDigest(secret: Hex): Digest {
  return taggedDigest("touchstone/secret/v1", secretBytes(secret));
}

/** From which all is drawn that a miner must not foresee (D9). @throws RangeError unless the secret has 32 bytes. */
export function secretSeed(shared: Digest, secret: Hex): Digest {
  return taggedDigest("touchstone/secret-seed/v1", fromHex(shared), secretBytes(secret));
}

function secretBytes(secret: Hex): Uint8Array {
  const bytes = fromHex(secret);
  if (bytes.length !== SECRET_BYTES)
    throw new RangeError(`a cycle secret has ${SECRET_BYTES} bytes, not ${bytes.length}`);
  return bytes;
}
