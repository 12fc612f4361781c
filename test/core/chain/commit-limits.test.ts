import { expect, test } from "vitest";
import { commitLimit } from "../../../src/core/chain/commit-limits.ts";

test.each([
  ["yuma", 1, 5_000],
  ["yuma", 3, 5_000],
  ["absent", 1, 5_000],
  ["unknown", 1, 5_000],
  ["null", 1, 32_768],
  ["null", 2, 16_384],
  ["null", 3, 10_922],
  ["null", 0, 32_768],
] as const)("a commit in mode %s with %i mechanisms: %i bytes", (mode, mechanisms, bytes) => {
  expect(commitLimit(mode, mechanisms)).toBe(bytes);
});
