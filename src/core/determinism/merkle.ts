import type { Digest } from "../model/ids.ts";
import { fromHex, sha256, toHex } from "./digest.ts";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/**
 * Root of the Merkle tree of RFC 6962 §2.1 over digests: leaf = SHA-256(0x00 ‖ digest), node = SHA-256(0x01 ‖ left ‖ right),
 * split at the largest power of two below the number of leaves. The root of nothing is SHA-256 of nothing.
 */
export function merkleRoot(digests: readonly Digest[]): Digest {
  if (digests.length === 0) return toHex(sha256());
  return toHex(root(digests.map((digest) => sha256(LEAF, fromHex(digest)))));
}

function root(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (only !== undefined && leaves.length === 1) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(NODE, root(leaves.slice(0, split)), root(leaves.slice(split)));
}
