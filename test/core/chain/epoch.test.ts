import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  directWindow,
  earliestSubmission,
  eraPeriod,
  nextEpochBlock,
  submissionsClose,
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
