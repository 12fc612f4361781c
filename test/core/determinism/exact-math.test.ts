import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exp, ln, median, roundHalfEven, sum } from "../../../src/core/determinism/exact-math.ts";

interface Vector {
  readonly x: string;
  readonly bits: string;
  readonly nearest: string;
}
const VECTORS = JSON.parse(readFileSync(new URL("../../vectors/exact-math.json", import.meta.url), "utf8")) as {
  readonly exp: readonly Vector[];
  readonly ln: readonly Vector[];
};

function fromBits(text: string): number {
  return Buffer.from(text, "hex").readDoubleBE();
}

function toBits(value: number): string {
  const buffer = Buffer.alloc(8);
  buffer.writeDoubleBE(value);
  return buffer.toString("hex");
}

/** Distance in units in the last place: binary64 bit patterns of one sign are ordered like their values. */
function ulps(a: string, b: string): number {
  const signed = (text: string): bigint => {
    const raw = BigInt(`0x${text}`);
    return raw >> 63n === 0n ? raw : -(raw & ((1n << 63n) - 1n));
  };
  const distance = signed(a) - signed(b);
  return Number(distance < 0n ? -distance : distance);
}

describe.each([
  ["exp", exp, VECTORS.exp],
  ["ln", ln, VECTORS.ln],
] as const)("%s", (_name, ours, vectors) => {
  test("has every bit that an independent implementation of the specification has", () => {
    expect(vectors.length).toBeGreaterThan(300);
    expect(vectors.map(({ x }) => toBits(ours(fromBits(x))))).toEqual(vectors.map(({ bits }) => bits));
  });

  test("is within 2 ulp of the true value", () => {
    const worst = Math.max(...vectors.map(({ bits, nearest }) => ulps(bits, nearest)));
    expect(worst).toBeLessThanOrEqual(2);
  });
});

describe("outside their domain", () => {
  test("exp of NaN and ln of anything not finite and above zero are refused", () => {
    expect(() => exp(Number.NaN)).toThrow(RangeError);
    for (const x of [0, -0, -1, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => ln(x)).toThrow(RangeError);
    expect(exp(Number.NEGATIVE_INFINITY)).toBe(0);
    expect(exp(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  });

  test("any number has an exp at or above zero, and ln undoes it", () => {
    fc.assert(fc.property(fc.double({ noNaN: true }), (x) => exp(x) >= 0));
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
        expect(Math.abs(ln(exp(x)) - x)).toBeLessThanOrEqual(4e-16 + Math.abs(x) * 4e-16);
      }),
    );
  });
});

describe("sum", () => {
  test("goes from the first to the last value", () => {
    expect(sum([])).toBe(0);
    expect(sum([1e16, 1, -1e16])).toBe(0);
    expect(sum([1e16, -1e16, 1])).toBe(1);
  });
});

describe("median", () => {
  test.each([
    [[3], 3],
    [[3, 1], 2],
    [[10, 9, 1], 9],
    [[1, 0.25, 0.5, 0.75], 0.625],
    [[2, 2, 2, 100], 2],
  ])("of %j is %d", (values, expected) => expect(median(values)).toBe(expected));

  test("of nothing is refused, the input is left alone, order does not matter", () => {
    expect(() => median([])).toThrow(RangeError);
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }), (values) => {
        const copy = [...values];
        expect(median(values.toReversed())).toBe(median(values));
        expect(values).toEqual(copy);
      }),
    );
  });
});

describe("roundHalfEven", () => {
  test.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [65534.5, 65534],
    [-0.5, 0],
    [-1.5, -2],
    [-2.5, -2],
    [0.49999999999999994, 0],
    [-0.49999999999999994, 0],
    [0.5000000000000001, 1],
    [2251799813685249.5, 2251799813685250],
    [9007199254740991, 9007199254740991],
    [-1e-20, 0],
    [-0, 0],
  ])("of %d is %d", (x, expected) => expect(roundHalfEven(x)).toBe(expected));

  test("is nearest, and even at a tie, for any number", () => {
    fc.assert(
      fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), (x) => {
        const rounded = roundHalfEven(x);
        expect(Number.isInteger(rounded)).toBe(true);
        expect(Math.abs(rounded - x)).toBeLessThanOrEqual(0.5);
      }),
    );
  });
});
