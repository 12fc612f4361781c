import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asStored, type YumaOutcome, yumaEpoch } from "../../../src/core/chain/yuma-epoch.ts";
import type { ConsensusState } from "../../../src/core/chain/yuma-state.ts";
import { consensusState, rowsOf, type Seat } from "./consensus-fixture.ts";

function close(found: readonly number[], expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  for (const [index, value] of expected.entries()) expect(found[index]).toBeCloseTo(value, 12);
}

/** Validators 0 and 1 with stakes 3 : 1, miners 2 and 3. Row shares: 0 gives 3/4 and 1/4, 1 gives 1/2 and 1/2. */
const SEATS: readonly Seat[] = [{ stake: 750 }, { stake: 250 }, {}, {}];
const WEIGHTS = rowsOf([
  [0, { 2: 3, 3: 1 }],
  [1, { 2: 40, 3: 40 }],
]);
const state = (change: Partial<ConsensusState> = {}, seats = SEATS): ConsensusState =>
  consensusState(seats, { weights: WEIGHTS, ...change });

describe("an epoch by hand (chain.md §8)", () => {
  test("consensus, clipping, trust and incentive", () => {
    const found = yumaEpoch(state());
    // More than 1 − κ = 0.50000763 of the stake must say no more. Uid 2: 1/2 by 0.25 is too little, 3/4 by all is enough.
    // Uid 3: 1/4 by 0.75 is enough; validator 1 is clipped from 1/2 to 1/4.
    close(found.consensus, [0, 0, 3 / 4, 1 / 4]);
    close(found.trust, [1, 1 / 2 + 1 / 4, 0, 0]);
    // Ranks: uid 2: 0.75 × 3/4 + 0.25 × 1/2 = 0.6875; uid 3: 0.75 × 1/4 + 0.25 × 1/4 = 0.25; together 0.9375.
    close(found.incentive, [0, 0, 11 / 15, 4 / 15]);
  });

  test("classic dividends without old bonds", () => {
    // Clipped × stake: uid 2: 9/16 and 2/16, so 9/11 and 2/11 of its bonds; uid 3: 3/16 and 1/16, so 3/4 and 1/4.
    // Dividends: 9/11 × 11/15 + 3/4 × 4/15 = 12/15, and 3/15.
    close(yumaEpoch(state()).dividends, [12 / 15, 3 / 15, 0, 0]);
  });

  test("classic dividends with old bonds", () => {
    const bonds = rowsOf([[1, { 2: 100 }]]);
    // Uid 2: a tenth of the new bonds, nine of the old: 0 has 9/110, 1 has 101/110. Uid 3 as before.
    // Dividends of 0: 9/110 × 11/15 + 3/4 × 4/15 = 0.26.
    close(yumaEpoch(state({ bonds })).dividends, [0.26, 0.74, 0, 0]);
  });

  test.each([
    ["dropped when the miner registered at the cutoff or later", 10, [12 / 15, 3 / 15, 0, 0]],
    ["kept when it registered before", 11, [0.26, 0.74, 0, 0]],
  ])("old bonds are %s", (_name, bondsCutoff, dividends) => {
    close(yumaEpoch(state({ bonds: rowsOf([[1, { 2: 100 }]]), bondsCutoff })).dividends, dividends);
  });

  test("dividends of Yuma 3", () => {
    // New bonds a tenth of the clipped weights; of uid 2's (0.075, 0.05) 0 has 3/5, of uid 3's (0.025, 0.025) half.
    // (3/5 × 11/15 + 1/2 × 4/15) × 0.75 = 6.45/15; (2/5 × 11/15 + 1/2 × 4/15) × 0.25 = 1.6/15; together 8.05/15.
    close(yumaEpoch(state({ yuma3: true })).dividends, [129 / 161, 32 / 161, 0, 0]);
  });

  test("old bonds of Yuma 3 count as fractions of 65535", () => {
    const bonds = rowsOf([[1, { 2: 65_535 }]]);
    // Uid 2: 0 has 0.1 × 0.75, 1 has 0.1 × 0.5 + 0.9 × 1 = 0.95, together 1.025. Uid 3: half each.
    const first = ((0.075 / 1.025) * (11 / 15) + (1 / 2) * (4 / 15)) * 0.75;
    const second = ((0.95 / 1.025) * (11 / 15) + (1 / 2) * (4 / 15)) * 0.25;
    const total = first + second;
    close(yumaEpoch(state({ yuma3: true, bonds })).dividends, [first / total, second / total, 0, 0]);
  });

  test("without a bonds penalty bonds grow by the weights as given", () => {
    // Uid 3: 0.75 × 1/4 = 3/16 and 0.25 × 1/2 = 2/16, so 3/5 and 2/5. Dividends of 0: 9/15 + 3/5 × 4/15 = 57/75.
    close(yumaEpoch(state({ bondsPenalty: 0 })).dividends, [57 / 75, 18 / 75, 0, 0]);
  });

  test("a fraction is stored as u16, truncated", () => {
    expect([0, 0.5, 0.999_99, 1, 1.000_001].map(asStored)).toEqual([0, 32_767, 65_534, 65_535, 65_535]);
  });
});

