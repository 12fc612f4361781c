import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { kendallTauB } from "../../scripts/kendall.ts";

describe("Kendall's τ-b", () => {
  // The third is the example in the documentation of scipy.stats.kendalltau, the others are made by hand.
  test.each<[readonly number[], readonly number[], number]>([
    [[1, 2, 3, 4], [1, 2, 3, 4], 1],
    [[1, 2, 3, 4], [4, 3, 2, 1], -1],
    [[12, 2, 1, 12, 2], [1, 4, 7, 1, 0], -0.471_404_520_791_031_7],
    [[1, 2, 2, 3], [1, 3, 2, 4], 0.912_870_929_175_277],
    [[1, 1, 2, 2], [1, 2, 1, 2], 0],
  ])("of %j and %j is %d", (xs, ys, tau) => {
    expect(kendallTauB(xs, ys)).toBeCloseTo(tau, 12);
  });

  test.each<[string, readonly number[], readonly number[]]>([
    ["nothing", [], []],
    ["one pair of values", [1], [2]],
    ["equal values", [1, 1, 1], [1, 2, 3]],
  ])("of %s is undefined", (_name, xs, ys) => {
    expect(kendallTauB(xs, ys)).toBeNull();
  });

  test("lies in [-1, 1], is symmetric, and turns its sign with an order", () => {
    const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })), { maxLength: 30 });
    fc.assert(
      fc.property(pairs, (list) => {
        const [xs, ys] = [list.map(([x]) => x), list.map(([, y]) => y)];
        const tau = kendallTauB(xs, ys);
        expect(kendallTauB(ys, xs)).toBe(tau);
        if (tau === null) return;
        expect(Math.abs(tau)).toBeLessThanOrEqual(1 + 1e-12);
        expect(
          kendallTauB(
            xs,
            ys.map((y) => -y),
          ),
        ).toBeCloseTo(-tau, 12);
      }),
    );
  });
});
