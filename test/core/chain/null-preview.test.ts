import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { apportion, type NullPreview, nullPreview } from "../../../src/core/chain/null-preview.ts";
import type { ConsensusState, ProposedRow } from "../../../src/core/chain/yuma-state.ts";
import { consensusState, rowsOf, type Seat } from "./consensus-fixture.ts";

const SEATS: readonly Seat[] = [{ stake: 900, permit: true }, { stake: 700, permit: false }, {}, {}];
const NULL: Partial<ConsensusState> = {
  mode: "null",
  bonds: null,
  weights: rowsOf([[0, { 2: 1, 3: 3 }]]),
  serverPoolRao: "10",
};

function of(uid: number, row: ProposedRow, change: Partial<ConsensusState> = {}, seats = SEATS): NullPreview {
  const found = nullPreview(consensusState(seats, { ...NULL, ...change }), uid, row);
  if (found === undefined) throw new Error("no preview");
  return found;
}

describe("what a vector would do on a Null subnet (chain-newest.md §1.6)", () => {
  test("shares are in proportion to the raw integers, paid in whole units", () => {
    const found = of(0, { uids: [2, 3], values: [2, 1] });
    expect(found.miners).toMatchObject([
      { uid: 0, share: 0, rao: "0", incentive: { before: 0, after: 0 } },
      { uid: 1, share: 0, rao: "0" },
      // 10 × 2/3 = 6.67 and 10 × 1/3 = 3.33.
      { uid: 2, share: 2 / 3, rao: "7", incentive: { before: 16_383, after: 43_690 } },
      { uid: 3, share: 1 / 3, rao: "3", incentive: { before: 49_151, after: 21_845 } },
    ]);
    expect(found).toMatchObject({ refused: null, allZero: false, elected: { uid: 0, stakeRao: "900" } });
  });

  test("whoever is not elected is refused, and told who is and by how much", () => {
    const found = of(1, { uids: [2], values: [1] });
    expect(found).toMatchObject({
      refused: "not-elected",
      elected: { uid: 0, hotkey: "k0", stakeRao: "900" },
      election: { own: "700", rival: { uid: 0 }, marginRao: "-200", wins: false },
    });
    // No exception for the owner here.
    expect(of(1, { uids: [2], values: [1] }, { ownerHotkey: "k1" }).refused).toBe("not-elected");
    expect(of(0, { uids: [2], values: [1] }, { stakeThresholdRao: "901" }).refused).toBe("stake-too-low");
  });

  test.each<[string, number, readonly Seat[], object]>([
    ["ahead", 0, SEATS, { marginRao: "200", wins: true, rival: { uid: 1 } }],
    ["a tie goes to the lower uid", 0, SEATS.with(1, { stake: 900 }), { marginRao: "0", wins: true }],
    ["a tie is lost by the higher uid", 1, SEATS.with(1, { stake: 900 }), { marginRao: "0", wins: false }],
    ["alone", 0, [{ stake: 5 }], { marginRao: "5", wins: true, rival: null }],
    ["nobody has stake", 0, [{}, {}], { marginRao: "0", wins: false }],
  ])("the next election: %s", (_name, uid, seats, election) => {
    expect(of(uid, { uids: [], values: [] }, {}, seats).election).toMatchObject(election);
  });

  test.each<[string, ProposedRow]>([
    ["an empty vector", { uids: [], values: [] }],
    ["a vector of zeros", { uids: [2, 3], values: [0, 0] }],
    ["a vector to nobody", { uids: [9], values: [1] }],
  ])("%s is warned of: the pool goes to all uids alike", (_name, row) => {
    const found = of(0, row);
    expect(found.allZero).toBe(true);
    expect(found.miners.map((line) => line.share)).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(found.miners.map((line) => line.rao)).toEqual(["3", "3", "2", "2"]);
  });

  test("what pays now leaves out who registered after the elected one's last update", () => {
    const found = of(0, { uids: [3], values: [1] }, {}, SEATS.with(3, { registeredAt: 91 }));
    expect(found.miners[3]?.incentive).toEqual({ before: 0, after: 65_535 });
    expect(found.miners[2]?.incentive).toEqual({ before: 65_535, after: 0 });
    expect(of(0, { uids: [3], values: [1] }, {}, SEATS.with(3, { registeredAt: 90 })).miners[3]?.incentive.before).toBe(
      49_151,
    );
  });

  test("without an elected validator everybody has the same now", () => {
    const found = of(0, { uids: [3], values: [1] }, {}, SEATS.with(0, { stake: 900, permit: false }));
    expect(found.elected).toBeNull();
    expect(found.miners.map((line) => line.incentive.before)).toEqual([16_383, 16_383, 16_383, 16_383]);
  });

  test("an unknown pool is said to be unknown", () => {
    const found = of(0, { uids: [3], values: [1] }, { serverPoolRao: null });
    expect(found.miners[3]?.rao).toBeNull();
    expect(found.approximate.join()).toMatch(/does not say how much/);
  });

  test("2,500 uids", () => {
    const seats = Array.from({ length: 2500 }, (_, uid): Seat => ({ stake: 10_000 - uid, permit: uid === 0 }));
    const uids = Array.from({ length: 2499 }, (_, index) => index + 1);
    const found = of(0, { uids, values: uids.map((uid) => 1 + (uid % 100)) }, { serverPoolRao: "123456789" }, seats);
    expect(found.miners.reduce((all, line) => all + Number(line.rao), 0)).toBe(123_456_789);
    expect(found.election).toMatchObject({ marginRao: "1", rival: { uid: 1 } });
  });
});

describe("whole units", () => {
  const parts = fc.array(fc.bigInt({ min: 0n, max: 65_535n }), { maxLength: 20 });
  const budget = fc.bigInt({ min: 0n, max: 1n << 64n });

  test("sum to the budget, each is its share or one more, and zero stays zero", () => {
    fc.assert(
      fc.property(budget, parts, (all, list) => {
        const units = apportion(all, list);
        const total = list.reduce((sum, part) => sum + part, 0n);
        expect(units.reduce((sum, unit) => sum + unit, 0n)).toBe(total === 0n ? 0n : all);
        for (const [index, part] of list.entries()) {
          const unit = units[index] ?? -1n;
          const share = total === 0n ? 0n : (all * part) / total;
          expect(unit === share || unit === share + 1n).toBe(true);
          if (part === 0n) expect(unit).toBe(0n);
        }
      }),
    );
  });
});
