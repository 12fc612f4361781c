import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CanonicalError, canonicalJson, MAX_DEPTH, parseCanonical } from "../../../src/core/determinism/canonical.ts";

function double(bits: string): number {
  return Buffer.from(bits, "hex").readDoubleBE();
}

/** RFC 8785 appendix B. Integers beyond 2^53 − 1 are spelled there too; records write them as text, so they are refused. */
const RFC_NUMBERS = [
  ["0000000000000000", "0"],
  ["8000000000000000", "0"],
  ["0000000000000001", "5e-324"],
  ["8000000000000001", "-5e-324"],
  ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
  ["3eb0c6f7a0b5ed8d", "0.000001"],
  ["41b3de4355555553", "333333333.3333332"],
  ["41b3de4355555554", "333333333.33333325"],
  ["41b3de4355555555", "333333333.3333333"],
  ["41b3de4355555556", "333333333.3333334"],
  ["41b3de4355555557", "333333333.33333343"],
  ["becbf647612f3696", "-0.0000033333333333333333"],
  ["43143ff3c1cb0959", "1424953923781206.2"],
] as const;
const RFC_REFUSED_HERE = [
  "7fefffffffffffff",
  "ffefffffffffffff",
  "4340000000000000",
  "c340000000000000",
  "4430000000000000",
  "44b52d02c7e14af5",
  "44b52d02c7e14af6",
  "44b52d02c7e14af7",
  "444b1ae4d6e2ef4e",
  "444b1ae4d6e2ef50",
  "7fffffffffffffff",
  "7ff0000000000000",
] as const;

describe("canonical JSON", () => {
  test.each(RFC_NUMBERS)("writes the number %s of RFC 8785 as %s", (bits, text) => {
    expect(canonicalJson(double(bits))).toBe(text);
  });

  test.each(RFC_REFUSED_HERE)("refuses the number %s: not finite, or an integer that must travel as text", (bits) => {
    expect(() => canonicalJson(double(bits))).toThrow(CanonicalError);
  });

  test("writes the strings and literals of RFC 8785 §3.2.2", () => {
    const value = {
      numbers: [Number("333333333.33333329"), 4.5, 2e-3, 0.000000000000000000000000001],
      string: "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"/",
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  test("sorts keys by UTF-16 code units as RFC 8785 §3.2.3", () => {
    const keys = ["\u20ac", "\r", "\ufb33", "1", "\ud83d\ude00", "\u0080", "\u00f6"];
    const sorted = Object.keys(JSON.parse(canonicalJson(Object.fromEntries(keys.map((key) => [key, 0])))) as object);
    expect(sorted.filter((key) => key !== "1")).toEqual(["\r", "\u0080", "\u00f6", "\u20ac", "\ud83d\ude00", "\ufb33"]);
    expect(canonicalJson({ 10: 0, 9: 0, a: 0, A: 0 })).toBe('{"10":0,"9":0,"A":0,"a":0}');
  });

  test.each([
    ["undefined", undefined],
    ["a hole in an array", new Array(2)],
    ["a member that is undefined", { a: undefined }],
    ["a lone surrogate", "\ud800"],
    ["a lone surrogate as key", { "\udc00": 1 }],
    ["a bigint", 1n],
    ["a date", new Date(0)],
    ["a map", new Map()],
    ["a function", () => 0],
  ])("refuses %s", (_name, value) => {
    expect(() => canonicalJson(value)).toThrow(CanonicalError);
  });

  test("refuses nesting beyond its bound, written or read, without exhausting the stack", () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    expect(parseCanonical(nested(MAX_DEPTH))).toBeDefined();
    expect(() => parseCanonical(nested(MAX_DEPTH + 2))).toThrow(CanonicalError);
    expect(() => parseCanonical(nested(200_000))).toThrow(CanonicalError);
  });
});

/** What records can hold: JSON without integers beyond 2^53 − 1 and without lone surrogates. */
const data = fc.jsonValue({ maxDepth: 5 }).filter((value) => {
  try {
    canonicalJson(value);
    return true;
  } catch {
    return false;
  }
});

describe("reading what claims to be canonical", () => {
  test("gives back what was written", () => {
    fc.assert(
      fc.property(data, (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(parseCanonical(text))).toBe(text);
        expect(parseCanonical(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test("accepts exactly one spelling: anything else is a CanonicalError, never another error", () => {
    const spellings = fc.oneof(fc.string({ unit: "binary" }), fc.json(), fc.json({ noUnicodeString: false }));
    fc.assert(
      fc.property(spellings, (text) => {
        try {
          expect(canonicalJson(parseCanonical(text))).toBe(text);
        } catch (error) {
          expect(error).toBeInstanceOf(CanonicalError);
        }
      }),
    );
  });

  test.each([
    ['{"a":1,"a":1}', "a key twice"],
    ['{"b":1,"a":1}', "keys out of order"],
    ['{"a": 1}', "white space"],
    ["1.0", "a longer number"],
    ["-0", "minus zero"],
    ["1E1", "an exponent"],
    ['"\\u0041"', "a needless escape"],
    ["[1]\n", "a line end"],
    ["9007199254740993", "an integer JSON cannot hold"],
    ["", "nothing"],
  ])("refuses %s: %s", (text) => {
    expect(() => parseCanonical(text)).toThrow(CanonicalError);
  });

  test("keeps a key called __proto__ as data", () => {
    const text = '{"__proto__":{"a":1}}';
    expect(canonicalJson(parseCanonical(text))).toBe(text);
    expect(({} as Record<string, unknown>)["a"]).toBeUndefined();
  });
});
