import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { REFUSALS } from "../../../src/core/chain/refusals.ts";
import { CUSTOM_ERRORS } from "../../../src/core/chain/refusals-pool.ts";
import { CONNECTION_CODES, RPC_CODES } from "../../../src/core/chain/refusals-rpc.ts";
import { findRefusals, refusalNames } from "../../../src/core/chain/refusals-search.ts";

const names = (query: string): readonly string[] => findRefusals(query).map(({ name }) => name);

describe("a refusal is found", () => {
  test.each([
    ["NeuronNoValidatorPermit", "SubtensorModule.NeuronNoValidatorPermit"],
    ["SubtensorModule.NeuronNoValidatorPermit", "SubtensorModule.NeuronNoValidatorPermit"],
    ["subtensormodule.neuronnovalidatorpermit", "SubtensorModule.NeuronNoValidatorPermit"],
    ["CallFiltered", "System.CallFiltered"],
    ["BadOrigin", "BadOrigin"],
    ["Custom error: 6", "custom error 6 RateLimitExceeded"],
    ["custom 6", "custom error 6 RateLimitExceeded"],
    ["6", "custom error 6 RateLimitExceeded"],
    ["1010: Invalid Transaction: Custom error: 255", "custom error 255 BadRequest"],
    ["1010: Invalid Transaction: Transaction is outdated", "1010 Stale"],
    ["1010 BadProof", "1010 BadProof"],
    ["1010: Invalid Transaction", "1010 InvalidTransaction"],
    ["1014", "1014 TooLowPriority"],
    ["1014: Priority is too low: (1 vs 1)", "1014 TooLowPriority"],
    ["-32005", "-32005 PolicyLimit"],
    ["code -32005", "-32005 PolicyLimit"],
    ["close 1008", "1008 PolicyViolation"],
    ["HTTP 429", "429 TooManyRequests"],
    ["4003: Client error: Api called for an unknown Block: State already discarded", "4003 StateDiscarded"],
  ])("by %s", (query, name) => {
    expect(names(query)).toEqual([name]);
  });

  test("by every name and every code that there is", () => {
    const codes = [...RPC_CODES.keys(), ...CONNECTION_CODES.keys()].map(String);
    const custom = [...CUSTOM_ERRORS.keys()].map((code) => `custom ${code}`);
    const asked = [...REFUSALS.keys(), ...refusalNames(), ...codes, ...custom];
    expect(asked.filter((query) => findRefusals(query).length === 0)).toEqual([]);
  });

  test("once, when several names mean the same", () => {
    expect(names("HotKeyNotRegisteredInNetwork")).toEqual(["SubtensorModule.HotKeyNotRegisteredInNetwork"]);
  });
});

test.each(["", " ", "nothing", "28", "999999", "1010x", "custom 28", "SubtensorModule.", "constructor", "-"])(
  "%j is no refusal",
  (query) => {
    expect(findRefusals(query)).toEqual([]);
  },
);

test("any text is answered, with as few entries as there are sources", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^(custom ?|10)?[ :-]*\d{0,6}.*$/)),
      (query) => {
        expect(findRefusals(query).length).toBeLessThanOrEqual(4);
      },
    ),
  );
});
