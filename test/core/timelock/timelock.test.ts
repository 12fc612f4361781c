import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  emissionTime,
  isPulse,
  QUICKNET_CHAIN,
  QUICKNET_KEY,
  roundIdentity,
  roundMessage,
} from "../../../src/core/timelock/beacon.ts";
import {
  type Ciphertext,
  MAX_COMMIT_BYTES,
  parseCiphertext,
  plaintextBytes,
  writeCiphertext,
} from "../../../src/core/timelock/ciphertext.ts";
import { pairingDigest, readG1, readG2 } from "../../../src/core/timelock/points.ts";
import { decrypt, encryptTo } from "../../../src/core/timelock/timelock.ts";
import { COMMITS, hex, signatureOf, TIMELOCK, text } from "./vectors.ts";

/** The plaintext as hexadecimal, or the reason that stands in its place. */
function opened(commit: Uint8Array, signature: Uint8Array): string {
  const ciphertext = parseCiphertext(commit);
  if (typeof ciphertext === "string") return `refused: ${ciphertext}`;
  const plaintext = decrypt(ciphertext, signature);
  return typeof plaintext === "string" ? `refused: ${plaintext}` : text(plaintext);
}

function parsed(commit: string): Ciphertext {
  const ciphertext = parseCiphertext(hex(commit));
  if (typeof ciphertext === "string") throw new Error(ciphertext);
  return ciphertext;
}

describe("the beacon", () => {
  test("is quicknet", () => {
    expect([QUICKNET_CHAIN, text(QUICKNET_KEY)]).toEqual([TIMELOCK.beacon.chain_hash, TIMELOCK.beacon.public_key]);
    expect([emissionTime(1), emissionTime(1000)]).toEqual([TIMELOCK.beacon.genesis_time, 1_692_806_364]);
  });

  test.each(TIMELOCK.identities)("signs the identity of round $round", (vector) => {
    expect(text(roundMessage(vector.round))).toBe(vector.message_sha256_round_be);
    expect(text(roundIdentity(vector.round).toBytes(true))).toBe(vector.point_compressed);
  });

  test.each(TIMELOCK.pulses)("signed round $round, and no other one so", ({ round, signature }) => {
    expect(isPulse(round, hex(signature))).toBe(true);
    expect(isPulse(round + 1, hex(signature))).toBe(false);
    expect(isPulse(round, hex(signature).subarray(1))).toBe(false);
  });

  test.each(TIMELOCK.gt_encoding)("has arkworks' bytes of its pairing in round $round", ({ round, sha256 }) => {
    const key = readG2(QUICKNET_KEY);
    expect(key && text(pairingDigest(roundIdentity(round), key))).toBe(sha256);
  });
});

describe("the Rust code's commit", () => {
  test.each(TIMELOCK.rust_ciphertexts.vectors)("is written byte for byte: $name", (vector) => {
    const { round, plaintext, ciphertext, key, sigma, nonce } = vector;
    const ephemeral = { key: hex(key), sigma: hex(sigma), nonce: hex(nonce) };
    expect(text(encryptTo(round, hex(plaintext), ephemeral))).toBe(ciphertext);
  });

  test.each(TIMELOCK.rust_ciphertexts.vectors)("is opened: $name", ({ round, plaintext, ciphertext }) => {
    expect(opened(hex(ciphertext), signatureOf(round))).toBe(plaintext);
  });
});

test.each(TIMELOCK.self_generated)("what the Rust reader opened is written and opened: $name", (vector) => {
  const { round, plaintext, ciphertext, key, sigma, nonce, master_public_key: master, signature } = vector;
  const beacon = master === undefined ? QUICKNET_KEY : hex(master);
  const ephemeral = { key: hex(key), sigma: hex(sigma), nonce: hex(nonce) };
  expect(text(encryptTo(round, hex(plaintext), ephemeral, beacon))).toBe(ciphertext);
  const pulse = signature === undefined ? signatureOf(round) : hex(signature);
  expect(isPulse(round, pulse, beacon)).toBe(true);
  expect(opened(hex(ciphertext), pulse)).toBe(plaintext);
});

describe("the clients' ciphertexts open", () => {
  test.each(COMMITS.commits)("$package: $name", ({ commit, payload, reveal_round }) => {
    expect(opened(hex(commit), signatureOf(reveal_round))).toBe(payload);
    expect(text(writeCiphertext(parsed(commit)))).toBe(commit);
  });

  test.each(COMMITS.encrypt_at_round)("$package: data for round $reveal_round", (vector) => {
    const { inner_ciphertext_offset: from, inner_ciphertext_length: length } = vector;
    const inner = hex(vector.envelope).subarray(from, from + length);
    // Data of more than the chain takes is no commit; a reader of commits says so.
    const expected = length > MAX_COMMIT_BYTES ? "refused: too-long" : vector.data;
    expect(opened(inner, signatureOf(vector.reveal_round))).toBe(expected);
  });

  test.each(COMMITS.commitments)("$package: commitment '$text'", ({ ciphertext, plaintext, reveal_round }) => {
    expect(opened(hex(ciphertext), signatureOf(reveal_round))).toBe(plaintext);
  });
});

test.each(TIMELOCK.real_world_ciphertexts_not_opened)("a commit from the field is read: $name", (vector) => {
  const { u, v, w, sealed, nonce } = parsed(vector.ciphertext);
  const { U, V, W, aes_ciphertext_and_tag: body, nonce: once, plaintext_bytes: size } = vector.parsed;
  expect([u, v, w, sealed, nonce].map(text)).toEqual([U, V, W, body, once]);
  expect(plaintextBytes(vector.ciphertext.length / 2)).toBe(size);
  expect(text(writeCiphertext(parsed(vector.ciphertext)))).toBe(vector.ciphertext);
});