describe("what does not count", () => {
  const only0 = [0, 0, 3 / 4, 1 / 4];
  const only1 = [0, 0, 1 / 2, 1 / 2];
  test.each<[string, ConsensusState, readonly number[]]>([
    ["a validator without permit", state({}, [{ stake: 750 }, { stake: 250, permit: false }, {}, {}]), only0],
    ["a validator below the stake threshold", state({ stakeThresholdRao: "251" }), only0],
    ["none at the threshold", state({ stakeThresholdRao: "250" }), [0, 0, 11 / 15, 4 / 15]],
    [
      "a validator whose last update is beyond the cutoff at the epoch's block",
      state({ activityCutoff: 29 }, [{ stake: 750 }, { stake: 250, lastUpdate: 95 }, {}, {}]),
      only1,
    ],
    [
      "none exactly at the cutoff",
      state({ activityCutoff: 30 }, [{ stake: 750 }, { stake: 250, lastUpdate: 95 }, {}, {}]),
      [0, 0, 11 / 15, 4 / 15],
    ],
    [
      "weights to a uid that registered at or after the row's block",
      state({}, [{ stake: 750 }, { stake: 250 }, {}, { registeredAt: 90 }]),
      [0, 0, 1, 0],
    ],
    ["a self-weight", state({ weights: rowsOf([[0, { 0: 9, 2: 1 }]]) }, [{ stake: 750 }, {}, {}, {}]), [0, 0, 1, 0]],
    [
      "but the owner's, who needs no permit either",
      state({ weights: rowsOf([[0, { 0: 3, 2: 1 }]]), ownerHotkey: "k0" }, [{ stake: 750, permit: false }, {}, {}, {}]),
      [3 / 4, 0, 1 / 4, 0],
    ],
    ["uids that nobody has", state({ weights: rowsOf([[0, { 2: 1, 4: 9, 65535: 9 }]]) }), [0, 0, 1, 0]],
    [
      "rows of uids that nobody has",
      state({ weights: [...WEIGHTS, ...rowsOf([[9, { 2: 1 }]])] }),
      [0, 0, 11 / 15, 4 / 15],
    ],
    ["a row of zeros", state({ weights: rowsOf([[0, { 2: 0, 3: 0 }]]) }), [0, 0, 0, 0]],
    [
      "a minority's favourite",
      state({
        weights: rowsOf([
          [0, { 2: 1 }],
          [1, { 3: 1 }],
        ]),
      }),
      [0, 0, 1, 0],
    ],
  ])("%s", (_name, from, incentive) => {
    close(yumaEpoch(from).incentive, incentive);
  });

  test.each([
    ["nobody", []],
    ["one neuron", [{ stake: 5 }]],
    ["nobody with stake", [{}, {}, {}]],
  ])("of %s there is nothing to divide", (_name, seats: readonly Seat[]) => {
    const found = yumaEpoch(consensusState(seats, { weights: WEIGHTS, bonds: rowsOf([[0, { 0: 1, 1: 2 }]]) }));
    for (const vector of [found.consensus, found.incentive, found.trust]) expect(vector).toEqual(seats.map(() => 0));
    expect(found.dividends.every(Number.isFinite)).toBe(true);
  });

  test.each([
    ["at κ = 1 every voice counts, silence included", 65_535, [0, 0, 1 / 2, 1 / 4]],
    ["at κ = 0 the largest weight is the consensus", 0, [0, 0, 3 / 4, 1 / 2]],
  ])("%s", (_name, kappa, consensus) => {
    close(yumaEpoch(state({ kappa })).consensus, consensus);
  });

  test("stakes beyond 2^53 are no hindrance", () => {
    const neurons = state().neurons.map((neuron, uid) => ({
      ...neuron,
      stakeRao: ["13835058055282163712", "4611686018427387904", "0", "0"][uid] ?? "0",
    }));
    close(yumaEpoch(state({ neurons })).incentive, [0, 0, 11 / 15, 4 / 15]);
  });
});

