import type { Fp2 } from "@noble/curves/abstract/tower.js";
import type { WeierstrassPoint } from "@noble/curves/abstract/weierstrass.js";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { sha256 } from "../determinism/digest.ts";

/** BLS12-381 as the timelock needs it; points are the compressed ZCash form, big-endian (timelock.md §5.1). */

export type G1Point = WeierstrassPoint<bigint>;
export type G2Point = WeierstrassPoint<Fp2>;

export const G1_BYTES = 48;
export const G2_BYTES = 96;

const { G1, G2, fields } = bls12_381;
const DST = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";
const LIMB = 48;

/** A point of the first group; undefined unless the bytes are its only encoding, in the subgroup and not infinity. */
export function readG1(bytes: Uint8Array): G1Point | undefined {
  return bytes.length === G1_BYTES ? pointOf(() => G1.Point.fromBytes(bytes), bytes) : undefined;
}

/** The same for the second group. */
export function readG2(bytes: Uint8Array): G2Point | undefined {
  return bytes.length === G2_BYTES ? pointOf(() => G2.Point.fromBytes(bytes), bytes) : undefined;
}

function pointOf<T>(read: () => WeierstrassPoint<T>, bytes: Uint8Array): WeierstrassPoint<T> | undefined {
  try {
    const point = read();
    return !point.is0() && isSame(point.toBytes(true), bytes) ? point : undefined;
  } catch {
    // The library throws for what is no point; here that is an answer.
    return undefined;
  }
}

/** RFC 9380 hash to the first group, with drand's domain (timelock.md §2). */
export function hashToG1(message: Uint8Array): G1Point {
  return G1.hashToCurve(message, { DST });
}

/** `scalar` times the generator of the second group; the scalar is neither 0 nor above the order. */
export function timesG2(scalar: bigint): G2Point {
  return G2.Point.BASE.multiply(scalar);
}

/** A number of any size as a scalar of the groups. */
export function toScalar(value: bigint): bigint {
  return fields.Fr.create(value);
}

/**
 * SHA-256 of a pairing's value as arkworks writes it: noble's order of the twelve coefficients, each little-endian instead
 * (timelock.md §5.3). Neither point is infinity.
 */
export function pairingDigest(a: G1Point, b: G2Point): Uint8Array {
  const bytes = fields.Fp12.toBytes(bls12_381.pairing(a, b));
  for (let at = 0; at < bytes.length; at += LIMB) bytes.subarray(at, at + LIMB).reverse();
  return sha256(bytes);
}

/** Whether `e(signature, G2) = e(identity, publicKey)`. */
export function isSignature(signature: G1Point, identity: G1Point, publicKey: G2Point): boolean {
  const { Fp12 } = fields;
  return Fp12.eql(bls12_381.pairing(signature, G2.Point.BASE), bls12_381.pairing(identity, publicKey));
}

/** Whether two texts of bytes are equal; nothing secret is compared with it. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
