import { gcm } from "@noble/ciphers/aes.js";
import { sha256, toHex } from "../determinism/digest.ts";
import { QUICKNET_KEY, roundIdentity } from "./beacon.ts";
import { type Ciphertext, NONCE_BYTES, SECRET_BYTES, writeCiphertext } from "./ciphertext.ts";
import { pairingDigest, readG1, readG2, timesG2, toScalar } from "./points.ts";

/** Boneh-Franklin encryption to a round of the beacon, with the Fujisaki-Okamoto check (timelock.md §3, §4). */

/** Random bytes for one commit, never used twice: `key` 32, `sigma` 32, `nonce` 12. */
export interface Ephemeral {
  readonly key: Uint8Array;
  readonly sigma: Uint8Array;
  readonly nonce: Uint8Array;
}

export type OpeningDefect = "signature-invalid" | "signature-wrong" | "content-damaged";

/**
 * The commit that opens with the beacon's signature of `round`.
 * @throws RangeError for a round below 1, random bytes of another size, or a public key that is no point.
 */
export function encryptTo(
  round: number,
  plaintext: Uint8Array,
  { key, sigma, nonce }: Ephemeral,
  publicKey: Uint8Array = QUICKNET_KEY,
): Uint8Array {
  const master = readG2(publicKey);
  if (master === undefined) throw new RangeError("the public key of the beacon is no point");
  if (!Number.isSafeInteger(round) || round < 1) throw new RangeError(`there is no round ${round}`);
  if (key.length !== SECRET_BYTES || sigma.length !== SECRET_BYTES || nonce.length !== NONCE_BYTES) {
    throw new RangeError("a timelocked commit takes 32, 32 and 12 random bytes");
  }
  const r = blinding(sigma, key);
  return writeCiphertext({
    u: timesG2(r).toBytes(true),
    v: xor(sigma, pairingDigest(roundIdentity(round).multiply(r), master)),
    w: xor(key, sha256(sigma)),
    sealed: gcm(key, nonce).encrypt(plaintext),
    nonce,
  });
}

/** The plaintext of a commit, or why this signature does not open it. The commit does not say its round. Total. */
export function decrypt({ u, v, w, sealed, nonce }: Ciphertext, signature: Uint8Array): Uint8Array | OpeningDefect {
  const pulse = readG1(signature);
  if (pulse === undefined) return "signature-invalid";
  const point = readG2(u);
  if (point === undefined) return "content-damaged";
  const sigma = xor(v, pairingDigest(pulse, point));
  const key = xor(w, sha256(sigma));
  const r = blinding(sigma, key);
  if (r === 0n || !timesG2(r).equals(point)) return "signature-wrong";
  try {
    return gcm(key, nonce).decrypt(sealed);
  } catch {
    // The library throws for a wrong tag; here that is an answer.
    return "content-damaged";
  }
}

/** H3: the secret scalar behind `u`. */
function blinding(sigma: Uint8Array, key: Uint8Array): bigint {
  return toScalar(BigInt(toHex(sha256(sigma, key))));
}

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, at) => byte ^ (b[at] ?? 0));
}
