import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dispatchRefusal, poolRefusal, REFUSALS } from "../../../src/core/chain/refusals.ts";

test.each([...REFUSALS])("%s is a sentence with a remedy", (name, refusal) => {
  const fault = dispatchRefusal(name);
  expect(fault.message).toMatch(/^[A-Z].*\.$/);
  expect(fault.remedy).toMatch(/^[A-Z].*\.$/);
  expect(fault.retryable).toBe(refusal.retryable);
  expect(fault.evidence?.detail).toBe(name);
});

describe("what the pool says", () => {
  test.each([
    [1010, "Invalid Transaction Custom error: 6", true, /too short a time ago/],
    [1010, "Invalid Transaction Custom error: 1", false, /stake is below/],
    [1010, "Invalid Transaction Custom error: 19", false, /not registered/],
    [1010, "Invalid Transaction Custom error: 255", true, /does not know: custom error 255/],
    [1010, "Invalid Transaction Transaction is outdated", true, /nonce moved/],
    [1010, "Invalid Transaction Transaction has a bad signature", true, /signature/],
    [1010, "Invalid Transaction Transaction has an ancient birth block", true, /era is over/],
    [1010, "Invalid Transaction Inability to pay some fees", false, /asks a fee/],
    [1012, "Transaction is temporarily banned", true, /banned/],
    [1014, "Priority is too low: (1 vs 1)", true, /same nonce/],
    [1016, "Immediately Dropped", true, /pool is full/],
    [-32000, "whatever", true, /does not know: code -32000/],
  ])("%i %s", (code, text, retryable, message) => {
    const fault = poolRefusal(code, text);
    expect(fault).toMatchObject({ code: "chain-refused", retryable });
    expect(fault.message).toMatch(message);
  });

  test("any text ends in a sentence that does not repeat it", () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), (code, text) => {
        expect(poolRefusal(code, text).message).toMatch(/\.$/);
        expect(poolRefusal(code, `key=${text}secret`).message).not.toContain("secret");
      }),
    );
  });

  test("an error that nobody has heard of is named", () => {
    expect(dispatchRefusal("Brand.New").message).toContain("Brand.New");
  });
});
