import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  commitWindow,
  countedEpochBlock,
  directWindow,
  earliestSubmission,
  eraPeriod,
  nextEpochBlock,
  submissionsClose,
  temposBehind,
} from "../../../src/core/chain/epoch.ts";

const state = (lastEpochBlock: number, pendingEpochAt = 0, nextEpochBlockSaid: number | null = null) => ({
  lastEpochBlock,
  pendingEpochAt,
  nextEpochBlock: nextEpochBlockSaid,
});

describe("the next epoch", () => {
  test.each([
    ["a tempo after the last", state(1000), 360, 1360],
    ["sooner when one is pending", state(1000, 1005), 360, 1005],
    ["not later when the pending one is later", state(1000, 2000), 360, 1360],
    ["as the chain says it, when it does", state(1000, 0, 1361), 360, 1361],
  ])("%s", (_name, schedule, tempo, expected) => {
    expect(nextEpochBlock(schedule, tempo)).toBe(expected);
  });

  test.each<[string, number, number | null, number | null]>([
    ["nothing while the counter runs with the epoch", 100, 1360, 1360],
    ["what the chain says, also where the counter falls on it", 101, 1360, 1360],
    ["the block in which the counter passes the tempo", 200, 1360, 1261],
    ["the next block where it has passed it", 361, 1360, 1101],
    ["the same where the chain says nothing", 200, null, 1261],
    ["nothing where neither says anything", 100, null, null],
  ])("by the counter of blocks at block 1100: %s", (_name, blocksSinceLastStep, said, expected) => {
    expect(countedEpochBlock({ ...state(1000, 0, said), blocksSinceLastStep }, 360, 1100)).toBe(expected);
  });

  test("a subnet without epochs has none by the counter either", () => {
    expect(countedEpochBlock({ ...state(1000, 0, null), blocksSinceLastStep: 9 }, 0, 1100)).toBeNull();
  });
});

describe("the last blocks of an epoch", () => {
  test.each([
    ["mainnet", 360, 1356],
    ["the localnet", 60, 1056],
    ["a short tempo", 20, 1018],
    ["a tempo of a few blocks", 7, 1007],
  ])("take no submission: %s", (_name, tempo, expected) => {
    expect(submissionsClose(state(1000), tempo)).toBe(expected);
  });

  test("lie behind the begin of the window", () => {
    fc.assert(
      fc.property(fc.nat(1e7), fc.integer({ min: 2, max: 50_400 }), (last, tempo) => {
        const close = submissionsClose(state(last), tempo);
        expect(close).toBeGreaterThan(directWindow(state(last), tempo).from);
        expect(close).toBeLessThanOrEqual(last + tempo);
      }),
    );
  });
});

describe("the window for direct weights", () => {
  test.each([
    ["mainnet", 360, { from: 1330, to: 1352 }],
    ["the localnet", 60, { from: 1030, to: 1052 }],
    ["a short tempo", 20, { from: 1010, to: 1012 }],
    ["a very short tempo", 10, { from: 1005, to: 1005 }],
  ])("%s", (_name, tempo, expected) => {
    expect(directWindow(state(1000), tempo)).toEqual(expected);
  });

  test("always lies inside the epoch, in order", () => {
    fc.assert(
      fc.property(fc.nat(1e7), fc.integer({ min: 1, max: 50_400 }), (last, tempo) => {
        const window = directWindow(state(last), tempo);
        expect(window.from).toBeGreaterThanOrEqual(last);
        expect(window.to).toBeGreaterThanOrEqual(window.from);
        expect(window.to).toBeLessThanOrEqual(last + tempo);
      }),
    );
  });
});

describe("the window for a timelocked commit", () => {
  test.each([
    ["from the epoch's first block", 360, 1000, { from: 1180, to: 1355 }],
    ["from the middle, the middle of what is left", 360, 1180, { from: 1270, to: 1355 }],
    ["from a late start", 360, 1350, { from: 1355, to: 1355 }],
    ["from the last block", 360, 1359, { from: 1359, to: 1359 }],
    ["for an epoch that is put off", 360, 1365, { from: 1360, to: 1360 }],
    ["from before its epoch", 360, 900, { from: 1180, to: 1355 }],
    ["on the localnet", 60, 1000, { from: 1030, to: 1055 }],
    ["with a tempo of a few blocks", 7, 1000, { from: 1003, to: 1006 }],
  ])("%s", (_name, tempo, from, expected) => {
    expect(commitWindow(state(1000), tempo, from)).toEqual(expected);
  });

  test("ends sooner when an epoch is triggered", () => {
    expect(commitWindow(state(1000, 1100), 360, 1080)).toEqual({ from: 1090, to: 1095 });
  });

  test("lies inside the epoch, in order, and moves towards its end as time goes by", () => {
    fc.assert(
      fc.property(fc.nat(1e7), fc.integer({ min: 1, max: 50_400 }), fc.nat(60_000), (last, tempo, later) => {
        const window = commitWindow(state(last), tempo, last + later);
        expect(window.from).toBeGreaterThanOrEqual(last);
        expect(window.to).toBeGreaterThanOrEqual(window.from);
        expect(window.to).toBeLessThanOrEqual(last + tempo);
        expect(commitWindow(state(last), tempo, last + later + 1).from).toBeGreaterThanOrEqual(window.from);
      }),
    );
  });
});

describe("tempos behind", () => {
  test.each([
    ["just set", [1000, 1000, 360], 0],
    ["within a tempo", [1000, 1359, 360], 0],
    ["a tempo ago", [1000, 1360, 360], 1],
    ["three tempos ago", [1000, 2100, 360], 3],
    ["a head of a node that lags", [1000, 990, 360], 0],
    ["never set", [0, 5000, 360], null],
    ["a subnet without epochs", [1000, 5000, 0], null],
  ] as const)("%s", (_name, [lastUpdate, head, tempo], expected) => {
    expect(temposBehind(lastUpdate, head, tempo)).toBe(expected);
  });

  test("are whole, never negative, and one more after each tempo", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e7 }),
        fc.nat(1e6),
        fc.integer({ min: 1, max: 50_400 }),
        (last, age, tempo) => {
          const behind = temposBehind(last, last + age, tempo) ?? -1;
          expect(Number.isSafeInteger(behind) && behind >= 0).toBe(true);
          expect(temposBehind(last, last + age + tempo, tempo)).toBe(behind + 1);
        },
      ),
    );
  });
});

test("a first submission is free, later ones wait for the rate limit", () => {
  expect(earliestSubmission(0, { weightsRateLimit: 100 })).toBe(0);
  expect(earliestSubmission(500, { weightsRateLimit: 100 })).toBe(600);
});

test.each([
  [0, 16],
  [3, 16],
  [8, 16],
  [9, 32],
  [20, 32],
  [25, 64],
])("finality %i blocks behind: an era of %i", (lag, period) => {
  expect(eraPeriod(lag)).toBe(period);
});
