import { G2_BYTES, readG2 } from "./points.ts";

/** The commit of a timelocked weight call, arkworks' compressed form (timelock.md §5.4): 244 bytes more than its plaintext. */

export interface Ciphertext {
  /** A point of G2, 96 bytes. */
  readonly u: Uint8Array;
  readonly v: Uint8Array;
  readonly w: Uint8Array;
  /** AES-256-GCM ciphertext with its 16-byte tag. */
  readonly sealed: Uint8Array;
  readonly nonce: Uint8Array;
}

export type CiphertextDefect = "too-short" | "too-long" | "lengths-wrong" | "suite-unknown" | "point-invalid";

export const SECRET_BYTES = 32;
export const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Everything but the plaintext. */
const OVERHEAD = 244;
/** The most that any mode of a subnet takes (chain-newest.md §9). */
export const MAX_COMMIT_BYTES = 32_768;
const SUITE = new TextEncoder().encode("AES_GCM_");

/** Bytes of the plaintext in a commit of that size. */
export function plaintextBytes(commitBytes: number): number {
  return commitBytes - OVERHEAD;
}

/** @throws RangeError when a part has not its size. */
export function writeCiphertext({ u, v, w, sealed, nonce }: Ciphertext): Uint8Array {
  const sizes = [u.length, v.length, w.length, nonce.length];
  if (sizes.join() !== `${G2_BYTES},${SECRET_BYTES},${SECRET_BYTES},${NONCE_BYTES}` || sealed.length < TAG_BYTES) {
    throw new RangeError(`the parts of a timelocked commit cannot have ${sizes.join(", ")}, ${sealed.length} bytes`);
  }
  const bytes = new Uint8Array(OVERHEAD - TAG_BYTES + sealed.length);
  bytes.set(u);
  let at = u.length;
  for (const field of layout(sealed.length)) {
    new DataView(bytes.buffer).setBigUint64(at, BigInt(field.length), true);
    at += LENGTH_BYTES;
    if (field.name === undefined) continue;
    bytes.set({ v, w, sealed, nonce, suite: SUITE }[field.name], at);
    at += field.length;
  }
  return bytes;
}

/**
 * Reads a commit. Stricter than the chain, which takes any suite and bytes behind the end: no writer makes such.
 * Total: gives the parts or the reason why it is none.
 */
export function parseCiphertext(bytes: Uint8Array): Ciphertext | CiphertextDefect {
  if (bytes.length < OVERHEAD) return "too-short";
  if (bytes.length > MAX_COMMIT_BYTES) return "too-long";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Partial<Record<Part, Uint8Array>> = {};
  let at = G2_BYTES;
  // The size says what every length must be, so that no length read from outside is ever followed.
  for (const field of layout(bytes.length - OVERHEAD + TAG_BYTES)) {
    if (view.getBigUint64(at, true) !== BigInt(field.length)) return "lengths-wrong";
    at += LENGTH_BYTES;
    if (field.name === undefined) continue;
    parts[field.name] = bytes.slice(at, at + field.length);
    at += field.length;
  }
  const { v, w, sealed, nonce, suite } = parts as Record<Part, Uint8Array>;
  if (!suite.every((byte, index) => byte === SUITE[index])) return "suite-unknown";
  const u = bytes.slice(0, G2_BYTES);
  return readG2(u) === undefined ? "point-invalid" : { u, v, w, sealed, nonce };
}

type Part = "v" | "w" | "sealed" | "nonce" | "suite";
const LENGTH_BYTES = 8;

/** The length fields behind `u` in order, each with the part that follows it; the body has a length and then two parts with theirs. */
function layout(sealedBytes: number): readonly { readonly length: number; readonly name?: Part }[] {
  return [
    { name: "v", length: SECRET_BYTES },
    { name: "w", length: SECRET_BYTES },
    { length: LENGTH_BYTES + sealedBytes + LENGTH_BYTES + NONCE_BYTES },
    { name: "sealed", length: sealedBytes },
    { name: "nonce", length: NONCE_BYTES },
    { name: "suite", length: SUITE.length },
  ];
}
