import { fromHex, sha256 } from "../determinism/digest.ts";
import { type G1Point, hashToG1, isSignature, readG1, readG2 } from "./points.ts";

/** drand quicknet (timelock.md §2, chain.md §4.4): unchained, signatures in G1, public key in G2. */

export const QUICKNET_CHAIN = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971";
export const QUICKNET_KEY: Uint8Array = fromHex(
  "0x83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
);
/** Unix seconds of round 1. */
export const BEACON_GENESIS = 1_692_803_367;
/** Seconds between rounds. */
export const BEACON_PERIOD = 3;

/** Unix seconds at which a round is emitted. */
export function emissionTime(round: number): number {
  return BEACON_GENESIS + (round - 1) * BEACON_PERIOD;
}

/**
 * The round that the clients choose for a time in Unix seconds, fractions included: emitted 3 to 6 seconds before it, and never
 * below 1 (timelock.md §8.1).
 */
export function roundBefore(seconds: number): number {
  return Math.max(1, Math.floor((seconds - BEACON_GENESIS) / BEACON_PERIOD));
}

/** What the beacon signs in a round: SHA-256 of the round as u64, big-endian. `round` is a whole number above 0. */
export function roundMessage(round: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(round));
  return sha256(bytes);
}

/** The point that the beacon multiplies by its secret. */
export function roundIdentity(round: number): G1Point {
  return hashToG1(roundMessage(round));
}

/** Whether these bytes are the beacon's signature of that round. Total: anything else is false. */
export function isPulse(round: number, signature: Uint8Array, publicKey: Uint8Array = QUICKNET_KEY): boolean {
  const point = readG1(signature);
  const key = readG2(publicKey);
  return point !== undefined && key !== undefined && isSignature(point, roundIdentity(round), key);
}
