import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ErrorShape, TimelockShape } from "../../src/cli/machine-types.ts";
import { SHAPES } from "../../src/cli/shapes.ts";
import { encodeSs58 } from "../../src/core/signing/ss58.ts";
import { encryptTo } from "../../src/core/timelock/timelock.ts";
import { COMMITS, hex, text } from "../core/timelock/vectors.ts";

const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "touchstone-timelock-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function timelock(...args: readonly string[]) {
  const env = { PATH: process.env["PATH"], HOME: folder };
  const options = { encoding: "utf8", input: "", env, cwd: folder } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "timelock", "open", ...args], options);
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  return { code: status, stdout, stderr, document: last.startsWith("{") ? (JSON.parse(last) as unknown) : undefined };
}

function errorOf(document: unknown): ErrorShape["error"] {
  expect(SHAPES["error"]?.safeParse(document).error).toBeUndefined();
  return (document as ErrorShape).error;
}

const [vector] = COMMITS.commits;
if (vector === undefined) throw new Error("no vector");
const { commit, reveal_round: round, input } = vector;
const signature = COMMITS.signatures[String(round)] ?? "";
const other = COMMITS.signatures["2000"] ?? "";
const expected: TimelockShape = {
  round,
  uids: input.uids,
  values: input.weights,
  versionKey: input.version_key,
  hotkey: encodeSs58(hex(input.hotkey)),
};
/** A commit of ours with any plaintext. */
const sealed = (plaintext: string): string => {
  const ephemeral = { key: new Uint8Array(32).fill(1), sigma: new Uint8Array(32).fill(2), nonce: new Uint8Array(12) };
  return text(encryptTo(round, hex(plaintext), ephemeral));
};

describe("timelock open", () => {
  test("tells what a commit of the Rust client hides, given in any way", () => {
    writeFileSync(join(folder, "commit.hex"), `0x${commit.toUpperCase()}\n`);
    writeFileSync(join(folder, "commit.bin"), hex(commit));
    for (const given of [commit, `0x${commit}`, "commit.hex", join(folder, "commit.bin")]) {
      const { code, document, stderr } = timelock(given, "--signature", signature, "--round", String(round), "--json");
      expect([code, stderr]).toEqual([0, ""]);
      expect(SHAPES["timelock"]?.parse(document)).toEqual(expected);
    }
  });

  test("needs no round to open, and then knows none", () => {
    const { document } = timelock(commit, "--signature", `0x${signature}`, "--json");
    expect(document).toEqual({ ...expected, round: null });
  });

  test("says it in words, too", () => {
    const { code, stdout } = timelock(commit, "--signature", signature);
    expect(code).toBe(0);
    expect(stdout).toContain(
      `hotkey ${expected.hotkey}, version key 0, 2 weights\n  uid 36: 65535\n  uid 133: 63541\n`,
    );
  });

  test("opens the older form, which names no hotkey", () => {
    const { document } = timelock(sealed("04050004ffff0100000000000000"), "--signature", signature, "--json");
    expect(document).toEqual({ round: null, uids: [5], values: [65_535], versionKey: "1", hotkey: null });
  });

  test("without a signature says what is needed, and when it comes where the round is known", () => {
    const unknown = timelock(commit, "--json");
    expect([unknown.code, errorOf(unknown.document).code]).toEqual([64, "signature-missing"]);
    expect(errorOf(unknown.document).message).toContain("295 bytes that hide 51");
    expect(errorOf(unknown.document).remedy).toContain("TimelockedWeightsCommitted");
    const known = errorOf(timelock(commit, "--round", "1000", "--json").document);
    expect(known.message).toContain("round 1000 is emitted at 2023-08-23T15:59:24.000Z");
    expect(known.remedy).toMatch(/Drand\.Pulses\(1000\).*\/public\/1000/);
  });

  const flipped = `${commit.slice(0, -100)}${commit.at(-100) === "0" ? "1" : "0"}${commit.slice(-99)}`;
  const REFUSED: readonly (readonly [name: string, args: readonly string[], exit: number, code: string])[] = [
    ["another round's signature", [commit, "--signature", other], 1, "commit-not-opened"],
    [
      "a signature that is not of the round",
      [commit, "--signature", other, "--round", "1000"],
      1,
      "signature-of-another-round",
    ],
    ["a signature that is no point", [commit, "--signature", "ff".repeat(48)], 1, "commit-not-opened"],
    ["a signature of another size", [commit, "--signature", "ff"], 64, "signature-malformed"],
    ["a damaged commit", [flipped, "--signature", signature], 1, "commit-not-opened"],
    ["a cut commit", [commit.slice(0, -2), "--signature", signature], 1, "commit-unreadable"],
    ["other bytes", ["00ff"], 1, "commit-unreadable"],
    ["no such file", ["nothing.hex"], 64, "commit-file-unreadable"],
    ["a folder", ["."], 64, "commit-file-unreadable"],
    ["an odd number of digits", [commit.slice(1)], 64, "commit-file-unreadable"],
    ["a commit that hides something else", [sealed("00"), "--signature", signature], 1, "commit-without-weights"],
    [
      "more uids than values",
      [sealed("080500060004ffff0000000000000000"), "--signature", signature],
      1,
      "commit-without-weights",
    ],
    ["round 0", [commit, "--round", "0"], 64, "usage"],
  ];
  test.for(REFUSED)("refuses %s", ([, args, exit, code]) => {
    const { code: status, document, stderr } = timelock(...args, "--json");
    expect([status, errorOf(document).code], stderr).toEqual([exit, code]);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("says what to do with a signature of a chain that has a beacon of its own", () => {
    const { document } = timelock(commit, "--signature", other, "--round", "1000", "--json");
    expect(errorOf(document).remedy).toContain("On a localnet, whose beacon has a key of its own, leave --round out");
  });

  test("refuses a file that is larger than any commit before it is read", () => {
    writeFileSync(join(folder, "large"), Buffer.alloc(200_000));
    expect(errorOf(timelock("large", "--json").document).code).toBe("commit-file-too-large");
  });

  test("shows its options and examples", () => {
    const { code, stdout } = timelock("--help");
    expect(code).toBe(0);
    expect(stdout).toMatch(/--signature <hex>[\s\S]*--json[\s\S]*Examples:\n {2}touchstone timelock open /);
  });
});