describe("what does not open is refused", () => {
  test.each(TIMELOCK.negative.reject)("$name", ({ ciphertext, signature }) => {
    expect(opened(hex(ciphertext), hex(signature))).toMatch(/^refused: /);
  });

  test.each(TIMELOCK.negative.tolerated)("also what the chain tolerates and no writer makes: $name", (vector) => {
    expect(opened(hex(vector.ciphertext), hex(vector.signature))).toBe("refused: lengths-wrong");
  });

  /** Cases whose fault lies in the clients' envelope, which a weight commit has not, or in text instead of bytes. */
  const ENVELOPE = /envelope|^empty$|with 0x/;
  const CASES = COMMITS.decrypt_cases.filter((vector) => !ENVELOPE.test(vector.case));
  const STRICTER = ["signature one byte long", "bit flipped in suite text", "trailing byte inside the commit"];

  test.each(CASES)("as by the clients: $case", (vector) => {
    const read = opened(hex(vector.envelope).subarray(2, -8), hex(vector.signature));
    const { plaintext } = vector.bittensor_core_0_1_5;
    if (plaintext === undefined || STRICTER.includes(vector.case)) expect(read).toMatch(/^refused: /);
    else expect(read).toBe(plaintext);
  });
});

const { commit, reveal_round, payload } = COMMITS.commits[0] ?? { commit: "", reveal_round: 0, payload: "" };
const flips = (bytes: Uint8Array, from = 0): fc.Arbitrary<Uint8Array> =>
  fc.tuple(fc.integer({ min: from, max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ mask;
    return changed;
  });

describe("whatever is changed", () => {
  test("in a commit, it is refused as a value", () => {
    expect(opened(hex(commit), signatureOf(reveal_round))).toBe(payload);
    fc.assert(
      fc.property(flips(hex(commit)), (changed) => {
        expect(opened(changed, signatureOf(reveal_round))).toMatch(/^refused: /);
      }),
      { numRuns: 150 },
    );
  });

  test("in a signature, it is refused as a value", () => {
    fc.assert(
      fc.property(flips(signatureOf(reveal_round)), (changed) => {
        expect(opened(hex(commit), changed)).toMatch(/^refused: /);
      }),
      { numRuns: 100 },
    );
  });

  test("in its size, it is refused as a value", () => {
    fc.assert(
      fc.property(fc.nat(hex(commit).length - 1), fc.uint8Array({ minLength: 1, maxLength: 300 }), (keep, more) => {
        expect(typeof parseCiphertext(hex(commit).subarray(0, keep))).toBe("string");
        expect(parseCiphertext(new Uint8Array([...hex(commit), ...more]))).toBe("lengths-wrong");
      }),
    );
  });

  test("a length of any size is not followed", () => {
    const changed = hex(commit);
    for (const at of [96, 136, 176, 184]) {
      const hostile = changed.slice();
      hostile.fill(0xff, at, at + 8);
      expect(parseCiphertext(hostile)).toBe("lengths-wrong");
    }
    expect(parseCiphertext(new Uint8Array(MAX_COMMIT_BYTES + 1))).toBe("too-long");
  });

  test("any bytes are read without a throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.uint8Array({ maxLength: 60 }), (bytes, signature) => {
        expect(typeof parseCiphertext(bytes)).toBe("string");
        expect(decrypt(parsed(commit), signature)).toBe("signature-invalid");
      }),
    );
  });
});

describe("points", () => {
  const point = hex(commit).subarray(0, 96);
  test.each([
    ["infinity", "c0".padEnd(96, "0")],
    ["infinity with a sign", "e0".padEnd(96, "0")],
    ["not compressed", "00".padEnd(96, "0")],
    ["an x above the prime", "9f".padEnd(96, "f")],
    // x = 4 is on the curve y² = x³ + 4, but not in the subgroup.
    ["of the curve outside the subgroup", `80${"0".repeat(93)}4`],
  ])("of the first group: %s is none", (_name, bytes) => {
    expect(readG1(hex(bytes))).toBeUndefined();
    expect(readG2(hex(bytes.padEnd(192, "0")))).toBeUndefined();
  });

  test("of the second group are read whole or not at all", () => {
    expect(readG2(point)?.toBytes(true)).toEqual(point);
    expect(readG2(point.subarray(1))).toBeUndefined();
  });
});

describe("a commit is written only from what fits", () => {
  const ephemeral = { key: new Uint8Array(32).fill(1), sigma: new Uint8Array(32).fill(2), nonce: new Uint8Array(12) };
  test.each([
    ["round 0", 0, ephemeral, QUICKNET_KEY],
    ["a round with a fraction", 1.5, ephemeral, QUICKNET_KEY],
    ["a short key", 1, { ...ephemeral, key: new Uint8Array(31) }, QUICKNET_KEY],
    ["a short sigma", 1, { ...ephemeral, sigma: new Uint8Array(16) }, QUICKNET_KEY],
    ["a long nonce", 1, { ...ephemeral, nonce: new Uint8Array(16) }, QUICKNET_KEY],
    ["a beacon that is no point", 1, ephemeral, new Uint8Array(96)],
  ])("not from %s", (_name, round, bytes, key) => {
    expect(() => encryptTo(round, new Uint8Array(1), bytes, key)).toThrow(RangeError);
  });
});
