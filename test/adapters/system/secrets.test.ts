import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readApiKey } from "../../../src/adapters/system/secrets.ts";
import type { ChutesConfig } from "../../../src/core/model/config.ts";

const KEY = `cpk_${"a1".repeat(16)}.${"b2".repeat(16)}.${"Xy9z".repeat(8)}`;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "touchstone-key-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function config(content: string | null, mode = 0o600): ChutesConfig {
  const apiKeyFile = content === null ? null : join(folder, "key");
  if (apiKeyFile !== null) {
    rmSync(apiKeyFile, { force: true });
    writeFileSync(apiKeyFile, content ?? "", { mode });
    chmodSync(apiKeyFile, mode);
  }
  return {
    apiKeyFile,
    api: "https://api.chutes.ai",
    llm: "https://llm.chutes.ai",
    invoke: null,
    domain: "chutes.ai",
    signing: "none",
    requestsPerMinute: 60,
    concurrency: 8,
  };
}

describe("the Chutes API key", () => {
  test("comes from its file, with or without a line feed", () => {
    expect(readApiKey(config(KEY), {})).toBe(KEY);
    expect(readApiKey(config(`${KEY}\n`), { CHUTES_API_KEY: "other" })).toBe(KEY);
  });

  test("comes from the environment when no file is named", () => {
    expect(readApiKey(config(null), { CHUTES_API_KEY: KEY })).toBe(KEY);
  });

  test.each([
    ["no key anywhere", null, {}, "There is no Chutes API key"],
    ["an empty variable", null, { CHUTES_API_KEY: "" }, "There is no Chutes API key"],
    ["an empty file", "", {}, "is empty"],
    ["white space", " \n", {}, "There is no Chutes API key"],
    ["a short key", KEY.slice(0, -1), {}, "is not one"],
    ["a key with capitals in its first part", KEY.replace("a1", "A1"), {}, "is not one"],
    ["two keys", `${KEY}\n${KEY}`, {}, "is not one"],
    ["a header", `Bearer ${KEY}`, {}, "is not one"],
    ["a wrong variable", null, { CHUTES_API_KEY: `${KEY}x` }, "CHUTES_API_KEY is not one"],
  ])("%s ends with exit key and without the key in any word", (_name, content, env, sentence) => {
    let caught: unknown;
    try {
      readApiKey(config(content), env);
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({ name: "ValidatorError", exit: "key", message: expect.stringContaining(sentence) });
    const shown = inspect(caught, { showHidden: true, depth: 10 });
    expect(shown).not.toContain("b2b2");
    expect(shown).not.toContain("Xy9z");
  });

  test("a file others may read", () => {
    expect(() => readApiKey(config(KEY, 0o644), {})).toThrow(/Others may read/);
  });

  test("a file that is not there", () => {
    const missing = { ...config(null), apiKeyFile: join(folder, "absent") };
    expect(() => readApiKey(missing, {})).toThrow(/cannot be opened \(ENOENT\)/);
  });
});
