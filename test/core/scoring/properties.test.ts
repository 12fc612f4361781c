import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../../src/core/determinism/canonical.ts";
import type { IneligibleReason } from "../../../src/core/model/roster.ts";
import type { EstimatorState } from "../../../src/core/model/scoring-state.ts";
import { type EstimateInput, estimate } from "../../../src/core/scoring/estimate.ts";
import { weigh } from "../../../src/core/weights/weigh.ts";
import { type Cell, cycle, type MinerRow, type World } from "./cycle-fixture.ts";

const TASKS = "vvvjj";
const score = fc.oneof(fc.constantFrom(0, 0.25, 0.5, 0.75, 1), fc.double({ min: 0, max: 1, noNaN: true }));
const cell: fc.Arbitrary<Cell> = fc.oneof(
  { weight: 12, arbitrary: score },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Cell>("miner/answer-empty", "miner/chute-cold", "platform/timeout", "judge", null),
  },
);
const cells = fc.array(cell, { minLength: TASKS.length, maxLength: TASKS.length });
const row = fc.record(
  { cells, ineligible: fc.constantFrom<IneligibleReason>("no-commitment", "chute-unchecked") },
  { requiredKeys: ["cells"] },
);
const rows: fc.Arbitrary<MinerRow[]> = fc
  .array(fc.oneof({ weight: 6, arbitrary: fc.record({ cells }) }, { weight: 1, arbitrary: row }), {
    minLength: 1,
    maxLength: 9,
  })
  .map((list) => list.map((item, uid) => ({ uid, ...item })));
const channel = fc
  .record({ count: fc.double({ min: 0, max: 100, noNaN: true }), mean: fc.double({ min: -1, max: 1, noNaN: true }) })
  .map(({ count, mean }) => ({ sum: count * mean, count, square: count * mean * mean }));
const amount = fc.double({ min: 0, max: 100, noNaN: true });
const before: fc.Arbitrary<EstimatorState> = fc
  .array(fc.record({ verifiable: channel, judged: channel, delivered: amount, failed: amount }), { maxLength: 9 })
  .map((list) => ({
    cycles: 3,
    miners: list.map((state, uid) => ({ hotkey: `key-${uid}`, registeredAt: 10, ...state })),
  }));
const config = fc.record({
  decay: fc.constantFrom(0.8909, 0.5, 1),
  judgedWeight: fc.constantFrom(0, 0.5, 1),
  crossCap: fc.constantFrom(0, 1),
  availabilityFloor: fc.constantFrom(0, 0.95),
  policy: fc.record({ id: fc.constant("softmax" as const), temperature: fc.constantFrom(0.05, 0.2, 0.5, 3) }),
});
const world: fc.Arbitrary<World> = fc.record({ tasks: fc.constant(TASKS), rows, before, config });

function vectorOf(input: EstimateInput): ReturnType<typeof weigh> {
  const sheet = { kind: "score-sheet", parents: [], ...estimate(input) } as const;
  return weigh({ ...input, sheet });
}

function weightOf(input: EstimateInput, uid: number): { readonly weight: number; readonly value: number } {
  const vector = vectorOf(input);
  return {
    weight: vector.real.find((real) => real.uid === uid)?.weight ?? 0,
    value: vector.values[vector.uids.indexOf(uid)] ?? 0,
  };
}

