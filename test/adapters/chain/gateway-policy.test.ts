import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { closeRefusal, handshakeRefusal, rpcRefusal, waitOf } from "../../../src/adapters/chain/gateway-policy.ts";

const NOW = Date.UTC(2026, 9, 7, 12, 0, 0);

describe("how long a gateway wants to be left alone", () => {
  test.each([
    ["30", 30_000],
    ["0", 0],
    ["1.5", 1_500],
    ["999999", 3_600_000],
    [String(NOW / 1000 + 90), 90_000],
    [String(NOW / 1000 - 90), 0],
    ["Wed, 07 Oct 2026 12:02:00 GMT", 120_000],
    ["Wed, 07 Oct 2026 11:00:00 GMT", 0],
    ["Fri, 31 Dec 2100 00:00:00 GMT", 3_600_000],
    ["", null],
    ["soon", null],
    ["-5", null],
    ["2026", 2_026_000],
    ["Wed, 99 Foo 2026 12:02:00 GMT", null],
    [undefined, null],
  ])("%j is %j ms", (value, expected) => {
    expect(waitOf(value, NOW)).toBe(expected);
  });

  test("is never longer than an hour, whatever it says", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.stringMatching(/^\d{1,20}$/),
          fc.date({ noInvalidDate: true }).map((d) => d.toUTCString()),
        ),
        (text) => {
          const ms = waitOf(text, NOW);
          expect(ms === null || (ms >= 0 && ms <= 3_600_000)).toBe(true);
        },
      ),
    );
  });
});

describe("a refusal by policy", () => {
  test.each([
    [429, { "retry-after": "7" }, { how: "HTTP 429", waitMs: 7_000 }],
    [429, { "x-ratelimit-reset": "9" }, { how: "HTTP 429", waitMs: 9_000 }],
    [403, {}, { how: "HTTP 403", waitMs: null }],
    [429, { "retry-after": "never", "x-ratelimit-reset": "9" }, { how: "HTTP 429", waitMs: 9_000 }],
    [502, { "retry-after": "7" }, null],
  ])("at the handshake: %d %j", (status, headers, expected) => {
    expect(handshakeRefusal(status, headers, NOW)).toEqual(expected);
  });

  test.each([
    [-32_004, "", { how: "JSON-RPC error -32004", waitMs: null }],
    [-32_005, '{"retry_after":3}', { how: "JSON-RPC error -32005", waitMs: 3_000 }],
    [-32_005, '{"retryAfter":"2.5"}', { how: "JSON-RPC error -32005", waitMs: 2_500 }],
    [-32_603, '{"retry_after":3}', null],
    [1010, "", null],
  ])("in an answer: %d %j", (code, data, expected) => {
    expect(rpcRefusal(code, data)).toEqual(expected);
  });

  test("by closing the link", () => {
    expect(closeRefusal(1008)).toEqual({ how: "close code 1008", waitMs: null });
    expect(closeRefusal(1006)).toBeNull();
  });
});
