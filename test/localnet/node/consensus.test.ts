import { describe, expect, test } from "vitest";
import { type EpochInput, runConsensus } from "../../../src/localnet/node/consensus.ts";

const base: EpochInput = {
  stake: [300n, 100n, 0n, 0n],
  permits: [true, true, false, false],
  active: [true, true, true, true],
  rows: new Map([
    [0, [[2, 65_535]]],
    [1, [[3, 10]]],
  ]),
  lastUpdate: [50, 50, 0, 0],
  registeredAt: [0, 0, 0, 0],
  threshold: 50n,
  maxValidators: 64,
  ownerUid: undefined,
};

describe("the simplified consensus", () => {
  test("weighs rows by stake, cuts to u16, sums to one", () => {
    const { incentive, minerShare, dividends } = runConsensus(base);
    expect(incentive).toEqual([0, 0, 49_151, 16_383]);
    expect(minerShare.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(dividends).toEqual([49_151, 16_383, 0, 0]);
  });

  test.each<[string, Partial<EpochInput>, readonly number[]]>([
    ["without a permit a row does not count", { permits: [true, false, false, false] }, [0, 0, 65_535, 0]],
    ["an inactive validator does not count", { active: [false, true, true, true] }, [0, 0, 0, 65_535]],
    ["stake below the threshold does not count", { threshold: 200n }, [0, 0, 65_535, 0]],
    [
      "a weight on itself does not count",
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
    ["a uid registered after the row was set does not count", { registeredAt: [0, 0, 50, 0] }, [0, 0, 0, 65_535]],
    [
      "a uid that does not exist does not count",
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
    ["without any row nobody earns", { rows: new Map() }, [0, 0, 0, 0]],
    ["all-zero rows pay nobody", { rows: new Map([[0, [[2, 0]]]]) }, [0, 0, 0, 0]],
  ])("%s", (_name, changed, expected) => {
    expect(runConsensus({ ...base, ...changed }).incentive).toEqual(expected);
  });

  test("gives permits to the largest stakes, never to none", () => {
    expect(runConsensus({ ...base, maxValidators: 1 }).permits).toEqual([true, false, false, false]);
    expect(runConsensus(base).permits).toEqual([true, true, false, false]);
  });
});