describe("for any cycle", () => {
  test("every number is finite and in its range, and the sheet can be written canonically", () => {
    fc.assert(
      fc.property(world, (any) => {
        const input = cycle(any);
        const sheet = estimate(input);
        const vector = vectorOf(input);
        expect(() => canonicalJson({ ...sheet, vector })).not.toThrow();
        for (const miner of sheet.miners) {
          expect(miner.score === null).toBe(miner.stderr === null);
          expect(miner.stderr ?? 1).toBeGreaterThan(0);
          expect(miner.availability === null || (miner.availability >= 0 && miner.availability <= 1)).toBe(true);
          expect(miner.excused + miner.minerFaults).toBeLessThanOrEqual(TASKS.length);
          if (miner.reason === null || miner.reason === "no-verifiable-answers") {
            expect(miner.answered + miner.missed).toBe(TASKS.length);
          }
        }
        const total = vector.real.reduce((sum, { weight }) => sum + weight, 0);
        expect(vector.real.length === 0 || Math.abs(total - 1) < 1e-12).toBe(true);
        expect(vector.uids.length === 0 || Math.max(...vector.values) === 65_535).toBe(true);
        expect(vector.uids).toEqual(vector.uids.toSorted((a, b) => a - b));
      }),
    );
  });

  test("the order of records changes nothing", () => {
    const rotate = <T>(list: readonly T[], by: number): T[] => {
      const at = list.length === 0 ? 0 : by % list.length;
      return [...list.slice(at), ...list.slice(0, at)].toReversed();
    };
    fc.assert(
      fc.property(world, fc.nat(), (any, by) => {
        const input = cycle(any);
        const mixed: EstimateInput = {
          ...input,
          snapshot: { ...input.snapshot, neurons: rotate(input.snapshot.neurons, by) },
          roster: { ...input.roster, entries: rotate(input.roster.entries, by) },
          responses: rotate(input.responses, by),
          judgements: rotate(input.judgements, by),
        };
        expect(estimate(mixed).miners).toEqual(estimate(input).miners);
        expect(estimate(mixed).after).toEqual(estimate(input).after);
        expect(vectorOf(mixed)).toEqual(vectorOf(input));
      }),
    );
  });

  test("which uid a miner has changes nothing but the order", () => {
    fc.assert(
      fc.property(world, (any) => {
        const input = cycle({ ...any, config: { ...any.config, decay: 1 } });
        const last = any.rows.length - 1;
        const named = any.rows.map((item) => ({ hotkey: `key-${item.uid}`, ...item }));
        const turned = cycle({
          ...any,
          config: { ...any.config, decay: 1 },
          rows: named.map((item) => ({ ...item, uid: last - item.uid })),
        });
        const scores = (of: EstimateInput): Map<string, number> =>
          new Map(estimate(of).miners.map((miner) => [miner.hotkey, miner.score ?? -1e6]));
        const turnedScores = scores(turned);
        // Sums run over miners in another order, so the last bits may differ.
        for (const [hotkey, value] of scores(input)) expect(turnedScores.get(hotkey)).toBeCloseTo(value, 6);
      }),
    );
  });

  test("a better answer never lowers the score or the weight of its miner, and never raises another's score", () => {
    const raise = fc.record({ uid: fc.nat(8), task: fc.nat(TASKS.length - 1), from: score, to: score });
    fc.assert(
      fc.property(world, raise, (any, { uid, task, from, to }) => {
        fc.pre(uid < any.rows.length);
        const put = (value: number): EstimateInput =>
          cycle({
            ...any,
            rows: any.rows.map((item) => (item.uid === uid ? { ...item, cells: item.cells.with(task, value) } : item)),
          });
        const [worse, better] = [put(Math.min(from, to)), put(Math.max(from, to))];
        const after = estimate(better).miners;
        for (const [index, miner] of estimate(worse).miners.entries()) {
          const change = (after[index]?.score ?? 0) - (miner.score ?? 0);
          // One unit of quantisation: the centre of an even number of scores is rounded.
          expect(miner.uid === uid ? change : -change).toBeGreaterThanOrEqual(-1.5e-9);
        }
        const [low, high] = [weightOf(worse, uid), weightOf(better, uid)];
        expect(high.weight).toBeGreaterThanOrEqual(low.weight * (1 - 1e-7));
        expect(high.value).toBeGreaterThanOrEqual(low.value - 1);
      }),
      { numRuns: 300 },
    );
  });

  test("a fault of the platform has exactly the effect of a question that was not asked", () => {
    fc.assert(
      fc.property(world, (any) => {
        const replaced = (from: Cell, to: Cell): EstimateInput =>
          cycle({
            ...any,
            rows: any.rows.map((item) => ({ ...item, cells: item.cells.map((c) => (c === from ? to : c)) })),
          });
        expect(estimate(replaced(null, "platform/capacity"))).toEqual(estimate(replaced("platform/capacity", null)));
      }),
    );
  });

  test("a task that the platform spoilt for everybody changes no score and no state", () => {
    const lenient = { excuseCap: 1, quorum: 1 };
    fc.assert(
      fc.property(world, fc.constantFrom("v", "j"), (any, channelOfIt) => {
        const plain = estimate(cycle({ ...any, config: { ...any.config, ...lenient } }));
        const spoilt = estimate(
          cycle({
            ...any,
            tasks: `${TASKS}${channelOfIt}`,
            rows: any.rows.map((item) => ({ ...item, cells: [...item.cells, "platform/timeout" as const] })),
            config: { ...any.config, ...lenient },
          }),
        );
        expect(spoilt.after).toEqual(plain.after);
        expect(spoilt.miners.map((miner) => miner.score)).toEqual(plain.miners.map((miner) => miner.score));
      }),
    );
  });
});
