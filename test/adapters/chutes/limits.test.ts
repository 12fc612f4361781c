import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Budget, costOf, FREE, worstCase } from "../../../src/adapters/chutes/budget.ts";
import { EdgeGuard } from "../../../src/adapters/chutes/edge-guard.ts";
import { Governor } from "../../../src/adapters/chutes/governor.ts";
import { backoffMs } from "../../../src/adapters/chutes/retry.ts";
import { randomStream } from "../../../src/core/determinism/random.ts";
import { isFault } from "../../../src/core/model/fault.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { NEVER } from "./platform-fixture.ts";

const SEED = `0x${"11".repeat(32)}` as const;

describe("the budget", () => {
  const price = { prompt: 104_000, completion: 416_000 };

  test("a published price is exact: a million tokens each of $0.104 and $0.416 cost 520000 micro-dollars", () => {
    expect(costOf({ promptTokens: 1_000_000, completionTokens: 1_000_000 }, price)).toBe(520_000);
    expect(costOf({ promptTokens: 1, completionTokens: 0 }, price)).toBe(1);
    expect(costOf({ promptTokens: 10, completionTokens: 10 }, FREE)).toBe(0);
    expect(worstCase(300, 50, price)).toBe(costOf({ promptTokens: 100, completionTokens: 50 }, price));
  });

  test("refuses before sending what could pass the cap, and counts what is under way", () => {
    const budget = new Budget({ requests: 10, microUsd: 100 });
    const first = budget.reserve(60);
    expect(budget.reserve(60)).toMatchObject({ code: "budget-exhausted", blame: "validator", retryable: false });
    if (isFault(first)) throw new Error("refused");
    first.settle(5, { promptTokens: 3, completionTokens: 4 });
    first.settle(50, null);
    expect(budget.spent()).toEqual({ requests: 1, tokens: 7, microUsd: 5 });
    expect(isFault(budget.reserve(60))).toBe(false);
  });

  test("what is never settled was spent in full", () => {
    const budget = new Budget({ requests: 10, microUsd: 100 });
    const reservation = budget.reserve(60);
    if (!isFault(reservation)) reservation[Symbol.dispose]();
    expect(budget.spent()).toEqual({ requests: 1, tokens: 0, microUsd: 60 });
  });

  test("goes on where an earlier process stopped", () => {
    const budget = new Budget({ requests: 10, microUsd: 100 });
    budget.begin({ requests: 10, tokens: 1, microUsd: 1 });
    expect(budget.reserve(0)).toMatchObject({ code: "budget-exhausted", evidence: { detail: "requests" } });
    budget.begin({ requests: 9, tokens: 1, microUsd: 100 });
    expect(budget.reserve(1)).toMatchObject({ evidence: { detail: "microUsd" } });
    expect(isFault(budget.reserve(0))).toBe(false);
  });

  test("never lets more begin than the caps allow, whatever the order of ends", () => {
    const step = fc.record({ worst: fc.nat(50), actual: fc.nat(50), late: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const budget = new Budget({ requests: 20, microUsd: 200 });
        const ends: (() => void)[] = [];
        for (const { actual, late, worst } of steps) {
          const reservation = budget.reserve(worst);
          if (isFault(reservation)) continue;
          const end = (): void => reservation.settle(Math.min(actual, worst), null);
          if (late) ends.push(end);
          else end();
        }
        for (const end of ends) end();
        expect(budget.spent().requests).toBeLessThanOrEqual(20);
        expect(budget.spent().microUsd).toBeLessThanOrEqual(200);
      }),
    );
  });
});

