import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resolveWeights, type Seat, type Target } from "../../../src/core/weights/resolve.ts";

const seat = (uid: number, hotkey: string, registeredAt = 0): Seat => ({ uid, hotkey, registeredAt });
const TARGETS: readonly Target[] = [seat(1, "a"), seat(2, "b"), seat(5, "c")];
const VALUES = [65_535, 30_000, 10_000];

describe("weights at signing", () => {
  test.each<[string, Seat[], ReturnType<typeof resolveWeights>]>([
    ["stay as they are when everybody sits where he sat", [seat(1, "a"), seat(2, "b"), seat(5, "c")], null],
    ["do not mind newcomers elsewhere", [seat(0, "x"), seat(1, "a"), seat(2, "b"), seat(5, "c")], null],
    [
      "follow the registration to its uid of today",
      [seat(1, "a"), seat(2, "b"), seat(3, "c")],
      { uids: [1, 2, 3], values: VALUES, dropped: [], moved: [{ from: 5, to: 3 }] },
    ],
    [
      "are never given to a newcomer under an old uid",
      [seat(1, "a"), seat(2, "newcomer", 9), seat(5, "c")],
      { uids: [1, 5], values: [65_535, 10_000], dropped: [2], moved: [] },
    ],
    [
      "are not given to a key that has registered anew",
      [seat(1, "a", 9), seat(2, "b"), seat(5, "c")],
      { uids: [2, 5], values: [65_535, 21_845], dropped: [1], moved: [] },
    ],
    ["of nobody left are empty", [seat(1, "x")], { uids: [], values: [], dropped: [1, 2, 5], moved: [] }],
  ])("%s", (_name, seats, expected) => {
    expect(resolveWeights(TARGETS, VALUES, seats)).toEqual(expected);
  });

  test("whatever happens to the seats, every weight goes to the key that was judged, in the same proportion", () => {
    const world = fc
      .tuple(
        fc.uniqueArray(fc.integer({ min: 0, max: 2_499 }), { minLength: 1, maxLength: 60 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 2_499 }), { minLength: 60, maxLength: 60 }),
      )
      .chain(([before, after]) =>
        fc.record({
          before: fc.constant(before),
          after: fc.constant(after.slice(0, before.length)),
          values: fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: before.length, maxLength: before.length }),
          gone: fc.array(fc.boolean(), { minLength: before.length, maxLength: before.length }),
        }),
      );
    fc.assert(
      fc.property(world, ({ before, after, values, gone }) => {
        const targets = before.map((uid, at) => seat(uid, `key ${at}`));
        const seats = after.map((uid, at) => seat(uid, gone[at] ? `other ${at}` : `key ${at}`));
        const resolved = resolveWeights(targets, values, seats);
        if (resolved === null) return expect(after).toEqual(before);
        const kept = values.filter((_, at) => !gone[at]);
        const most = Math.max(0, ...kept);
        expect(resolved.uids).toEqual(resolved.uids.toSorted((a, b) => a - b));
        expect(resolved.dropped).toHaveLength(gone.filter(Boolean).length);
        if (kept.length > 0) expect(Math.max(...resolved.values)).toBe(65_535);
        for (const [at, uid] of after.entries()) {
          const sent = resolved.values[resolved.uids.indexOf(uid)] ?? 0;
          const due = gone[at] ? 0 : ((values[at] ?? 0) * 65_535) / most;
          expect(Math.abs(sent - due)).toBeLessThanOrEqual(0.5);
        }
      }),
    );
  });
});
