import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ValidatorError } from "../../../src/core/model/fault.ts";
import {
  clipToMaxWeight,
  type EncodedWeights,
  encodeWeights,
  type UidWeight,
} from "../../../src/core/weights/encode.ts";

interface Refused {
  readonly error: string;
  readonly message: string;
}
type Encoded = Refused | EncodedWeights;
interface Case {
  readonly name: string;
  readonly uids: readonly number[];
  readonly weights_hex: readonly string[];
  readonly v11_normalize: Encoded;
  readonly v11_clip_to_max_weight: readonly ({ readonly limit: string } & (
    | Refused
    | { readonly hex: readonly string[] }
  ))[];
  readonly v11_conform: readonly ({
    readonly max_weight_limit: number;
    readonly min_allowed_weights: number;
    readonly own_uid: number;
  } & (Encoded | { readonly same_as: "v11_normalize" }))[];
}

const CASES = (
  JSON.parse(readFileSync(new URL("../../vectors/sdk-weights-v11.json", import.meta.url), "utf8")) as {
    readonly cases: readonly Case[];
  }
).cases;

/** Python's float.hex: sign, 0x, mantissa digits, binary exponent. */
function fromFloatHex(text: string): number {
  const match = /^(-?)0x([01])\.([0-9a-f]+)p([+-]\d+)$/.exec(text);
  if (match === null) return Number(text.replace("inf", "Infinity"));
  const [, sign, head, digits = "", exponent] = match;
  let value = Number.parseInt(`${head}${digits.padEnd(13, "0")}`, 16);
  // In steps that stay exact: the mantissa is an integer below 2^53, and only the last step may reach the subnormals.
  for (let e = Number(exponent) - 52; e !== 0; e -= Math.sign(e)) value *= e > 0 ? 2 : 0.5;
  return sign === "-" ? -value : value;
}

function pairs(one: Case): UidWeight[] {
  return one.uids.map((uid, index) => ({ uid, weight: fromFloatHex(one.weights_hex[index] ?? "nan") }));
}

/** Lists of unequal length cannot be expressed here: weights carry their uid. */
const EXPRESSIBLE = CASES.filter((one) => one.uids.length === one.weights_hex.length);

/**
 * SDK 11 `_conform` from our parts: the minimum is the guard's business (`too-few-weights`); a single weight for the own uid,
 * which we never send, is exempt from limit and minimum.
 */
function conform(one: Case, limit: number, least: number): EncodedWeights | "refused" {
  try {
    const weights = limit < 65_535 ? clipToMaxWeight(pairs(one), limit / 65_535) : pairs(one);
    const encoded = encodeWeights(weights);
    return encoded.uids.length === 0 || encoded.uids.length < least ? "refused" : encoded;
  } catch (error) {
    expect(error).toBeInstanceOf(ValidatorError);
    return "refused";
  }
}

describe("SDK 11", () => {
  test("the vectors are all there, but for lists of unequal length", () => {
    expect(CASES.length).toBe(74);
    expect(CASES.filter((one) => !EXPRESSIBLE.includes(one)).map((one) => one.name)).toEqual([
      "length mismatch",
      "length mismatch other way",
    ]);
  });

  test.each(EXPRESSIBLE)("normalize: $name", (one) => {
    const expected = one.v11_normalize;
    if ("error" in expected) expect(() => encodeWeights(pairs(one))).toThrow(ValidatorError);
    else expect(encodeWeights(pairs(one))).toEqual(expected);
  });

  test.each(EXPRESSIBLE)("clip_to_max_weight: $name", (one) => {
    const hostile = pairs(one).some(({ weight }) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY));
    for (const { limit, ...expected } of one.v11_clip_to_max_weight) {
      const clipped = (): UidWeight[] => clipToMaxWeight(pairs(one), fromFloatHex(limit));
      // Stricter than the SDK, which refuses what is negative or not finite only after clipping.
      if (hostile || one.uids.some((uid) => uid < 0 || uid > 65_535)) expect(clipped).toThrow(ValidatorError);
      else if ("error" in expected) expect(clipped()).toEqual([]);
      else expect(clipped().map(({ weight }) => weight)).toEqual(expected.hex.map(fromFloatHex));
    }
  });

  test.each(EXPRESSIBLE)("_conform: $name", (one) => {
    for (const expected of one.v11_conform) {
      const isSelf = one.uids.length === 1 && one.uids[0] === expected.own_uid;
      const result = "same_as" in expected ? one.v11_normalize : expected;
      const ours = isSelf
        ? conform(one, 65_535, 0)
        : conform(one, expected.max_weight_limit, expected.min_allowed_weights);
      const hostile = pairs(one).some(({ weight }) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY));
      if ("error" in result || hostile) expect(ours).toBe("refused");
      else expect(ours).toEqual({ uids: result.uids, values: result.values });
    }
  });
});

describe("any weights", () => {
  const weights = fc
    .array(fc.double({ min: 0, max: 1e300, noNaN: true }), { maxLength: 40 })
    .map((list) => list.map((weight, uid) => ({ uid, weight })));

  test("keep their order, have 65535 as the largest value and no zero", () => {
    fc.assert(
      fc.property(weights, (list) => {
        const { uids, values } = encodeWeights(list);
        expect(values.length === 0).toBe(list.every(({ weight }) => weight === 0));
        expect(values.length === 0 || Math.max(...values) === 65_535).toBe(true);
        expect(values.every((value) => Number.isInteger(value) && value > 0)).toBe(true);
        const byUid = new Map(list.map(({ uid, weight }) => [uid, weight]));
        for (let i = 1; i < uids.length; i += 1) {
          const [a, b] = [byUid.get(uids[i - 1]!) ?? 0, byUid.get(uids[i]!) ?? 0];
          if (a < b) expect(values[i - 1]).toBeLessThanOrEqual(values[i]!);
        }
      }),
    );
  });

  test("encoded again are themselves: the chain's own upscaling changes nothing", () => {
    fc.assert(
      fc.property(weights, (list) => {
        const once = encodeWeights(list);
        const again = encodeWeights(once.uids.map((uid, index) => ({ uid, weight: once.values[index] ?? 0 })));
        expect(again).toEqual(once);
      }),
    );
  });

  test("clipped have sum 1 and none above the limit", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-9, max: 1, noNaN: true }), { minLength: 3, maxLength: 40 }),
        fc.double({ min: 0.35, max: 1, noNaN: true }),
        (list, limit) => {
          const clipped = clipToMaxWeight(
            list.map((weight, uid) => ({ uid, weight })),
            limit,
          ).map(({ weight }) => weight);
          expect(Math.abs(clipped.reduce((a, b) => a + b, 0) - 1)).toBeLessThan(1e-9);
          expect(Math.max(...clipped)).toBeLessThan(limit + 1e-6);
        },
      ),
    );
  });

  test.each([
    ["negative", 0, -1e-300],
    ["NaN", 0, Number.NaN],
    ["infinite", 0, Number.POSITIVE_INFINITY],
    ["for a negative uid", -1, 1],
    ["for a uid beyond u16", 65_536, 1],
    ["for a uid that is no integer", 1.5, 1],
  ])("are refused when %s", (_name, uid, weight) => {
    expect(() =>
      encodeWeights([
        { uid: 7, weight: 1 },
        { uid, weight },
      ]),
    ).toThrow(ValidatorError);
    expect(() =>
      clipToMaxWeight(
        [
          { uid: 7, weight: 1 },
          { uid, weight },
        ],
        0.5,
      ),
    ).toThrow(ValidatorError);
  });
});