describe("back-off", () => {
  test("is bounded, never nothing, and the same from the same stream", () => {
    for (const code of ["capacity", "connection-failed"] as const) {
      const caps =
        code === "capacity"
          ? [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]
          : [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000];
      const draw = (): number[] => {
        const random = randomStream(SEED, "3/t00");
        return caps.map((_cap, index) => backoffMs(code, index + 1, random));
      };
      const waits = draw();
      expect(draw()).toEqual(waits);
      for (const [index, cap] of caps.entries()) {
        expect(waits[index]).toBeGreaterThanOrEqual(1);
        expect(waits[index]).toBeLessThanOrEqual(cap);
      }
    }
  });

  test("uses the whole range", () => {
    const random = randomStream(SEED, "range");
    const draws = Array.from({ length: 500 }, () => backoffMs("capacity", 1, random));
    expect(Math.min(...draws)).toBeLessThan(200);
    expect(Math.max(...draws)).toBeGreaterThan(1_800);
  });
});

describe("the governor", () => {
  test("lets no more in at once than configured, first come first served, also past one who left", async () => {
    const clock = new ManualClock();
    const governor = new Governor({ requestsPerMinute: 60_000, concurrency: 2 }, clock);
    const order: string[] = [];
    const leaver = new AbortController();
    const enter = async (name: string, signal: AbortSignal = NEVER): Promise<Disposable> => {
      const permit = await governor.enter(signal);
      order.push(name);
      return permit;
    };
    const a = await enter("a");
    await enter("b");
    const c = enter("c", leaver.signal).catch((reason: unknown) => reason);
    const d = enter("d");
    const e = enter("e");
    leaver.abort("gone");
    expect(await c).toBe("gone");
    a[Symbol.dispose]();
    a[Symbol.dispose]();
    const second = await d;
    expect(order).toEqual(["a", "b", "d"]);
    second[Symbol.dispose]();
    await e;
    expect(order).toEqual(["a", "b", "d", "e"]);
  });

  test.each([6, 60, 600, 6_000])(
    "at %i a minute no window of a minute sees more than one second's worth more",
    async (perMinute) => {
      const clock = new ManualClock({ skipUpTo: 60_000 });
      const governor = new Governor({ requestsPerMinute: perMinute, concurrency: 1 }, clock);
      const times: number[] = [];
      for (let n = 0; n < Math.min(perMinute * 3, 2_000); n += 1) {
        using _permit = await governor.enter(NEVER);
        times.push(clock.monotonic());
      }
      const most = perMinute + Math.ceil(perMinute / 60);
      for (const [index, from] of times.entries()) {
        const until = times[index + most];
        if (until !== undefined) expect(until - from).toBeGreaterThanOrEqual(59_999.9);
      }
      // Not slower than promised either.
      const rate = (times.length - 1) / ((times.at(-1) ?? 0) / 60_000 || 1);
      expect(rate).toBeGreaterThanOrEqual(perMinute * 0.99);
    },
  );

  test("an abort during the wait for pace gives the place back", async () => {
    const clock = new ManualClock();
    const governor = new Governor({ requestsPerMinute: 60, concurrency: 1 }, clock);
    (await governor.enter(NEVER))[Symbol.dispose]();
    const leaver = new AbortController();
    const waiting = governor.enter(leaver.signal).catch((reason: unknown) => reason);
    await Promise.resolve();
    leaver.abort("gone");
    expect(await waiting).toBe("gone");
    const next = governor.enter(NEVER);
    await clock.advance(2_000);
    expect(await next).toBeDefined();
  });
});

describe("the edge guard", () => {
  test("shuts after three refusals of the platform's hosts in a row, and opens after an hour", async () => {
    const clock = new ManualClock();
    const guard = new EdgeGuard(clock);
    expect([guard.refusedBy(null), guard.refusedBy(null)]).toEqual([false, false]);
    guard.answered();
    expect([guard.refusedBy(null), guard.refusedBy(null), guard.isShut()]).toEqual([false, false, false]);
    expect([guard.refusedBy(null), guard.isShut()]).toEqual([true, true]);
    await clock.advance(3_600_000);
    expect(guard.isShut()).toBe(false);
  });

  test("one miner's chute cannot shut it", () => {
    const guard = new EdgeGuard(new ManualClock());
    for (let n = 0; n < 50; n += 1) guard.refusedBy("evil.chutes.ai");
    expect(guard.isShut()).toBe(false);
  });
});
