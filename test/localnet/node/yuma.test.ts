import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BondsInput } from "../../../src/localnet/node/bonds.ts";
import type { WeightPairs } from "../../../src/localnet/node/items.ts";
import { weightedMedian } from "../../../src/localnet/node/weighted-median.ts";
import { type EpochInput, type EpochOutput, runYuma } from "../../../src/localnet/node/yuma.ts";

const KAPPA = 32_767 / 65_535;

function bondsOf(changed: Partial<BondsInput> = {}): BondsInput {
  const settings = { cutoff: 1, alpha: 0.1, penalty: 1, yuma3: true, liquid: undefined };
  return { stored: new Map(), registeredAt: [], ...settings, ...changed };
}

/** Validators 0 … with these stakes and rows, then silent miners; everybody active, everything old. */
function world(stakes: readonly number[], rows: readonly WeightPairs[], miners: number): EpochInput {
  const count = stakes.length + miners;
  const all = <T>(value: (uid: number) => T): T[] => Array.from({ length: count }, (_, uid) => value(uid));
  return {
    stake: all((uid) => BigInt(stakes[uid] ?? 0)),
    permits: all((uid) => uid < stakes.length),
    active: all(() => true),
    rows: new Map(rows.map((row, uid) => [uid, row])),
    lastUpdate: all(() => 50),
    registeredAt: all(() => 0),
    waitingSince: new Map(),
    threshold: 1n,
    maxValidators: 64,
    ownerUid: undefined,
    kappa: KAPPA,
    bonds: bondsOf(),
  };
}

describe("the consensus of a column", () => {
  test.each<[string, readonly (readonly [score: number, stake: number])[], number]>([
    ["a majority that is silent says 0", [[0.9, 0.4]], 0],
    ["a majority is followed", [[0.3, 0.6]], 0.3],
    [
      "of two halves the higher one counts, for κ is a little below a half",
      [
        [0.2, 0.5],
        [0.4, 0.5],
      ],
      0.4,
    ],
    [
      "the score in the middle of the stake",
      [
        [0.9, 0.2],
        [0.1, 0.3],
        [0.5, 0.5],
      ],
      0.5,
    ],
    [
      "equal scores are taken together",
      [
        [0.5, 0.3],
        [0.5, 0.3],
        [0.7, 0.4],
      ],
      0.5,
    ],
  ])("%s", (_name, votes, expected) => {
    const silent = 1 - votes.reduce((sum, [, stake]) => sum + stake, 0);
    expect(
      weightedMedian(
        votes.map(([score, stake]) => ({ score, stake })),
        silent,
        KAPPA,
      ),
    ).toBe(expected);
  });
});

/**
 * Stakes 50, 30, 20; rows over uids 3 and 4: (0.6, 0.4), (0.8, 0.2), (0, 1). Consensus: uid 3: 0 has 20, 0.6 has 70 → 0.6;
 * uid 4: 0.2 has 30, 0.4 has 80 → 0.4. Clipped: (0.6, 0.4), (0.6, 0.2), (0, 0.4). Rank: uid 3: 0.5·0.6 + 0.3·0.6 = 0.48;
 * uid 4: 0.5·0.4 + 0.3·0.2 + 0.2·0.4 = 0.34. Incentive: 24/41 and 17/41.
 */
const three = world(
  [50, 30, 20],
  [
    [
      [3, 6],
      [4, 4],
    ],
    [
      [3, 8],
      [4, 2],
    ],
    [[4, 10]],
  ],
  2,
);

