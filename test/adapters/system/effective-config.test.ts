import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EffectiveConfig, effectiveConfig } from "../../../src/adapters/system/effective-config.ts";
import type { Overrides } from "../../../src/adapters/system/outside.ts";

const KEY = `cpk_${"a1".repeat(16)}.${"b2".repeat(16)}.${"Xy9z".repeat(8)}`;
let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "touchstone-effective-"));
  file = join(folder, "touchstone.yaml");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function effective(text: string, env: Record<string, string> = {}, overrides: Overrides = {}): EffectiveConfig {
  writeFileSync(file, `netuid: 2\njudge: { model: a/b }\n${text}\n`);
  return effectiveConfig({ file, env: { HOME: "/home/op", ...env }, overrides });
}

function field(name: string, ...given: Parameters<typeof effective>): unknown {
  return effective(...given).fields.find((entry) => entry.field === name);
}

describe("the effective configuration", () => {
  test("names every setting once, and says of each where it came from", () => {
    const { fields } = effective("");
    expect(new Set(fields.map((entry) => entry.field)).size).toBe(fields.length);
    expect(fields.length).toBeGreaterThan(35);
    expect(fields.filter(({ origin }) => origin === "file")).toEqual([
      { field: "netuid", value: 2, origin: "file", line: 1 },
      { field: "judge.model", value: "a/b", origin: "file", line: 2 },
    ]);
  });

  const FILE = "network: test\nwallet: { name: in-file }";
  const ENV = { BT_NETWORK: "local", BT_WALLET: "in-env" };
  test.each([
    ["default", "", {}, {}, { value: "finney", origin: "default" }],
    ["file", FILE, {}, {}, { value: "test", origin: "file", line: 3 }],
    ["environment", FILE, ENV, {}, { value: "local", origin: "environment", name: "BT_NETWORK" }],
    ["flag", FILE, ENV, { network: "finney" }, { value: "finney", origin: "flag", name: "--network" }],
  ])("the network from the %s", (...[, text, env, overrides, wanted]) => {
    expect(field("network", text, env, overrides)).toEqual({ field: "network", ...wanted });
  });

  test("each part of the wallet has its own origin", () => {
    const { fields } = effective(FILE, { BT_WALLET_PATH: "/w" }, { walletHotkey: "hot" });
    expect(fields.filter((entry) => entry.field.startsWith("wallet"))).toEqual([
      { field: "wallet.path", value: "/w", origin: "environment", name: "BT_WALLET_PATH" },
      { field: "wallet.name", value: "in-file", origin: "file", line: 4 },
      { field: "wallet.hotkey", value: "hot", origin: "flag", name: "--wallet-hotkey" },
    ]);
    expect(field("wallet.seedFile", "wallet: { seedFile: ./seed }")).toEqual({
      field: "wallet.seedFile",
      value: join(folder, "seed"),
      origin: "file",
      line: 3,
    });
    expect(field("wallet", "")).toEqual({ field: "wallet", value: null, origin: "default" });
  });

  test.each([
    ["a path", "wss://node.example/v1/s3cret"],
    ["a query", "wss://node.example?apikey=s3cret"],
    ["a user", "wss://me:s3cret@node.example"],
  ])("hides what may be a credential in the address of a node: %s", (_name, address) => {
    for (const found of [
      field("network", `network: "${address}"`),
      field("network", "", { BT_NETWORK: address }),
      field("network", "", {}, { network: address }),
    ]) {
      expect(found).toMatchObject({ value: "wss://node.example/[hidden]" });
    }
  });

  test("shows a text with a variable as it is written, and a number as it is", () => {
    expect(field("network", "network: wss://node/${TOKEN}", { TOKEN: "s3cret" })).toMatchObject({
      value: "wss://node/${TOKEN}",
    });
    expect(field("mechid", "mechid: ${M}", { M: "1" })).toMatchObject({ value: 1, line: 3 });
    const { apiKey } = effective("chutes: { apiKeyFile: '${SECRET_PLACE}' }", { SECRET_PLACE: "/s3cret" });
    expect(apiKey).toMatchObject({ present: false, name: "${SECRET_PLACE}" });
    expect(JSON.stringify(apiKey)).not.toContain("s3cret");
  });
});

describe("of the API key", () => {
  test("it says whether there is one and where, and never its text", () => {
    const keyFile = join(folder, "key");
    writeFileSync(keyFile, KEY, { mode: 0o600 });
    const inFile = effective(`chutes: { apiKeyFile: ${keyFile} }`);
    const inEnv = effective("", { CHUTES_API_KEY: KEY });
    const nowhere = effective("");
    chmodSync(keyFile, 0o644);
    const readable = effective(`chutes: { apiKeyFile: ${keyFile} }`);
    const damaged = effective("", { CHUTES_API_KEY: `${KEY}!` });
    expect(inFile.apiKey).toEqual({ present: true, origin: "file", name: keyFile });
    expect(inEnv.apiKey).toEqual({ present: true, origin: "environment", name: "CHUTES_API_KEY" });
    expect(nowhere.apiKey).toMatchObject({ present: false, problem: "There is no Chutes API key." });
    expect(readable.apiKey).toMatchObject({ present: false, problem: expect.stringContaining("Others may read") });
    expect(damaged.apiKey.present).toBe(false);
    for (const shown of [inFile, inEnv, nowhere, readable, damaged])
      expect(JSON.stringify(shown)).not.toContain("Xy9z");
  });
});
