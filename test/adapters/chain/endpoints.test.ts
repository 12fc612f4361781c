import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Endpoints, endpointName } from "../../../src/adapters/chain/endpoints.ts";
import { RequestBudget } from "../../../src/adapters/chain/request-budget.ts";

const A = "wss://a.example";
const B = "wss://b.example";
const OWN = "ws://127.0.0.1:9944";

describe("the endpoints", () => {
  test("are taken in turn, and struck ones never again", () => {
    const endpoints = new Endpoints({ urls: [OWN, A, B] });
    expect([endpoints.current, endpoints.preferred]).toEqual([OWN, OWN]);
    endpoints.advance();
    endpoints.strike(OWN);
    expect([endpoints.current, endpoints.preferred, endpoints.count]).toEqual([A, A, 2]);
    endpoints.advance();
    expect([endpoints.advance(), endpoints.current]).toEqual([true, A]);
    endpoints.strike(B);
    expect(endpoints.advance()).toBe(false);
  });

  test("one that lags is used only when there is no other", () => {
    const endpoints = new Endpoints({ urls: [OWN, A, B] });
    expect(endpoints.setLagging(A, true)).toBe(true);
    expect(endpoints.setLagging(A, true)).toBe(false);
    expect(endpoints.replacements()).toEqual([B]);
    expect(endpoints.others()).toEqual([A, B]);
    endpoints.advance();
    expect(endpoints.current).toBe(B);
    endpoints.strike(OWN);
    endpoints.advance();
    expect(endpoints.current).toBe(A);
  });

  test("while one public gateway refuses, no other public one is used in its place, but an own node is", () => {
    let now = 0;
    const endpoints = new Endpoints({ urls: [A, B], now: () => now });
    endpoints.rest(A, 60_000);
    expect([endpoints.advance(), endpoints.current, endpoints.restMs()]).toEqual([false, A, 60_000]);
    now = 60_000;
    expect([endpoints.restMs(), endpoints.advance(), endpoints.current]).toEqual([0, true, B]);

    const mixed = new Endpoints({ urls: [A, B, OWN], now: () => now });
    mixed.rest(A, 60_000);
    expect([mixed.advance(), mixed.current, mixed.others()]).toEqual([true, OWN, []]);
    now = 120_000;
    expect(mixed.others()).toEqual([A, B]);
  });

  test("have a name that holds no credential", () => {
    expect(endpointName("wss://me:s3cret@node.example:444/v1/s3cret?key=s3cret")).toBe("node.example:444");
    expect(endpointName("s3cret")).toBe("[hidden]");
  });
});

describe("the budget of requests", () => {
  test("lets through a minute's worth at once and then one by one", () => {
    let now = 0;
    const budget = new RequestBudget(60, () => now);
    expect(Array.from({ length: 61 }, () => budget.take()).filter(Boolean)).toHaveLength(60);
    expect(budget.waitMs()).toBe(1_000);
    now = 1_000;
    expect([budget.take(), budget.take()]).toEqual([true, false]);
    budget.spend();
    expect(budget.waitMs()).toBe(2_000);
  });

  test("is never exceeded over any span, however it is asked", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 600 }),
        fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 200 }),
        (perMinute, steps) => {
          let now = 0;
          let taken = 0;
          const budget = new RequestBudget(perMinute, () => now);
          for (const step of steps) {
            now += step;
            if (budget.take()) taken += 1;
          }
          expect(taken).toBeLessThanOrEqual(perMinute + (now * perMinute) / 60_000 + 1e-6);
        },
      ),
    );
  });
});
