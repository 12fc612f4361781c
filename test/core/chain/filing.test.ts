import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countedEpochBlock } from "../../../src/core/chain/epoch.ts";
import { type FilingState, filingOf } from "../../../src/core/chain/filing.ts";
import type { EpochState } from "../../../src/core/model/metagraph.ts";
import { emissionTime } from "../../../src/core/timelock/beacon.ts";
import { ROUNDS, seconds } from "../timelock/vectors.ts";

const TIME = { head: 1_000, nowSeconds: emissionTime(500_000), blockSeconds: 12 };
const STATE: EpochState = {
  scheme: "state",
  mode: "yuma",
  index: 40,
  lastEpochBlock: 900,
  pendingEpochAt: 0,
  blocksSinceLastStep: 100,
  nextEpochBlock: 1_260,
  pruningTarget: null,
};

function filed(change: Partial<EpochState>, tempo = 360, commitRevealPeriod = 1): unknown {
  const state = { netuid: 7, epochState: { ...STATE, ...change }, hyperparameters: { tempo, commitRevealPeriod } };
  return filingOf(state, TIME);
}

describe("a commit of the next block", () => {
  test.each<[string, Partial<EpochState>, { epoch: number; firstBlock: number }]>([
    ["in the midst of an epoch is filed under it and opened in the next", {}, { epoch: 40, firstBlock: 1_260 }],
    [
      "in the block in which an epoch is due is filed under the new one",
      { lastEpochBlock: 641, nextEpochBlock: 1_001, blocksSinceLastStep: 359 },
      { epoch: 41, firstBlock: 1_361 },
    ],
    ["with an epoch triggered", { pendingEpochAt: 1_050, nextEpochBlock: 1_050 }, { epoch: 40, firstBlock: 1_050 }],
    [
      "where the chain names an earlier block than its parts say",
      { nextEpochBlock: 1_100 },
      { epoch: 40, firstBlock: 1_100 },
    ],
    ["where it names a later one", { nextEpochBlock: 1_300 }, { epoch: 40, firstBlock: 1_300 }],
    ["where it says nothing", { nextEpochBlock: null }, { epoch: 40, firstBlock: 1_260 }],
    [
      "with the counter of blocks past the tempo, as after a change of tempo",
      { blocksSinceLastStep: 361 },
      { epoch: 41, firstBlock: 1_361 },
    ],
  ])("%s", (_name, change, expected) => {
    expect(filed(change)).toMatchObject(expected);
  });

  test("under the old epochs, by the height", () => {
    expect(filed({ scheme: "modulo" }, 99)).toMatchObject({ epoch: 10, firstBlock: 1_092 });
    expect(filed({ scheme: "modulo" }, 99, 2)).toMatchObject({ firstBlock: 1_192 });
  });

  test.each<[string, Partial<EpochState>, number, string]>([
    ["a tempo of 0", {}, 0, "no-epochs"],
    ["a tempo of 0 by the height", { scheme: "modulo" }, 0, "no-epochs"],
    ["an index that no number holds", { index: 2 ** 60 }, 360, "state-impossible"],
  ])("%s is a reason", (_name, change, tempo, reason) => {
    expect(filed(change, tempo)).toBe(reason);
  });
});

test("the old clients' rounds, wherever head and next block lie in one epoch", () => {
  let compared = 0;
  for (const { input, unix_time_ns, reveal_round } of ROUNDS.legacy_1_3_0) {
    const { tempo, current_block: head, netuid, reveal_period_epochs: commitRevealPeriod, block_time } = input;
    if ((head + netuid + 2) % (tempo + 1) === 0 || reveal_round === undefined) continue;
    const state = {
      netuid,
      epochState: { ...STATE, scheme: "modulo" },
      hyperparameters: { tempo, commitRevealPeriod },
    } as const;
    const time = { head, nowSeconds: seconds(unix_time_ns), blockSeconds: block_time };
    expect(filingOf(state, time)).toMatchObject({ round: reveal_round });
    compared += 1;
  }
  expect(compared).toBeGreaterThan(50);
});

/** The chain, block by block (chain.md §4.1, §5.1, with the counter of chain-newest.md §2.3). */
function simulated({ epochState, hyperparameters }: FilingState, head: number): { epoch: number; firstBlock: number } {
  const { tempo, commitRevealPeriod: period } = hyperparameters;
  let { index, lastEpochBlock: last, pendingEpochAt: pending, blocksSinceLastStep: since } = epochState;
  const due = (block: number): boolean => (pending > 0 && block >= pending) || since > tempo || block - last >= tempo;
  let epoch: number | undefined;
  for (let block = head + 1; ; block += 1) {
    if (epoch !== undefined && index + (due(block) ? 1 : 0) >= epoch + period) return { epoch, firstBlock: block };
    since = Math.min(since + 1, tempo + 1);
    if (due(block)) [index, last, pending, since] = [index + 1, block, 0, 0];
    epoch ??= index;
  }
}

test("agrees with the chain block by block, whatever state it is in", () => {
  const states = fc.record({
    tempo: fc.integer({ min: 1, max: 40 }),
    period: fc.integer({ min: 1, max: 3 }),
    age: fc.integer({ min: 0, max: 50 }),
    since: fc.integer({ min: 0, max: 45 }),
    pendingIn: fc.option(fc.integer({ min: -3, max: 45 }), { nil: null }),
  });
  fc.assert(
    fc.property(states, ({ tempo, period, age, since, pendingIn }) => {
      const epochState = {
        ...STATE,
        lastEpochBlock: TIME.head - age,
        blocksSinceLastStep: Math.min(since, tempo + 1),
        pendingEpochAt: pendingIn === null ? 0 : TIME.head + pendingIn,
        nextEpochBlock: null,
      };
      const automatic = epochState.lastEpochBlock + tempo;
      const chains = pendingIn === null ? automatic : Math.min(automatic, epochState.pendingEpochAt);
      const nextEpochBlock = countedEpochBlock({ ...epochState, nextEpochBlock: chains }, tempo, TIME.head);
      const told = { ...epochState, nextEpochBlock };
      expect(
        filingOf({ netuid: 7, epochState: told, hyperparameters: { tempo, commitRevealPeriod: period } }, TIME),
      ).toEqual(filingOf({ netuid: 7, epochState, hyperparameters: { tempo, commitRevealPeriod: period } }, TIME));
      const state = { netuid: 7, epochState, hyperparameters: { tempo, commitRevealPeriod: period } };
      expect(filingOf(state, TIME)).toMatchObject(simulated(state, TIME.head));
    }),
    { numRuns: 2_000 },
  );
});
