import { blake2b } from "@noble/hashes/blake2.js";
import type { Ss58 } from "../model/ids.ts";

/** SS58 of a 32-byte account with network prefix 42, the only form Subtensor shows (chain.md §0.1). */

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const PREFIX = 42;
const LENGTH = 35;
const CONTEXT = new TextEncoder().encode("SS58PRE");

/** @throws RangeError unless the key has 32 bytes. */
export function encodeSs58(publicKey: Uint8Array): Ss58 {
  if (publicKey.length !== 32) throw new RangeError(`a public key has 32 bytes, not ${publicKey.length}`);
  const body = new Uint8Array([PREFIX, ...publicKey]);
  let value = 0n;
  for (const byte of [...body, ...checksum(body)]) value = value * 256n + BigInt(byte);
  let text = "";
  // The first byte is 42, never zero, so there are no leading ones to add.
  for (; value > 0n; value /= 58n) text = (ALPHABET[Number(value % 58n)] ?? "") + text;
  return text;
}

/** The public key of an address; undefined for anything that is not exactly an address with prefix 42. */
export function decodeSs58(text: string): Uint8Array | undefined {
  if (!/^5[1-9A-HJ-NP-Za-km-z]{46,47}$/.test(text)) return undefined;
  let value = 0n;
  for (const letter of text) value = value * 58n + BigInt(ALPHABET.indexOf(letter));
  const bytes = new Uint8Array(LENGTH);
  for (let at = LENGTH - 1; at >= 0; at -= 1) {
    bytes[at] = Number(value % 256n);
    value /= 256n;
  }
  const key = bytes.slice(1, 33);
  return encodeSs58(key) === text ? key : undefined;
}

function checksum(body: Uint8Array): Uint8Array {
  return blake2b(new Uint8Array([...CONTEXT, ...body]), { dkLen: 64 }).subarray(0, 2);
}
