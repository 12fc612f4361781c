import fc from "fast-check";
import { expect, test } from "vitest";
import { electedValidator } from "../../../src/core/chain/election.ts";
import type { Neuron } from "../../../src/core/model/metagraph.ts";

const BASE = { hotkey: "key", permit: false, active: true, lastUpdate: 0, registeredAt: 0, incentive: 0 };

function neurons(...list: readonly (readonly [stakeRao: string, permit: boolean])[]): Neuron[] {
  return list.map(([stakeRao, permit], uid) => ({ ...BASE, uid, stakeRao, permit }));
}

test.each<[string, Neuron[], number | undefined]>([
  ["the permit's holder, whoever has more stake now", neurons(["900", false], ["5", true]), 1],
  ["the largest stake before anybody holds the permit", neurons(["5", false], ["900", false], ["6", false]), 1],
  ["of two equal stakes the lower uid", neurons(["7", false], ["9", false], ["9", false]), 1],
  ["of two permits the larger stake", neurons(["7", true], ["9", true], ["99", false]), 1],
  ["by value and not by text", neurons(["9", true], ["10", true]), 1],
  ["stakes above 2^53 to the last rao", neurons(["18446744073709551614", true], ["18446744073709551615", true]), 1],
  ["nobody without neurons", [], undefined],
])("elected is %s", (_name, all, uid) => {
  expect(electedValidator(all)?.uid).toBe(uid);
});

test("nobody without a permit is elected while somebody holds one, and nobody with more stake holds one beside it", () => {
  const neuron = fc.tuple(fc.bigInt({ min: 0n, max: 20n }).map(String), fc.boolean());
  fc.assert(
    fc.property(fc.array(neuron, { minLength: 1, maxLength: 40 }), (list) => {
      const all = neurons(...list);
      const elected = electedValidator(all);
      const rivals = all.some(({ permit }) => permit) ? all.filter(({ permit }) => permit) : all;
      expect(rivals).toContain(elected);
      for (const { stakeRao, uid } of rivals) {
        const lead = BigInt(stakeRao) - BigInt(elected?.stakeRao ?? 0);
        expect(lead < 0n || (lead === 0n && uid >= (elected?.uid ?? 0))).toBe(true);
      }
    }),
  );
});