const SIZE = 7;
const uid = fc.nat(SIZE + 1);
const row = fc.dictionary(uid.map(String), fc.nat(65_535), { maxKeys: SIZE });
const seat: fc.Arbitrary<Seat> = fc.record({
  stake: fc.constantFrom(0, 0, 1, 5, 1000, 2e15),
  permit: fc.boolean(),
  lastUpdate: fc.constantFrom(0, 20, 90),
  registeredAt: fc.constantFrom(10, 50),
});
const world = fc
  .record({
    seats: fc.array(seat, { maxLength: SIZE }),
    weights: fc.array(row, { maxLength: SIZE }),
    bonds: fc.array(row, { maxLength: SIZE }),
    rules: fc.record({
      kappa: fc.constantFrom(0, 32_767, 65_535),
      bondsPenalty: fc.constantFrom(0, 40_000, 65_535),
      bondsMovingAverage: fc.constantFrom(0, 900_000, 1_000_000),
      yuma3: fc.boolean(),
      bondsCutoff: fc.constantFrom(null, 20),
      activityCutoff: fc.constantFrom(50, 5000),
      ownerHotkey: fc.constantFrom(null, "k1"),
    }),
  })
  .map(({ seats, weights, bonds, rules }) =>
    consensusState(seats, {
      ...rules,
      weights: rowsOf(weights.map((entries, index) => [index, entries])),
      bonds: rowsOf(bonds.map((entries, index) => [index, entries])),
    }),
  );

function total(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

describe("for any chain", () => {
  test("shares sum to one or to nothing, and none is negative or above one", () => {
    fc.assert(
      fc.property(world, (any) => {
        const found = yumaEpoch(any);
        for (const shares of [found.incentive, found.dividends]) {
          const sum = total(shares);
          expect(sum === 0 || Math.abs(sum - 1) < 1e-12).toBe(true);
        }
        for (const values of [found.incentive, found.dividends, found.trust, found.consensus]) {
          expect(values.length).toBe(any.neurons.length);
          for (const value of values) expect(value >= 0 && value <= 1 + 1e-12).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("clipping takes and never gives: nobody's trust exceeds its row, nor what it is without a majority", () => {
    fc.assert(
      fc.property(world, (any) => {
        const found = yumaEpoch(any);
        for (const [index, { values }] of found.weights.entries()) {
          expect(found.trust[index]).toBeLessThanOrEqual(total(values) + 1e-12);
        }
        const open = yumaEpoch({ ...any, kappa: 0 });
        for (const [index, trust] of found.trust.entries()) {
          expect(trust).toBeLessThanOrEqual((open.trust[index] ?? 0) + 1e-12);
        }
      }),
    );
  });

  test("the order of uids, of rows and of their entries changes nothing but the order", () => {
    fc.assert(
      fc.property(world, (any) => {
        const last = any.neurons.length - 1;
        const turn = (at: number): number => (at > last ? at : last - at);
        const turnRows = (rows: ConsensusState["weights"]): ConsensusState["weights"] =>
          rows
            .map((one) => ({
              uid: turn(one.uid),
              uids: one.uids.map(turn).toReversed(),
              values: one.values.toReversed(),
            }))
            .toReversed();
        const turned = yumaEpoch({
          ...any,
          neurons: any.neurons.map((neuron) => ({ ...neuron, uid: turn(neuron.uid) })).toReversed(),
          weights: turnRows(any.weights),
          bonds: turnRows(any.bonds ?? []),
        });
        const plain = yumaEpoch(any);
        const vectors = ["incentive", "dividends", "trust", "consensus"] satisfies readonly (keyof YumaOutcome)[];
        for (const name of vectors) close(turned[name].toReversed(), plain[name]);
      }),
    );
  });

  test("of 2,500 uids and 128 validators nothing is sized for 256", () => {
    const seats = Array.from({ length: 2500 }, (_, index): Seat => (index < 128 ? { stake: 1000 + index } : {}));
    const full = Array.from({ length: 128 }, (_, from) => ({
      uid: from,
      uids: Array.from({ length: 2372 }, (_one, index) => index + 128),
      values: Array.from({ length: 2372 }, (_one, index) => 1 + ((index * 7 + from) % 65_535)),
    }));
    const found = yumaEpoch(consensusState(seats, { weights: full, bonds: full, yuma3: true }));
    expect(total(found.incentive)).toBeCloseTo(1, 9);
    expect(total(found.dividends)).toBeCloseTo(1, 9);
    expect(found.incentive[2499]).toBeGreaterThan(found.incentive[128] ?? 1);
  });
});
