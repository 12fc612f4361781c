import { expect, test } from "vitest";
import { timelockWorks } from "../../../src/core/timelock/self-check.ts";
import { hex, TIMELOCK } from "./vectors.ts";

test("the start-up check passes, and its bytes are those of the Rust vector", () => {
  const vector = TIMELOCK.rust_ciphertexts.vectors.find(({ name }) => name === "empty plaintext");
  expect(timelockWorks()).toBe(true);
  expect(timelockWorks(hex(vector?.ciphertext ?? ""))).toBe(true);
});

test.each([0, 100, 170, 230, 243])("it fails when byte %i of the commit is another", (at) => {
  const vector = TIMELOCK.rust_ciphertexts.vectors.find(({ name }) => name === "empty plaintext");
  const bytes = hex(vector?.ciphertext ?? "");
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  expect(timelockWorks(bytes)).toBe(false);
});

test("it fails for another vector, whose randomness is not the one it knows", () => {
  const other = TIMELOCK.rust_ciphertexts.vectors.find(({ name }) => name !== "empty plaintext");
  expect(timelockWorks(hex(other?.ciphertext ?? ""))).toBe(false);
});
