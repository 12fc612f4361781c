import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { settle } from "../../../src/adapters/system/config.ts";
import { parseConfig } from "../../../src/adapters/system/config-file.ts";
import { KNOWN_NAMES } from "../../../src/adapters/system/config-shape.ts";
import { answerProblem, type ConfigAnswers, configTemplate } from "../../../src/adapters/system/config-template.ts";

const ANSWERS: ConfigAnswers = {
  network: "finney",
  netuid: "64",
  wallet: "validator",
  walletHotkey: "default",
  walletPath: "~/.bittensor/wallets",
  apiKeyFile: "./key",
  judgeModel: "Qwen/Qwen3-32B-TEE",
};

/** With every setting that is a comment taken in. */
function uncommented(text: string): string {
  return text.replaceAll(/^( *)#(?=\w+:| {2,}\w+:)/gm, "$1");
}

describe("the configuration that init writes", () => {
  test("is valid, and the settings in its comments are the defaults", () => {
    const text = configTemplate(ANSWERS);
    const short = parseConfig("touchstone.yaml", text, {});
    const whole = parseConfig("touchstone.yaml", uncommented(text), {});
    expect(whole.config).toEqual({ ...short.config, network: "finney" });
    expect(whole.given.size).toBeGreaterThan(short.given.size + 25);
  });

  test("names every setting there is, but the other two kinds of wallet", () => {
    const text = configTemplate(ANSWERS);
    const missing = Object.values(KNOWN_NAMES)
      .flat()
      .filter((name) => !new RegExp(`^[\\s#]*${name}:`, "m").test(text));
    expect(missing).toEqual(["mnemonicFile", "seedFile"]);
  });

  test("says of any answer either what it must be, or reads it back as it was given", () => {
    const plain = fc.string({ unit: "binary", minLength: 1 }).filter((text) => !text.includes("${"));
    fc.assert(
      fc.property(plain, plain, (wallet, data) => {
        fc.pre(answerProblem("wallet", wallet) === undefined && answerProblem("apiKeyFile", data) === undefined);
        const text = configTemplate({ ...ANSWERS, wallet, apiKeyFile: data });
        const { config } = parseConfig("touchstone.yaml", text, {});
        expect([config.wallet?.name, config.chutes.apiKeyFile]).toEqual([wallet, data]);
      }),
    );
  });

  test("settles to what was answered", () => {
    const sources = { file: "/etc/touchstone.yaml", env: { HOME: "/home/op" }, overrides: {} };
    expect(settle(parseConfig(sources.file, configTemplate(ANSWERS), {}), sources)).toMatchObject({
      network: { name: "finney" },
      netuid: 64,
      wallet: { kind: "bittensor", path: "/home/op/.bittensor/wallets", name: "validator", hotkey: "default" },
      chutes: { apiKeyFile: "/etc/key" },
      data: "/etc/data",
    });
  });
});

describe("an answer", () => {
  test.each([
    ["netuid", "64", undefined],
    ["netuid", "65536", "a whole number from 0 to 65535"],
    ["netuid", "sixty", "a whole number from 0 to 65535"],
    ["netuid", "", "a whole number from 0 to 65535"],
    ["network", "test", undefined],
    ["network", "tset", "finney, test, local, or the ws:// or wss:// address of a node"],
    ["wallet", "a/b", "a wallet's name"],
    ["judgeModel", "", "the id of a model that GET /v1/models lists, e.g. Qwen/Qwen3-32B-TEE"],
    ["judgeModel", `cpk_${"a1".repeat(16)}`, "no secret, but the name or path of where it lies"],
    ["apiKeyFile", "./key", undefined],
  ] as const)("%s as %s: %s", (name, answer, wanted) => {
    expect(answerProblem(name, answer)).toBe(wanted);
  });
});
