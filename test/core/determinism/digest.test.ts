import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, sha256, taggedDigest, textDigest, toHex } from "../../../src/core/determinism/digest.ts";
import { merkleRoot } from "../../../src/core/determinism/merkle.ts";
import { randomStream } from "../../../src/core/determinism/random.ts";
import type { Digest } from "../../../src/core/model/ids.ts";

const VECTORS = JSON.parse(readFileSync(new URL("../../vectors/determinism.json", import.meta.url), "utf8")) as {
  readonly merkle: readonly { readonly leaves: number; readonly root: Digest }[];
  readonly streams: readonly {
    readonly seed: Digest;
    readonly label: string;
    readonly bounds: readonly number[];
    readonly below: readonly number[];
    readonly shuffle: readonly number[];
    readonly bytes: string;
  }[];
  readonly tags: readonly { readonly tag: string; readonly parts: readonly string[]; readonly digest: Digest }[];
};

describe("digests", () => {
  test.each([
    ["", "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ])("SHA-256 of %j is that of FIPS 180-4", (text, expected) => expect(toHex(sha256(text))).toBe(expected));

  test.each(VECTORS.tags)("tag $tag with $parts gives what hashlib gives", ({ tag, parts, digest }) => {
    expect(taggedDigest(tag, ...parts)).toBe(digest);
    if (tag === "touchstone/text/v1") expect(textDigest(parts.join(""))).toBe(digest);
  });

  test("hexadecimal goes both ways, and anything else is refused", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (!/^0x([0-9a-fA-F]{2})*$/.test(text)) expect(() => fromHex(text)).toThrow(RangeError);
      }),
    );
    for (const text of ["", "00", "0x0", "0xzz", "0x00\n"]) expect(() => fromHex(text)).toThrow(RangeError);
  });
});

describe("Merkle roots", () => {
  const leaves = Array.from({ length: 100 }, (_, index) => toHex(sha256(`leaf ${index}`)));

  test.each(VECTORS.merkle)("of $leaves leaves are those of RFC 6962", ({ leaves: count, root }) => {
    expect(merkleRoot(leaves.slice(0, count))).toBe(root);
  });

  test("change with any leaf, with the order and with the number", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.nat(), (count, at) => {
        const some = leaves.slice(0, count);
        const changed = some.with(at % count, toHex(sha256("other")));
        const swapped = [...some.slice(1), ...some.slice(0, 1)];
        const doubled = [...some, ...some.slice(-1)];
        expect(new Set([some, changed, swapped, doubled].map(merkleRoot)).size).toBe(4);
      }),
    );
  });
});

describe("the seeded stream", () => {
  test.each(VECTORS.streams)("under $seed and $label draws what hashlib draws", (vector) => {
    const draw = randomStream(vector.seed, vector.label);
    expect(vector.bounds.map((bound) => draw.below(bound))).toEqual(vector.below);
    const numbers = Array.from({ length: 20 }, (_, index) => index);
    expect(randomStream(vector.seed, vector.label).shuffle(numbers)).toEqual(vector.shuffle);
    expect(toHex(randomStream(vector.seed, vector.label).bytes(70))).toBe(vector.bytes);
  });

  test("stays inside its bounds and refuses bounds it cannot serve", () => {
    const seed = toHex(sha256("seed"));
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: 1000 }), fc.nat(1000), fc.string(), (low, width, label) => {
        const value = randomStream(seed, label).between(low, low + width);
        expect(value >= low && value <= low + width && Number.isInteger(value)).toBe(true);
      }),
    );
    const draw = randomStream(seed, "bounds");
    for (const bound of [0, -1, 1.5, 4_294_967_297, Number.NaN]) expect(() => draw.below(bound)).toThrow(RangeError);
    expect(() => draw.pick([])).toThrow(RangeError);
  });

  test("a shuffle keeps what it shuffles", () => {
    const seed = toHex(sha256("seed"));
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.string(), (items, label) => {
        const shuffled = randomStream(seed, label).shuffle(items);
        expect(shuffled.toSorted((a, b) => a - b)).toEqual(items.toSorted((a, b) => a - b));
      }),
    );
  });
});
