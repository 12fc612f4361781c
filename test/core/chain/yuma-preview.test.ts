import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { preview } from "../../../src/core/chain/preview.ts";
import { type YumaPreview, yumaPreview } from "../../../src/core/chain/yuma-preview.ts";
import type { ConsensusState, ProposedRow } from "../../../src/core/chain/yuma-state.ts";
import { consensusState, rowsOf, type Seat } from "./consensus-fixture.ts";

const SEATS: readonly Seat[] = [{ stake: 512 }, { stake: 512 }, {}, {}];
const WEIGHTS = rowsOf([
  [0, { 2: 1, 3: 1 }],
  [1, { 2: 1, 3: 1 }],
]);
const STATE = consensusState(SEATS, { weights: WEIGHTS });

function of(state: ConsensusState, uid: number, row: ProposedRow): YumaPreview {
  const found = yumaPreview(state, uid, row);
  if (found === undefined) throw new Error("no preview");
  return found;
}

describe("what a vector would do under Yuma", () => {
  test("own weight, consensus, clipping, incentive, trust and dividends, before and after", () => {
    const found = of(STATE, 0, { uids: [2, 3], values: [65_535, 21_845] });
    // The own row becomes 3/4, 1/4. Uid 2: 1/2 by half of the stake is no majority of 0.50000763, so 3/4 is the consensus;
    // uid 3: 1/2. Nothing is clipped. Ranks 5/8 and 3/8.
    expect(found.miners).toMatchObject([
      { uid: 0, hotkey: "k0", weight: 0 },
      { uid: 1, weight: 0 },
      { uid: 2, weight: 0.75, consensus: 0.75, clipped: false, incentive: { before: 32_767, after: 40_959 } },
      { uid: 3, weight: 0.25, consensus: 0.5, clipped: false, incentive: { before: 32_767, after: 24_575 } },
    ]);
    expect(found.trust).toEqual({ before: 65_535, after: 65_535 });
    // Bonds of 0: uid 2: 3/8 of 5/8, so 3/5; uid 3: 1/8 of 3/8, so 1/3. Dividends 3/5 × 5/8 + 1/3 × 3/8 = 1/2.
    expect(found.dividends).toEqual({ before: 32_767, after: 32_767 });
    expect(found).toMatchObject({ kind: "yuma", uid: 0, refused: null, approximate: [] });
  });

  test("what a majority does not share is clipped and costs trust and dividends", () => {
    const seats = SEATS.with(0, { stake: 256 });
    const found = of(consensusState(seats, { weights: WEIGHTS }), 0, { uids: [2], values: [1] });
    // Uid 2: 1/2 by two thirds of the stake. The own 1 is cut to 1/2; ranks 1/2 and 1/3.
    expect(found.miners[2]).toMatchObject({ weight: 1, consensus: 0.5, clipped: true });
    expect(found.miners[2]?.incentive).toEqual({ before: 32_767, after: 39_321 });
    expect(found.trust).toEqual({ before: 65_535, after: 32_767 });
    // Bonds of 0: a third of uid 2's, nothing of uid 3's: 1/3 × 3/5 = 1/5.
    expect(found.dividends).toEqual({ before: 21_845, after: 13_107 });
  });

  test("a vector is newer than every registration, also than one of the block itself", () => {
    const seats = SEATS.with(3, { registeredAt: 100 });
    const found = of(consensusState(seats, { weights: WEIGHTS }), 0, { uids: [2, 3], values: [1, 1] });
    expect(found.miners[3]).toMatchObject({ weight: 0.5, incentive: { before: 0 } });
    expect(found.miners[3]?.incentive.after).toBeGreaterThan(0);
  });

  test("a validator that has slept too long is awake again", () => {
    const state = consensusState(SEATS.with(0, { stake: 512, lastUpdate: 20 }), {
      weights: WEIGHTS,
      activityCutoff: 50,
    });
    const found = of(state, 0, { uids: [2, 3], values: [1, 1] });
    expect(found.dividends).toEqual({ before: 0, after: 32_767 });
  });

  test.each<[string, Partial<ConsensusState>, Seat, YumaPreview["refused"]]>([
    ["who has no permit is told so", {}, { stake: 512, permit: false }, "no-permit"],
    ["whose stake is too low is told so", { stakeThresholdRao: "513" }, { stake: 512 }, "stake-too-low"],
    ["the owner needs neither", { stakeThresholdRao: "513", ownerHotkey: "k0" }, { stake: 512, permit: false }, null],
  ])("%s", (_name, change, seat, refused) => {
    const state = consensusState(SEATS.with(0, seat), { weights: WEIGHTS, ...change });
    expect(of(state, 0, { uids: [2], values: [1] }).refused).toBe(refused);
  });

  test("what cannot be known is said", () => {
    const notes = (change: Partial<ConsensusState>): readonly string[] =>
      of({ ...STATE, ...change }, 0, { uids: [2], values: [1] }).approximate;
    expect(notes({ liquidAlpha: true }).join()).toMatch(/Liquid alpha/);
    expect(notes({ commitRevealEnabled: true }).join()).toMatch(/last revealed/);
    expect(notes({ mechanismCount: 2 }).join()).toMatch(/several mechanisms/);
    expect(notes({ assumed: ["kappa"] }).join()).toMatch(/does not say kappa/);
  });

  test.each<[string, ProposedRow]>([
    ["an empty vector", { uids: [], values: [] }],
    ["a vector of zeros", { uids: [2, 3], values: [0, 0] }],
    ["a vector to nobody", { uids: [4, 65_535], values: [9, 9] }],
    ["a vector with itself alone", { uids: [0], values: [65_535] }],
  ])("%s takes the own influence away, and nothing breaks", (_name, row) => {
    const found = of(consensusState(SEATS.with(0, { stake: 256 }), { weights: WEIGHTS }), 0, row);
    expect(found.trust.after).toBe(0);
    expect(found.dividends.after).toBe(0);
    expect(found.miners.map((line) => line.incentive.after)).toEqual([0, 0, 32_767, 32_767]);
  });

  test("setting again what stands changes nothing", () => {
    const value = fc.nat(65_535);
    fc.assert(
      fc.property(fc.tuple(value, value, value, value), ([a, b, c, d]) => {
        const weights = rowsOf([
          [0, { 2: a, 3: b }],
          [1, { 2: c, 3: d }],
        ]);
        const found = of(consensusState(SEATS, { weights }), 0, { uids: [2, 3], values: [a, b] });
        expect(found.trust.after).toBe(found.trust.before);
        expect(found.dividends.after).toBe(found.dividends.before);
        for (const { incentive } of found.miners) expect(incentive.after).toBe(incentive.before);
      }),
    );
  });
});

describe("a preview", () => {
  const row = { uids: [2], values: [1] };
  test("follows the subnet's mode, and says nothing in one it does not know", () => {
    expect(preview(STATE, 0, row)?.kind).toBe("yuma");
    expect(preview({ ...STATE, mode: "absent" }, 0, row)?.kind).toBe("yuma");
    expect(preview({ ...STATE, mode: "null" }, 0, row)?.kind).toBe("null");
    expect(preview({ ...STATE, mode: "unknown" }, 0, row)).toBeUndefined();
  });

  test("of a uid that nobody has there is none", () => {
    for (const mode of ["yuma", "null"] as const) expect(preview({ ...STATE, mode }, 4, row)).toBeUndefined();
  });

  test("of a single neuron is nothing", () => {
    const alone = consensusState([{ stake: 1 }]);
    expect(preview(alone, 0, row)).toMatchObject({ miners: [{ incentive: { before: 0, after: 0 } }] });
  });
});
