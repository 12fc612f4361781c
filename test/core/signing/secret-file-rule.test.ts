import { expect, test } from "vitest";
import { secretFileProblem } from "../../../src/core/signing/secret-file-rule.ts";

const GOOD = { isFile: true, mode: 0o100_600, owner: 1000, size: 40 };

test.each([
  ["0600", GOOD],
  ["0400", { ...GOOD, mode: 0o100_400 }],
  ["0700", { ...GOOD, mode: 0o100_700 }],
  ["root's", { ...GOOD, owner: 0 }],
])("a secret may be read from a file of mode and owner: %s", (_name, facts) => {
  expect(secretFileProblem("/w/key", facts, 1000)).toBeUndefined();
});

test.each([
  ["a folder", { ...GOOD, isFile: false }, "not a file", "Name the file"],
  ["another user's file", { ...GOOD, owner: 1001 }, "belongs to another user", "chown"],
  ["a file the group may read", { ...GOOD, mode: 0o100_640 }, "(mode 0640)", "chmod 600 '/w/key'"],
  ["a file all may read", { ...GOOD, mode: 0o100_604 }, "(mode 0604)", "chmod 600 '/w/key'"],
  ["a file others may write", { ...GOOD, mode: 0o100_602 }, "(mode 0602)", "chmod 600 '/w/key'"],
  ["an empty file", { ...GOOD, size: 0 }, "is empty", "Put the secret"],
  ["a huge file", { ...GOOD, size: 70_000 }, "larger than 65536 bytes", "Name the file"],
])("%s is refused with a remedy", (_name, facts, problem, remedy) => {
  expect(secretFileProblem("/w/key", facts, 1000)).toEqual({
    problem: expect.stringContaining(problem),
    remedy: expect.stringContaining(remedy),
  });
});