describe("Yuma by hand", () => {
  test("consensus, trust and incentive", () => {
    const result = runYuma(three);
    expect(result.consensus).toEqual([0, 0, 0, Math.trunc(0.6 * 65_535), Math.trunc(0.4 * 65_535)]);
    expect(result.validatorTrust).toEqual([65_535, 52_428, 26_214, 0, 0]);
    expect(result.incentive).toEqual([0, 0, 0, 38_361, 27_173]);
    expect(result.stakeWeight).toEqual([32_767, 19_660, 13_107, 0, 0]);
  });

  /**
   * Bonds move a tenth of the way from nothing to the clipped weights: 0.06, 0.06, 0 and 0.04, 0.02, 0.04; by columns ½, ½, 0
   * and 0.4, 0.2, 0.4. Dividends before they are normalised, in 41sts: (12 + 6.8)·0.5 = 9.4, (12 + 3.4)·0.3 = 4.62,
   * 6.8·0.2 = 1.36; their sum is 15.38.
   */
  test("Yuma3: bonds and dividends", () => {
    const result = runYuma(three);
    expect(result.dividends).toEqual([40_053, 19_686, 5795, 0, 0]);
    // 0.06, 0.04 and 0.02 of 65535.
    expect(result.bonds.get(0)).toEqual([
      [3, 3932],
      [4, 2621],
    ]);
    expect(result.bonds.get(1)).toEqual([
      [3, 3932],
      [4, 1310],
    ]);
    expect(result.bonds.get(2)).toEqual([[4, 2621]]);
  });

  /**
   * Stake-weighted columns: 0.30, 0.18, 0 → 5/8, 3/8, 0 and 0.20, 0.06, 0.08 → 10/17, 3/17, 4/17. Dividends in 41sts:
   * 24·5/8 + 10 = 25, 24·3/8 + 3 = 12, 4. Stored by the largest of the column: 1, 0.6, 0 and 1, 0.3, 0.4.
   */
  test("classic: bonds and dividends", () => {
    const result = runYuma({ ...three, bonds: bondsOf({ yuma3: false }) });
    expect(result.dividends).toEqual([39_960, 19_180, 6393, 0, 0]);
    expect(result.bonds.get(0)).toEqual([
      [3, 65_535],
      [4, 65_535],
    ]);
    expect(result.bonds.get(1)).toEqual([
      [3, 39_321],
      [4, 19_660],
    ]);
    expect(result.bonds.get(2)).toEqual([[4, 26_214]]);
  });

  test("bonds of the last epoch count nine tenths, but not those on a uid registered since", () => {
    const stored = new Map<number, WeightPairs>([
      [
        2,
        [
          [3, 65_535],
          [4, 65_535],
        ],
      ],
    ]);
    const { bonds } = runYuma({ ...three, bonds: bondsOf({ stored, registeredAt: [0, 0, 0, 7, 0], cutoff: 7 }) });
    // 0.1 · 0.4 + 0.9 · 1 = 0.94.
    expect(bonds.get(2)).toEqual([[4, Math.trunc(0.94 * 65_535)]]);
  });

  test("without penalty bonds follow the weights as they were set", () => {
    const { bonds } = runYuma({ ...three, bonds: bondsOf({ penalty: 0 }) });
    // A tenth of 1 where the clipped weight is 0.4.
    expect(bonds.get(2)).toEqual([[4, 6553]]);
  });

  test("liquid alpha moves bonds faster the more a weight is above the consensus, and drops those without a weight", () => {
    const liquid = { low: 0.1, high: 0.9, steepness: 1000 };
    const stored = new Map<number, WeightPairs>([[2, [[3, 65_535]]]]);
    const { bonds } = runYuma({ ...three, bonds: bondsOf({ liquid, stored }) });
    // Validator 2 is 0.6 above the consensus of uid 4: 0.1 + 0.8 / (1 + e^(-10·0.1)) = 0.68485, times 0.4.
    expect(bonds.get(2)).toEqual([[4, 17_952]]);
  });
});

const two = world([300, 100], [[[2, 65_535]], [[3, 10]]], 2);

describe("what does not count", () => {
  test.each<[string, Partial<EpochInput>, readonly number[]]>([
    ["all as it is: the smaller validator is clipped away", {}, [0, 0, 65_535, 0]],
    ["a row without a permit", { permits: [false, true, false, false] }, [0, 0, 0, 65_535]],
    ["a validator that is not active", { active: [false, true, true, true] }, [0, 0, 0, 65_535]],
    ["stake below the threshold", { stake: [300n, 500n, 0n, 0n], threshold: 400n }, [0, 0, 0, 65_535]],
    [
      "a weight on itself",
      {
        rows: new Map([
          [
            0,
            [
              [0, 5],
              [2, 5],
            ],
          ],
        ]),
      },
      [0, 0, 65_535, 0],
    ],
    [
      "but the owner's does",
      {
        ownerUid: 0,
        rows: new Map([
          [
            0,
            [
              [0, 5],
              [2, 5],
            ],
          ],
        ]),
      },
      [32_767, 0, 32_767, 0],
    ],
    ["a uid registered when the row was set or later", { registeredAt: [0, 0, 50, 0] }, [0, 0, 0, 0]],
    [
      "a uid registered since the earliest waiting commit",
      {
        registeredAt: [0, 0, 49, 0],
        waitingSince: new Map([[0, 48]]),
      },
      [0, 0, 0, 0],
    ],
    [
      "a uid that does not exist",
      {
        rows: new Map([
          [
            0,
            [
              [9, 5],
              [2, 5],
            ],
          ],
        ]),
      },
      [0, 0, 65_535, 0],
    ],
    ["no row at all: nobody earns", { rows: new Map() }, [0, 0, 0, 0]],
    ["rows of zeros pay nobody", { rows: new Map([[0, [[2, 0]]]]) }, [0, 0, 0, 0]],
  ])("%s", (_name, changed, expected) => {
    expect(runYuma({ ...two, ...changed }).incentive).toEqual(expected);
  });

  test("the owner votes without a stored permit, and gets none for it", () => {
    const result = runYuma({ ...two, ownerUid: 0, permits: [false, true, false, false], maxValidators: 1 });
    expect(result.incentive).toEqual([0, 0, 65_535, 0]);
    expect(result.permits).toEqual([true, false, false, false]);
  });

  test("without dividends the validators' part goes by active stake, then by stake", () => {
    expect(runYuma({ ...two, rows: new Map() }).validatorShare).toEqual([0.75, 0.25, 0, 0]);
    expect(runYuma({ ...two, active: [false, false, true, true] }).validatorShare).toEqual([0.75, 0.25, 0, 0]);
  });
});

