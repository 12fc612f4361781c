import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { moduloEpoch } from "../../../src/core/chain/modulo-epochs.ts";

interface Vectors {
  readonly legacy_1_3_0: readonly {
    readonly case: string;
    readonly input: {
      readonly tempo: number;
      readonly current_block: number;
      readonly netuid: number;
      readonly reveal_period_epochs: number;
    };
    readonly first_reveal_block?: number;
  }[];
}

/** Of the Python client that spoke to such runtimes (`about` in the file). */
const vectors = JSON.parse(readFileSync("test/vectors/reveal-rounds.json", "utf8")) as Vectors;

/** A chain has no period of 0, and with a tempo of 0 it runs no epochs. */
const real = vectors.legacy_1_3_0.filter(
  ({ input, first_reveal_block }) =>
    first_reveal_block !== undefined && input.tempo > 0 && input.reveal_period_epochs > 0,
);

test.each(real)(
  "the old client opens its commits where this schedule has the epoch of the reveal: $case, $input",
  ({ input, first_reveal_block }) => {
    let epoch = moduloEpoch(input.current_block, input.netuid, input.tempo);
    const commitEpoch = epoch.index;
    for (let passed = 1; passed < input.reveal_period_epochs; passed += 1) {
      epoch = moduloEpoch(epoch.nextEpochBlock ?? 0, input.netuid, input.tempo);
    }
    expect(epoch.nextEpochBlock).toBe(first_reveal_block);
    expect(epoch.index).toBe(commitEpoch + input.reveal_period_epochs - 1);
  },
);

const places = fc.record({
  block: fc.nat({ max: 20_000_000 }),
  netuid: fc.nat({ max: 4_095 }),
  tempo: fc.integer({ min: 1, max: 50_400 }),
});

test("every block lies in the epoch whose bounds are given, and the index rises by one at the next", () => {
  fc.assert(
    fc.property(places, ({ block, netuid, tempo }) => {
      const here = moduloEpoch(block, netuid, tempo);
      const next = here.nextEpochBlock ?? 0;
      expect(here.lastEpochBlock).toBeLessThanOrEqual(block);
      expect(next).toBeGreaterThan(block);
      expect(here.blocksSinceLastStep).toBe(block - here.lastEpochBlock);
      expect(moduloEpoch(next - 1, netuid, tempo).index).toBe(here.index);
      expect(moduloEpoch(next, netuid, tempo)).toMatchObject({ index: here.index + 1, lastEpochBlock: next });
    }),
  );
});

test("the chain runs its epoch in the block before the next index: blocks left as the old client counts them", () => {
  fc.assert(
    fc.property(places, ({ block, netuid, tempo }) => {
      const left = tempo - ((block + netuid + 1) % (tempo + 1));
      expect(moduloEpoch(block, netuid, tempo).nextEpochBlock).toBe(block + left + 1);
    }),
  );
});

test("a tempo of zero has no next epoch, and the first epoch begins with the chain", () => {
  expect(moduloEpoch(10, 3, 0)).toMatchObject({ index: 14, nextEpochBlock: null });
  expect(moduloEpoch(5, 7, 360)).toEqual({ index: 0, lastEpochBlock: 0, blocksSinceLastStep: 5, nextEpochBlock: 353 });
});
