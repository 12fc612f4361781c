import { expect, test } from "vitest";
import { nearestName } from "../../../src/adapters/system/nearest-name.ts";

test.each([
  ["finey", "finney"],
  ["Finney", "finney"],
  ["api-key-file", "apiKeyFile"],
  ["requestPerMinute", "requestsPerMinute"],
  ["tset", undefined],
  ["tests", "test"],
  ["something", undefined],
  ["", undefined],
])("%j is taken for %j", (given, wanted) => {
  expect(nearestName(given, ["finney", "test", "local", "apiKeyFile", "requestsPerMinute"])).toBe(wanted);
});

test("nothing is near where nothing is known", () => {
  expect(nearestName("x", [])).toBeUndefined();
});
