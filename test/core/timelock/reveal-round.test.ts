import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emissionTime } from "../../../src/core/timelock/beacon.ts";
import { type CommitSchedule, oldRevealRound, revealAt, revealRound } from "../../../src/core/timelock/reveal-round.ts";
import { COMMITS, type Epochs, ROUNDS, seconds, TIMELOCK } from "./vectors.ts";

function scheduleOf(state: Epochs, period: number): CommitSchedule {
  return {
    index: state.subnet_epoch_index,
    lastEpochBlock: state.last_epoch_block,
    pendingEpochAt: state.pending_epoch_at,
    blocksSinceLastStep: state.blocks_since_last_step,
    tempo: state.tempo,
    period,
  };
}

const timeOf = (head: number, nanoseconds: string, blockSeconds: number) => ({
  head,
  nowSeconds: seconds(nanoseconds),
  blockSeconds,
});

test.each(ROUNDS.v2)("get_encrypted_commit_v2: $case", (vector) => {
  const { current_block: head, reveal_period_epochs: period, block_time: blockSeconds } = vector.input;
  const reveal = revealRound(scheduleOf(vector.input, period), timeOf(head, vector.unix_time_ns, blockSeconds));
  // The client counts in u64; an index that no chain reaches is refused here, also where it still computes.
  if (vector.error === undefined && Number.isSafeInteger(vector.input.subnet_epoch_index)) {
    expect(reveal).toEqual({ firstBlock: vector.first_reveal_block, round: vector.reveal_round });
  } else expect(typeof reveal).toBe("string");
});

test.each(ROUNDS.legacy_1_3_0)("get_encrypted_commit of old runtimes: $case", (vector) => {
  const { current_block: head, reveal_period_epochs: period, block_time: blockSeconds, tempo, netuid } = vector.input;
  const reveal = oldRevealRound({ tempo, period, netuid }, timeOf(head, vector.unix_time_ns, blockSeconds));
  // The client computes a round for a subnet without epochs, which never reveals; that is refused here.
  if (tempo === 0) expect(reveal).toBe("no-epochs");
  else expect(reveal).toEqual({ firstBlock: vector.first_reveal_block, round: vector.reveal_round });
});

test.each(COMMITS.commits)("the round of a whole commit: $package, $name", (vector) => {
  const { input, unix_time_ns: time } = vector;
  const { tempo, netuid, subnet_reveal_period_epochs: period, current_block: head, block_time: block } = input;
  const reveal =
    vector.function === "get_encrypted_commit"
      ? oldRevealRound({ tempo, netuid, period }, timeOf(head, time, block))
      : revealRound(scheduleOf(input, period), timeOf(head, time, block));
  expect(reveal).toMatchObject({ round: vector.reveal_round });
});

test.each(TIMELOCK.epoch_schedule)("the schedule: $name", ({ state, reveal_period_epochs: period, ...vector }) => {
  const reveal = revealRound(scheduleOf(state, period), timeOf(state.current_block, "1791600000000000000", 12));
  if (vector.error === undefined) expect(reveal).toMatchObject({ firstBlock: vector.first_reveal_block });
  else expect(reveal).toBe("no-epochs");
});

test.each(TIMELOCK.legacy_first_reveal_block)("the old schedule at block $current_block", (vector) => {
  const { tempo, netuid, reveal_period_epochs: period, current_block: head } = vector;
  expect(oldRevealRound({ tempo, netuid, period }, timeOf(head, "1791600000000000000", 12))).toMatchObject({
    firstBlock: vector.first_reveal_block,
  });
});

test.each(TIMELOCK.reveal_rounds)("round $reveal_round is that before its time", (vector) => {
  const { first_reveal_block: first, current_block: head, block_time_s: blockSeconds, now_unix_s: nowSeconds } = vector;
  expect(revealAt(first, { head, nowSeconds, blockSeconds })).toMatchObject({ round: vector.reveal_round });
});

/** Block by block, as sdk-vectors' README describes the Rust client. */
function simulated(
  { lastEpochBlock, pendingEpochAt, blocksSinceLastStep, tempo, period }: CommitSchedule,
  head: number,
) {
  let [last, pending, since, index, target] = [lastEpochBlock, pendingEpochAt, blocksSinceLastStep, 0, -1];
  for (let block = head + 1; ; block += 1) {
    const due = (): boolean => (pending > 0 && block >= pending) || since > 50_400 || block - last >= tempo;
    const seen = index + (due() ? 1 : 0);
    if (target < 0) target = seen + period;
    if (seen >= target) return block;
    since += 1;
    if (due()) [last, pending, since, index] = [block, 0, 0, index + 1];
  }
}

describe("any state", () => {
  const schedules = fc.record({
    index: fc.nat(100_000),
    lastEpochBlock: fc.integer({ min: 9_900, max: 10_100 }),
    pendingEpochAt: fc.oneof(fc.constant(0), fc.integer({ min: 9_900, max: 10_400 })),
    blocksSinceLastStep: fc.oneof(fc.nat(400), fc.integer({ min: 50_300, max: 50_500 })),
    tempo: fc.integer({ min: 1, max: 400 }),
    period: fc.nat(5),
  });

  test("gives the block that the simulation gives, and a pulse that comes before it is needed", () => {
    fc.assert(
      fc.property(schedules, fc.integer({ min: 9_800, max: 10_300 }), (schedule, head) => {
        const reveal = revealRound(schedule, { head, nowSeconds: 1_791_600_000, blockSeconds: 12 });
        if (typeof reveal === "string") throw new Error(reveal);
        expect(reveal.firstBlock).toBe(simulated(schedule, head));
        const target = 1_791_600_000 + (reveal.firstBlock + 3 - head) * 12;
        expect(target - emissionTime(reveal.round)).toBeGreaterThanOrEqual(3);
        expect(target - emissionTime(reveal.round)).toBeLessThan(6);
      }),
      { numRuns: 1000 },
    );
  });

  const good = { index: 1, lastEpochBlock: 10, pendingEpochAt: 0, blocksSinceLastStep: 0, tempo: 50, period: 1 };
  const time = { head: 10, nowSeconds: 1_791_600_000, blockSeconds: 12 };
  test.each([
    ["no epochs", { ...good, tempo: 0 }, time, "no-epochs"],
    ["a negative block", { ...good, lastEpochBlock: -1 }, time, "state-impossible"],
    ["a fraction", { ...good, pendingEpochAt: 0.5 }, time, "state-impossible"],
    ["an endless period", { ...good, period: 65_536 }, time, "state-impossible"],
    ["no head", good, { ...time, head: Number.NaN }, "state-impossible"],
    ["no time", good, { ...time, nowSeconds: Number.NaN }, "time-impossible"],
    ["blocks of endless time", good, { ...time, blockSeconds: Number.POSITIVE_INFINITY }, "time-impossible"],
    ["blocks of negative time", good, { ...time, blockSeconds: -1 }, "time-impossible"],
    ["a time beyond all rounds", good, { ...time, nowSeconds: 1e300 }, "time-impossible"],
  ])("with %s says so", (_name, schedule, at, expected) => {
    expect(revealRound(schedule, at)).toBe(expected);
  });

  test("of an old runtime that cannot be says so", () => {
    expect(oldRevealRound({ tempo: 0, netuid: 1, period: 1 }, time)).toBe("no-epochs");
    expect(oldRevealRound({ tempo: 360, netuid: -1, period: 1 }, time)).toBe("state-impossible");
  });
});
