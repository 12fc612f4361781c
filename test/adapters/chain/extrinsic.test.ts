import { describe, expect, test } from "vitest";
import { commitCall, offersRivalCall, weightsCall } from "../../../src/adapters/chain/extrinsic.ts";
import type { PolkadotApi } from "../../../src/adapters/chain/polkadot.ts";

/** Runtimes that nobody serves here, as the library shows them: a call is there or is not. */
function runtimeWith(...names: readonly string[]): PolkadotApi {
  const made = names.map((name) => [name, (...args: readonly unknown[]) => ({ name, args })]);
  return { tx: { subtensorModule: Object.fromEntries(made) } } as unknown as PolkadotApi;
}

const weights = (mechid: number): Parameters<typeof weightsCall>[1] => ({
  cycle: { netuid: 7, mechid, epoch: 1 },
  uids: [1, 2],
  values: [65_535, 1],
  versionKey: "9",
});
const COMMIT = { bytes: "0x0102", round: 5, version: 4 } as const;
const cycle = (mechid: number): Parameters<typeof commitCall>[1] => ({ netuid: 7, mechid, epoch: 1 });

describe("the call is chosen by what the runtime offers", () => {
  test.each<[string[], number, unknown]>([
    [["setWeights", "setMechanismWeights"], 0, { name: "setMechanismWeights", args: [7, 0, [1, 2], [65_535, 1], "9"] }],
    [["setMechanismWeights"], 3, { name: "setMechanismWeights", args: [7, 3, [1, 2], [65_535, 1], "9"] }],
    [["setWeights"], 0, { name: "setWeights", args: [7, [1, 2], [65_535, 1], "9"] }],
    [["setWeights"], 1, undefined],
    [[], 0, undefined],
  ])("direct, with %j for mechanism %i", (names, mechid, expected) => {
    expect(weightsCall(runtimeWith(...names), weights(mechid))?.call).toEqual(expected);
  });

  test.each<[string[], number, unknown]>([
    [
      ["commitTimelockedWeights", "commitTimelockedMechanismWeights"],
      0,
      { name: "commitTimelockedMechanismWeights", args: [7, 0, "0x0102", 5, 4] },
    ],
    [["commitTimelockedWeights"], 0, { name: "commitTimelockedWeights", args: [7, "0x0102", 5, 4] }],
    [["commitTimelockedWeights"], 1, undefined],
    [["setMechanismWeights"], 0, undefined],
  ])("sealed, with %j for mechanism %i", (names, mechid, expected) => {
    expect(commitCall(runtimeWith(...names), cycle(mechid), COMMIT)?.call).toEqual(expected);
  });

  test("and a call of a third mode is noticed", () => {
    expect(offersRivalCall(runtimeWith("setWeights", "setWeightsV2"))).toBe(true);
    expect(offersRivalCall(runtimeWith("setWeights", "setMechanismWeights"))).toBe(false);
  });
});
