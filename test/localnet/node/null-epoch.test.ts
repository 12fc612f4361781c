import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { apportion } from "../../../src/localnet/node/apportion.ts";
import { electedPermit, type NullEpochInput, runNull } from "../../../src/localnet/node/null-epoch.ts";

const base: NullEpochInput = {
  stake: [5n, 7n, 0n, 0n],
  elected: 1,
  row: [
    [2, 3],
    [3, 1],
  ],
  updated: 50,
  registeredAt: [0, 0, 0, 0],
};

describe("whole units", () => {
  test.each<[string, bigint, readonly bigint[], readonly bigint[]]>([
    ["what is left goes to the largest remainder", 10n, [1n, 1n, 2n], [3n, 2n, 5n]],
    ["a weight of zero gets nothing", 7n, [0n, 1n, 0n], [0n, 7n, 0n]],
    ["ties go to the lower place", 1n, [1n, 1n, 1n], [1n, 0n, 0n]],
    ["without weights nothing is paid", 7n, [0n, 0n], [0n, 0n]],
  ])("%s", (_name, units, weights, expected) => {
    expect(apportion(units, weights)).toEqual(expected);
  });

  test("the sum is exact, and nobody is a unit away from the exact share", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 15n), fc.array(fc.bigInt(0n, 65_535n), { minLength: 1 }), (units, weights) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0n);
        const parts = apportion(units, weights);
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(total === 0n ? 0n : units);
        for (const [place, weight] of weights.entries()) {
          const distance = (parts[place] ?? 0n) * total - units * weight;
          expect(distance > -total && distance < total).toBe(total > 0n);
        }
      }),
    );
  });
});

describe("the Null epoch", () => {
  test.each<[string, Partial<NullEpochInput>, readonly bigint[]]>([
    ["pays by the row of the elected validator", {}, [0n, 0n, 3n, 1n]],
    ["passes over a uid registered after the row was set", { registeredAt: [0, 0, 51, 0] }, [0n, 0n, 0n, 1n]],
    ["but not one registered in the same block", { registeredAt: [0, 0, 50, 0] }, [0n, 0n, 3n, 1n]],
    [
      "passes over a uid that does not exist",
      {
        row: [
          [9, 1],
          [2, 1],
        ],
      },
      [0n, 0n, 1n, 0n],
    ],
    ["pays everybody alike when the row is empty", { row: [] }, [1n, 1n, 1n, 1n]],
    ["pays everybody alike when the row is all zero", { row: [[2, 0]] }, [1n, 1n, 1n, 1n]],
    ["pays everybody alike when all it names are new", { registeredAt: [0, 0, 51, 51] }, [1n, 1n, 1n, 1n]],
    ["pays everybody alike when nobody is elected", { elected: undefined }, [1n, 1n, 1n, 1n]],
  ])("%s", (_name, changed, expected) => {
    expect(runNull({ ...base, ...changed }).miners).toEqual(expected);
  });

  test("pays validators by stake, and everybody alike where there is none", () => {
    expect(runNull(base).validators).toEqual([5n, 7n, 0n, 0n]);
    expect(runNull({ ...base, stake: [0n, 0n] })).toEqual({ miners: [1n, 1n], validators: [1n, 1n] });
  });

  test("elects the largest stake, of equals the lower uid, nobody without stake", () => {
    expect(electedPermit([5n, 7n, 7n])).toEqual([false, true, false]);
    expect(electedPermit([0n, 0n])).toEqual([false, false]);
  });
});
