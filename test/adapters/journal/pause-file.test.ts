import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  currentPause,
  folderPause,
  LONGEST_REASON,
  pause,
  pauseFile,
  resume,
} from "../../../src/adapters/journal/pause-file.ts";

const NOW = "2026-11-24T17:00:00.000Z";
const LATER = "2026-11-24T18:00:00.000Z";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "touchstone-pause-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a pause", () => {
  test("is heard by whoever asks, at once, and ends with resume", () => {
    const heard = folderPause(folder);
    expect(heard.current()).toBeNull();
    pause(folder, "the owner switches modes", NOW);
    expect(heard.current()).toEqual({ since: NOW, reason: "the owner switches modes" });
    expect(resume(folder)).toBe(true);
    expect(heard.current()).toBeNull();
    expect(resume(folder)).toBe(false);
  });

  test("said again keeps its beginning, and its reason unless there is a new one", () => {
    pause(folder, "first", NOW);
    expect(pause(folder, null, LATER)).toEqual({ since: NOW, reason: "first" });
    expect(pause(folder, "second", LATER)).toEqual({ since: NOW, reason: "second" });
    expect(currentPause(folder)).toEqual({ since: NOW, reason: "second" });
  });

  test("can come before the first start, and is for its owner only", () => {
    const fresh = join(folder, "not", "yet");
    expect(currentPause(fresh)).toBeNull();
    expect(resume(fresh)).toBe(false);
    expect(existsSync(fresh)).toBe(false);
    pause(fresh, null, NOW);
    expect(statSync(pauseFile(fresh)).mode & 0o777).toBe(0o600);
    expect(statSync(fresh).mode & 0o777).toBe(0o700);
    expect(readdirSync(fresh)).toEqual(["pause.json"]);
  });

  test("keeps any words up to its bound", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: LONGEST_REASON / 2 }), (reason) => {
        pause(folder, reason, NOW);
        expect(currentPause(folder)).toEqual({ since: NOW, reason });
      }),
      { numRuns: 30 },
    );
    const worst = "\u0001".repeat(LONGEST_REASON);
    pause(folder, worst, NOW);
    expect(currentPause(folder)?.reason).toBe(worst);
    expect(() => pause(folder, `${worst}a`, NOW)).toThrow(expect.objectContaining({ code: "reason-too-long" }));
  });

  test("that cannot be written is a sentence", () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    expect(() => pause(join(file, "data"), null, NOW)).toThrow(
      expect.objectContaining({ exit: "journal", code: "journal-unusable" }),
    );
  });
});

describe("a file that is not ours counts as a pause, and is not repeated", () => {
  const REFUSED: readonly (readonly [string, () => void])[] = [
    ["nothing", () => writeFileSync(pauseFile(folder), "")],
    ["no JSON", () => writeFileSync(pauseFile(folder), "HOSTILE")],
    ["another shape", () => writeFileSync(pauseFile(folder), '{"since":"HOSTILE","reason":null}')],
    ["more fields", () => writeFileSync(pauseFile(folder), `{"since":"${NOW}","reason":null,"HOSTILE":1}`)],
    [
      "too long a reason",
      () => writeFileSync(pauseFile(folder), JSON.stringify({ since: NOW, reason: "x".repeat(501) })),
    ],
    ["a large file", () => writeFileSync(pauseFile(folder), " ".repeat(100_000))],
    ["bytes that are no text", () => writeFileSync(pauseFile(folder), Buffer.from([0xff, 0xfe, 0x00]))],
    ["a folder", () => mkdirSync(pauseFile(folder))],
    [
      "a link to elsewhere",
      () => {
        writeFileSync(join(folder, "else"), JSON.stringify({ since: NOW, reason: "HOSTILE" }));
        symlinkSync(join(folder, "else"), pauseFile(folder));
      },
    ],
  ];
  test.each(REFUSED)("%s", (_name, put) => {
    put();
    const found = currentPause(folder);
    expect(found?.since).toBeNull();
    expect(found?.reason).toMatch(/pause\.json cannot be read \(.+\); touchstone resume removes it$/);
    expect(found?.reason).not.toContain("HOSTILE");
    expect(resume(folder)).toBe(true);
    expect(currentPause(folder)).toBeNull();
  });

  test("whatever it holds, one is told whether it is paused, never an error", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        writeFileSync(pauseFile(folder), text);
        expect(currentPause(folder)).not.toBeNull();
      }),
      { numRuns: 50 },
    );
  });

  test("pause replaces it by a whole one", () => {
    writeFileSync(pauseFile(folder), "HOSTILE");
    expect(pause(folder, null, NOW)).toEqual({ since: NOW, reason: null });
    expect(JSON.parse(readFileSync(pauseFile(folder), "utf8"))).toEqual({ since: NOW, reason: null });
  });
});
