import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeSs58, encodeSs58 } from "../../../src/core/signing/ss58.ts";
import vectors from "../../vectors/sr25519.json" with { type: "json" };

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

describe("an address", () => {
  test.each(vectors.ss58.filter(({ format }) => format === 42))("$ss58", ({ public_key, ss58 }) => {
    expect(encodeSs58(bytes(public_key))).toBe(ss58);
    expect(decodeSs58(ss58)).toEqual(bytes(public_key));
  });

  test.each(vectors.ss58.filter(({ format }) => format !== 42))("of network $format is not ours", ({ ss58 }) => {
    expect(decodeSs58(ss58)).toBeUndefined();
  });

  test.each(vectors.ss58_bad)("$case is refused", ({ address }) => {
    expect(decodeSs58(address)).toBeUndefined();
  });

  test("of any key comes back to that key, and no neighbour of it to any", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(46), (key, at) => {
        const text = encodeSs58(key);
        expect(decodeSs58(text)).toEqual(key);
        const letter = text[at] === "7" ? "8" : "7";
        expect(decodeSs58(text.slice(0, at) + letter + text.slice(at + 1))).toBeUndefined();
      }),
    );
  });

  test("any text is answered, never with an exception", () => {
    fc.assert(fc.property(fc.string(), (text) => decodeSs58(text) === undefined));
  });

  test("of a key of another length is a mistake of ours", () => {
    expect(() => encodeSs58(new Uint8Array(31))).toThrow(RangeError);
  });
});
