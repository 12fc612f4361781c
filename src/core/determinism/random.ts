import type { Digest } from "../model/ids.ts";
import { fromHex, sha256, taggedDigest } from "./digest.ts";

/**
 * A seeded stream (D9): block n is SHA-256(key ‖ n as 8 bytes, big endian), the stream is blocks 0, 1, 2 … one after the
 * other, and a draw takes the next 4 bytes as a big-endian number. The key is a digest of seed and label, so that a new
 * draw under one label moves nothing under another.
 */
export interface RandomStream {
  /** Uniform integer in [0, bound), bound in 1 … 2^32; draws above the largest multiple of bound are thrown away. */
  below(bound: number): number;
  /** Uniform integer in [low, high], both included. */
  between(low: number, high: number): number;
  /** One item, drawn by `below(items.length)`. @throws RangeError when there is none. */
  pick<T>(items: readonly T[]): T;
  /** Fisher–Yates from the end: for i = length − 1 … 1 swap i with `below(i + 1)`. */
  shuffle<T>(items: readonly T[]): T[];
  /** The next bytes of the stream, in multiples of 4. */
  bytes(length: number): Uint8Array;
}

const WORDS = 0x1_0000_0000;

/** The stream of `label` under `seed`: key = taggedDigest("touchstone/random/v1", seed bytes, label). */
export function randomStream(seed: Digest, label: string): RandomStream {
  const key = fromHex(taggedDigest("touchstone/random/v1", fromHex(seed), label));
  let block = new Uint8Array(0);
  let offset = 0;
  let counter = 0n;
  const word = (): Uint8Array => {
    if (offset === block.length) {
      const index = new Uint8Array(8);
      new DataView(index.buffer).setBigUint64(0, counter);
      block = new Uint8Array(sha256(key, index));
      counter += 1n;
      offset = 0;
    }
    offset += 4;
    return block.subarray(offset - 4, offset);
  };
  return streamOf(word);
}

function streamOf(word: () => Uint8Array): RandomStream {
  const below = (bound: number): number => {
    if (!Number.isInteger(bound) || bound < 1 || bound > WORDS) throw new RangeError(`cannot draw below ${bound}`);
    const limit = Math.floor(WORDS / bound) * bound;
    for (;;) {
      const bytes = word();
      const value = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
      if (value < limit) return value % bound;
    }
  };
  return {
    below,
    between: (low, high) => low + below(high - low + 1),
    pick: (items) => {
      if (items.length === 0) throw new RangeError("nothing to pick from");
      return items[below(items.length)] as (typeof items)[number];
    },
    shuffle: (items) => {
      const result = [...items];
      for (let i = result.length - 1; i > 0; i -= 1) {
        const j = below(i + 1);
        [result[i], result[j]] = [result[j] as (typeof items)[number], result[i] as (typeof items)[number]];
      }
      return result;
    },
    bytes: (length) => {
      const result = new Uint8Array(length);
      for (let at = 0; at < length; at += 4) result.set(word().subarray(0, Math.min(4, length - at)), at);
      return result;
    },
  };
}
