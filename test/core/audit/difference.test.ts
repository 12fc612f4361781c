import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { firstDifference } from "../../../src/core/audit/difference.ts";
import { shown } from "../../../src/core/audit/replay-result.ts";
import { canonicalJson } from "../../../src/core/determinism/canonical.ts";

describe("the first difference", () => {
  test.each<[string, unknown, unknown, string, unknown, unknown]>([
    ["of two values", 1, 2, "", 1, 2],
    ["of kinds", "1", 1, "", "1", 1],
    ["of null and an object", null, {}, "", null, {}],
    ["of a list and an object", [], {}, "", [], {}],
    ["in an object", { a: 1, b: 2 }, { a: 1, b: 3 }, "b", 2, 3],
    ["in key order, whatever the order of writing", { b: 1, a: 1 }, { b: 2, a: 2 }, "a", 1, 2],
    ["of a key that is missing", { a: 1 }, {}, "a", 1, undefined],
    ["of a key too many", {}, { a: null }, "a", undefined, null],
    ["of an inherited name", {}, { toString: 1 }, "toString", undefined, 1],
    ["in a list", [1, [2, 3]], [1, [2, 4]], "[1][1]", 3, 4],
    ["of length, after the common part", [1], [1, 2], "length", 1, 2],
    ["of what cannot be written", Number.NaN, 0, "", Number.NaN, 0],
    ["deep inside", { miners: [{}, { score: 1 }] }, { miners: [{}, { score: 2 }] }, "miners[1].score", 1, 2],
  ])("%s", (_name, expected, found, ...[field, left, right]) => {
    const difference = firstDifference(expected, found);
    expect(difference).toEqual({ field: field === "length" ? ".length" : field, expected: left, found: right });
  });

  test("of equal values there is none; zero has no sign", () => {
    expect(firstDifference({ a: [0, Number.NaN] }, { a: [-0, Number.NaN] })).toBeUndefined();
  });

  test("is there exactly when the canonical forms differ", () => {
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(null, true, 0, 1, 0.5, "", "a"),
        fc.array(tie("json"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom("a", "b", "__proto__"), tie("json"), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(json, json, (one, other) => {
        expect(firstDifference(one, other) === undefined).toBe(canonicalJson(one) === canonicalJson(other));
        expect(firstDifference(one, structuredClone(one))).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });
});

describe("a value in a report", () => {
  test.each<[unknown, string]>([
    [undefined, "nothing"],
    [null, "null"],
    ["text", "text"],
    [{ a: [1] }, '{"a":[1]}'],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    ["x".repeat(200), `${"x".repeat(120)}…`],
    [`${"x".repeat(119)}😀 and more`, `${"x".repeat(119)}\ufffd…`],
  ])("%j is shown as %s", (value, text) => {
    expect(shown(value)).toBe(text);
  });
});
