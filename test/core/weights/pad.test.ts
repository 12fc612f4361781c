import fc from "fast-check";
import { expect, test } from "vitest";
import { padWeights } from "../../../src/core/weights/pad.ts";

test.each<[string, [number[], number[]], [least: number, neurons: number], [number[], number[]]]>([
  [
    "a list that is long enough stays",
    [
      [3, 5],
      [65_535, 1],
    ],
    [2, 9],
    [
      [3, 5],
      [65_535, 1],
    ],
  ],
  [
    "zeros go to the lowest free uids",
    [
      [0, 3],
      [65_535, 7],
    ],
    [4, 9],
    [
      [0, 1, 2, 3],
      [65_535, 0, 0, 7],
    ],
  ],
  [
    "never more than there are neurons",
    [[1], [65_535]],
    [50, 3],
    [
      [0, 1, 2],
      [0, 65_535, 0],
    ],
  ],
  [
    "beyond 256",
    [[2_499], [65_535]],
    [2, 2_500],
    [
      [0, 2_499],
      [0, 65_535],
    ],
  ],
  ["nothing positive is not made sendable", [[1], [0]], [3, 5], [[1], [0]]],
  ["nothing at all neither", [[], []], [3, 5], [[], []]],
])("%s", (_name, [uids, values], [least, neurons], [expectedUids, expectedValues]) => {
  expect(padWeights({ uids, values }, least, neurons)).toEqual({ uids: expectedUids, values: expectedValues });
});

test("padding keeps every positive weight, names no uid twice and is as long as the chain asks", () => {
  const row = fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(row, fc.integer({ min: 0, max: 90 }), (uids, least) => {
      const values = uids.map((uid) => uid + 1);
      const padded = padWeights({ uids, values }, least, 60);
      const positive = padded.uids.filter((_, at) => (padded.values[at] ?? 0) > 0);
      expect(positive.toSorted((a, b) => a - b)).toEqual(uids.toSorted((a, b) => a - b));
      for (const uid of positive) expect(padded.values[padded.uids.indexOf(uid)]).toBe(uid + 1);
      expect(new Set(padded.uids).size).toBe(padded.uids.length);
      expect(padded.uids.length).toBe(Math.max(uids.length, Math.min(least, 60)));
      expect(padded.uids.every((uid) => uid < 60)).toBe(true);
    }),
  );
});