const random = fc
  .record({
    stakes: fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 6 }),
    miners: fc.integer({ min: 1, max: 8 }),
    seed: fc.array(fc.array(fc.tuple(fc.nat(13), fc.integer({ min: 0, max: 65_535 })), { maxLength: 9 }), {
      maxLength: 6,
    }),
    yuma3: fc.boolean(),
  })
  .map(({ stakes, miners, seed, yuma3 }) => {
    const rows = stakes.map((_, uid) => {
      const row = new Map((seed[uid] ?? []).map(([to, value]) => [to % (stakes.length + miners), value]));
      return [...row];
    });
    return { ...world(stakes, rows, miners), bonds: bondsOf({ yuma3 }) };
  });

const COLUMNS = ["incentive", "consensus", "dividends", "validatorTrust", "stakeWeight"] as const;

describe("Yuma of anything", () => {
  test("shares sum to no more than the whole, and no column leaves u16", () => {
    fc.assert(
      fc.property(random, (input) => {
        const result = runYuma(input);
        for (const name of COLUMNS) for (const value of result[name]) expect(value >= 0 && value <= 65_535).toBe(true);
        for (const name of ["incentive", "dividends", "stakeWeight"] as const) {
          expect(result[name].reduce((sum, value) => sum + value, 0)).toBeLessThanOrEqual(65_535);
        }
        for (const row of result.bonds.values()) for (const [, bond] of row) expect(bond <= 65_535).toBe(true);
      }),
    );
  });

  test("does not depend on how uids are numbered", () => {
    fc.assert(
      fc.property(random, fc.infiniteStream(fc.nat()), (input, numbers) => {
        const order = input.stake.map((_, uid) => ({ uid, at: numbers.next().value }));
        const from = order.sort((a, b) => a.at - b.at || a.uid - b.uid).map(({ uid }) => uid);
        const to = new Map(from.map((old, now) => [old, now]));
        const moved = <T>(column: readonly T[]): T[] => from.map((old) => column[old] as T);
        const renamed: EpochInput = {
          ...input,
          stake: moved(input.stake),
          permits: moved(input.permits),
          rows: new Map(
            [...input.rows].map(([uid, row]) => [
              to.get(uid) ?? 0,
              row.map(([target, value]) => [to.get(target) ?? 0, value]),
            ]),
          ),
        };
        const before = runYuma(input);
        const after: EpochOutput = runYuma(renamed);
        for (const name of COLUMNS) {
          // Sums in another order can differ in the last bit, hence by one when they are cut.
          for (const [now, value] of moved(before[name]).entries()) {
            expect(Math.abs(value - (after[name][now] ?? 0))).toBeLessThanOrEqual(1);
          }
        }
      }),
    );
  });

  test("2,500 neurons with 64 validators are a matter of moments", () => {
    const rows = Array.from(
      { length: 64 },
      (_, uid): WeightPairs =>
        Array.from({ length: 2400 }, (_unused, at) => [64 + at, 1 + ((at * 7919 + uid * 31) % 65_535)]),
    );
    const stakes = rows.map((_, uid) => 1000 + uid);
    const { minerShare } = runYuma(world(stakes, rows, 2436));
    expect(minerShare.filter((share) => share > 0)).toHaveLength(2400);
  });
});
