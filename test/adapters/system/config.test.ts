import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfig } from "../../../src/adapters/system/config.ts";
import type { Overrides } from "../../../src/adapters/system/outside.ts";
import type { Config } from "../../../src/core/model/config.ts";
import { ValidatorError } from "../../../src/core/model/fault.ts";

const ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const FINNEY = "0x2f0555cc76fc2840a25a6ea3b9637146806f1f44b090c175ffde2a7e5ab36c03";
const TEST = "0x8f9cf856bf558a14440e75569c9e58594757048d7b3a84b5d25f6bd978263105";
const OWN = `0x${"ab".repeat(32)}`;

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "touchstone-config-"));
  file = join(folder, "touchstone.yaml");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The shortest configuration; a text that names no judge gets this one, so that tests speak of their own field only. */
const JUDGE = "judge: { model: a/b }";

function load(text: string | Uint8Array, env: Record<string, string> = {}, overrides: Overrides = {}): Config {
  const complete = typeof text === "string" && /^netuid: [^[]/m.test(text) && !/^judge:/m.test(text);
  writeFileSync(file, complete ? `${text}\n${JUDGE}\n` : text);
  return loadConfig({ file, env: { HOME: "/home/op", ...env }, overrides });
}

function errorOf(run: () => unknown): ValidatorError {
  try {
    run();
  } catch (error) {
    if (error instanceof ValidatorError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("a configuration", () => {
  test("of two lines has every default", () => {
    expect(load("netuid: 2\n")).toEqual({
      network: {
        name: "finney",
        endpoints: [
          "wss://entrypoint-finney.opentensor.ai:443",
          "wss://lite.chain.opentensor.ai:443",
          "wss://lite.sub.latent.to:443",
        ],
        archiveEndpoints: ["wss://archive.chain.opentensor.ai:443", "wss://archive.sub.latent.to:443"],
        genesis: FINNEY,
        requestsPerMinute: null,
      },
      netuid: 2,
      mechid: 0,
      versionKey: null,
      wallet: null,
      compareWith: null,
      chutes: {
        apiKeyFile: null,
        api: "https://api.chutes.ai",
        llm: "https://llm.chutes.ai",
        invoke: null,
        domain: "chutes.ai",
        signing: "epistula-v2",
        requestsPerMinute: 60,
        concurrency: 8,
      },
      limits: {
        requests: 10_000,
        microUsd: 5_000_000,
        answerMs: 120_000,
        judgeMs: 120_000,
        idleMs: 30_000,
        catalogueMs: 30_000,
        attempts: 3,
        answerBytes: 32_768,
      },
      pack: "general",
      scoring: {
        tasks: { verifiable: 12, judged: 4 },
        decay: 0.8908987181403393,
        judgedWeight: 0.5,
        crossCap: 1,
        excuseCap: 0.4,
        availabilityFloor: 0.95,
        quorum: 0.3,
        minEligible: 8,
        policy: { id: "softmax", temperature: 0.2 },
        judge: { model: "a/b", chuteId: null, attempts: 2 },
      },
      data: join(folder, "data"),
      retention: { bundleDays: null, bundleBytes: null, records: 8 },
    } satisfies Config);
  });

  test("takes every field as it is written", () => {
    const config = load(`
network: ws://127.0.0.1:9944   # a comment
genesis: "${OWN}"
netuid: 64
mechid: 1
wallet: { path: ./wallets, name: validator, hotkey: hot }
compareWith: ${ALICE}
chutes:
  apiKeyFile: ~/keys/chutes
  api: http://127.0.0.1:8080/
  llm: http://127.0.0.1:8080
  invoke: http://127.0.0.1:8080
  domain: chutes.test
  signing: legacy-004
  requestsPerMinute: 6000
  concurrency: 16
judge: { model: a/b, chuteId: 2f1c9f5e-6c3b-4d57-9f0e-0d8a3f1b7c11, attempts: 1 }
tasks: { verifiable: 3, judged: 1 }
scoring: { decay: 1, temperature: 0.5, minEligible: 3 }
limits: { requests: 10, microUsd: 0, answerSeconds: 1.5, attempts: 1, answerBytes: 2048 }
retention: { bundles: { days: 0.5, megabytes: 1.5 }, records: 3 }
data: /var/lib/touchstone
pack: general
`);
    expect(config).toMatchObject({
      network: { name: "ws://127.0.0.1:9944", endpoints: ["ws://127.0.0.1:9944"], genesis: OWN },
      netuid: 64,
      mechid: 1,
      wallet: { kind: "bittensor", path: join(folder, "wallets"), name: "validator", hotkey: "hot" },
      compareWith: ALICE,
      chutes: {
        apiKeyFile: "/home/op/keys/chutes",
        api: "http://127.0.0.1:8080",
        invoke: "http://127.0.0.1:8080",
        domain: "chutes.test",
        signing: "legacy-004",
        requestsPerMinute: 6000,
      },
      scoring: {
        tasks: { verifiable: 3, judged: 1 },
        decay: 1,
        minEligible: 3,
        policy: { id: "softmax", temperature: 0.5 },
        judge: { model: "a/b", chuteId: "2f1c9f5e-6c3b-4d57-9f0e-0d8a3f1b7c11", attempts: 1 },
      },
      limits: { requests: 10, microUsd: 0, answerMs: 1500, judgeMs: 120_000, attempts: 1, answerBytes: 2048 },
      retention: { bundleDays: 0.5, bundleBytes: 1_500_000, records: 3 },
      data: "/var/lib/touchstone",
    });
  });

  test("takes a name without a value as left out", () => {
    expect(load("netuid: 2\nwallet:\nchutes:\n  apiKeyFile:\n  invoke: null\ncompareWith: ~\n")).toEqual(
      load("netuid: 2\n"),
    );
  });

  test.each([
    ["wallet: {}", { kind: "bittensor", path: "/home/op/.bittensor/wallets", name: "default", hotkey: "default" }],
    ["wallet: { hotkey: h }", { kind: "bittensor", path: "/home/op/.bittensor/wallets", name: "default", hotkey: "h" }],
    [
      "wallet: { hotkey: h, passwordFile: ~/pw }",
      {
        kind: "bittensor",
        path: "/home/op/.bittensor/wallets",
        name: "default",
        hotkey: "h",
        passwordFile: "/home/op/pw",
      },
    ],
    ["wallet: { mnemonicFile: /m }", { kind: "mnemonic-file", file: "/m" }],
    ["wallet: { seedFile: ~/s }", { kind: "seed-file", file: "/home/op/s" }],
  ])("%s", (line, wanted) => {
    expect(load(`netuid: 2\n${line}\n`).wallet).toEqual(wanted);
  });
});

describe("flag before environment before file before default", () => {
  const text = "network: test\nnetuid: 2\nwallet: { path: /file, name: file, hotkey: file }\n";
  const env = { BT_NETWORK: "local", BT_WALLET: "env", BT_WALLET_HOTKEY: "env", BT_WALLET_PATH: "~/env" };
  const flags = { network: "finney", wallet: "flag", walletHotkey: "flag", walletPath: "/flag" };

  test.each([
    ["the file", {}, {}, "test /file file"],
    ["empty variables and flags say nothing", { BT_NETWORK: "", BT_WALLET: "" }, { network: "" }, "test /file file"],
    ["the environment", env, {}, "local /home/op/env env"],
    ["the flags", env, flags, "finney /flag flag"],
  ])("%s", (_name, variables, overrides, wanted) => {
    const { network, wallet } = load(text, variables as Record<string, string>, overrides);
    const [name, path, hotkey] = wanted.split(" ");
    expect([network.name, wallet]).toEqual([name, { kind: "bittensor", path, name: hotkey, hotkey }]);
  });

  test("a wallet named outside replaces a seed in the file", () => {
    const wallet = load("netuid: 2\nwallet: { seedFile: s }\n", { BT_WALLET: "mine" }).wallet;
    expect(wallet).toEqual({
      kind: "bittensor",
      path: "/home/op/.bittensor/wallets",
      name: "mine",
      hotkey: "default",
    });
  });

  test.each([
    ["finney", undefined, FINNEY],
    ["test", undefined, TEST],
    ["local", undefined, null],
    ["finney", FINNEY, FINNEY],
    ["local", OWN, OWN],
    ["wss://node.example:443", undefined, null],
    ["wss://node.example:443", FINNEY.toUpperCase().replace("0X", "0x"), FINNEY],
  ])("network %s with genesis %s has genesis %s", (network, genesis, wanted) => {
    const line = genesis === undefined ? "" : `genesis: "${genesis}"\n`;
    expect(load(`netuid: 2\nnetwork: ${network}\n${line}`).network.genesis).toBe(wanted);
  });

  test("the genesis of the file does not follow a flag to another public network", () => {
    const text = `netuid: 2\nnetwork: local\ngenesis: "${OWN}"\n`;
    expect(load(text, {}, { network: "test" }).network.genesis).toBe(TEST);
  });
});

describe("every wrong field is named with its line and what is allowed", () => {
  test.each([
    ["netuid: two", "line 1: netuid must be a whole number from 0 to 65535"],
    ["netuid: -1", "line 1: netuid must be a whole number from 0 to 65535, not -1"],
    ["netuid: 65536", "line 1: netuid must be a whole number from 0 to 65535, not 65536"],
    ["netuid: 1.5", "line 1: netuid must be a whole number from 0 to 65535, not 1.5"],
    ["netuid: .nan", "line 1: netuid must be a whole number from 0 to 65535, not NaN"],
    ["netuid: true", "line 1: netuid must be a whole number from 0 to 65535, not true"],
    ["netuid: 2\njudge: { attempts: 2 }", "model is missing; it must be the id of a model that GET /v1/models lists"],
    ["mechid: 0", "line 1: netuid is missing; it must be a whole number from 0 to 65535"],
    [
      "netuid: 2\nnetwork: finey",
      "line 2: network must be finney, test, local, or the ws:// or wss:// address of a node (did you mean finney?)",
    ],
    ["netuid: 2\nnetwork: https://node", "line 2: network must be finney, test, local, or the ws://"],
    ["netuid: 2\n\n# c\nmechId: 0", "line 4: mechId is not known (did you mean mechid?)"],
    [
      "netuid: 2\nchutes:\n  api_key_file: x",
      "line 3: chutes.api_key_file is not known (did you mean chutes.apiKeyFile?)",
    ],
    ["netuid: 2\napiKeyFile: x", "line 2: apiKeyFile is not known (did you mean chutes.apiKeyFile?)"],
    ["netuid: 2\nscoring: { netuid: 3 }", "line 2: scoring.netuid is not known (did you mean netuid?)"],
    ["netuid: 2\ntasks: { zzz: 3 }", "line 2: tasks.zzz is not known; known are verifiable, judged"],
    ["netuid: 2\n__proto__: { a: 1 }", "line 2: __proto__ is not known; known are network"],
    ["netuid: 2\n7: x", "line 2: 7 is not known"],
    [
      "netuid: 2\nchutes:\n  signing: epistula",
      "line 3: chutes.signing must be epistula-v2, legacy-004 or none (did you mean epistula-v2?)",
    ],
    ["netuid: 2\nchutes:\n  api: http://chutes.ai", "line 3: chutes.api must be an https:// address"],
    [
      "netuid: 2\nchutes:\n  llm: https://llm.chutes.ai/v1",
      "line 3: chutes.llm must be an https:// address without path, query or /v1",
    ],
    ["netuid: 2\nchutes:\n  api: https://me:pw@chutes.ai", "line 3: chutes.api must be an https:// address"],
    ["netuid: 2\nchutes: 7", "line 2: chutes must be names and values, one a line: apiKeyFile, api, llm"],
    ["netuid: 2\nwallet: default", "line 2: wallet must be names and values, one a line: path, name, hotkey"],
    [
      "netuid: 2\nwallet: { name: a, seedFile: s }",
      "line 2: wallet must be either path, name and hotkey, or mnemonicFile alone",
    ],
    ["netuid: 2\nwallet: { passwordFile: p, seedFile: s }", "line 2: wallet must be either path, name and hotkey"],
    ["netuid: 2\nwallet: { mnemonicFile: m, seedFile: s }", "line 2: wallet must be either path, name and hotkey"],
    ["netuid: 2\nwallet:\n  name: ../x", "line 3: wallet.name must be a wallet's name"],
    ["netuid: 2\ncompareWith: 5abc", "line 2: compareWith must be an address that begins with 5"],
    [
      "netuid: 2\ngenesis: 0x12",
      "line 2: genesis must be 0x and the 64 hexadecimal digits of the genesis hash, not 18",
    ],
    ["netuid: 2\nscoring:\n  decay: 0", "line 3: scoring.decay must be a number above 0 and up to 1, not 0"],
    ["netuid: 2\nscoring:\n  quorum: 1.1", "line 3: scoring.quorum must be a number from 0 to 1, not 1.1"],
    [
      "netuid: 2\nlimits:\n  answerSeconds: .inf",
      "line 3: limits.answerSeconds must be a number above 0 and up to 3600, not Infinity",
    ],
    ["netuid: 2\npack: ../x", "line 2: pack must be the name of a pack"],
    [
      `netuid: 2\nnetwork: finney\ngenesis: "${OWN}"`,
      "genesis hash in the configuration is not that of the network finney",
    ],
  ])("%j", (text, sentence) => {
    const error = errorOf(() => load(text));
    expect(error).toMatchObject({ exit: "configuration", code: "config-invalid", blame: "validator" });
    expect(error.message).toContain(sentence);
  });

  test.each(
    [
      ["", "the file is empty"],
      ["# only a comment\n", "the file is empty"],
      ["---\n", "the file is empty"],
      ["- netuid: 2", "line 1: the file must be names and values"],
      ["hello", "line 1: the file must be names and values"],
      ["netuid: 2\nnetuid: 3", "line 2: Map keys must be unique"],
      ["netuid: 2\nwallet: &w { name: a }\njudge: *w", "line 3: aliases (*name) are not allowed"],
      ["netuid: 2\n<<: { mechid: 1 }", "line 2: this is no name that is known"],
      ["netuid: !!js/function 2", "line 1: Unresolved tag"],
      ["netuid: 2\n---\nnetuid: 3", "line 2: Source contains multiple documents"],
      ["netuid: 2\n\tmechid: 0", "line 2: "],
      ["netuid: [2", "line 1: "],
      [`netuid: ${"[".repeat(100_000)}`, "line 1: "],
      [`netuid: 2\npack: ${"x".repeat(300_000)}`, "larger than 262144 bytes"],
    ].map(([text = "", sentence = ""]) => ({ text, sentence })),
  )("$sentence", ({ text, sentence }) => {
    const error = errorOf(() => load(text));
    expect(error).toMatchObject({ exit: "configuration", code: "config-invalid" });
    expect(error.message).toContain(sentence);
  });

  test("all of them at once, in the order of lines, each once", () => {
    const { message, remedy } = errorOf(() => load("mechid: x\nnetuid: 1.5\ntasks:\n  judged: 99\n  verifable: 3\n"));
    expect(message).toBe(
      "The configuration touchstone.yaml is wrong in line 1: mechid must be a whole number from 0 to 255; " +
        "line 2: netuid must be a whole number from 0 to 65535, not 1.5; " +
        "line 4: tasks.judged must be a whole number from 0 to 64, not 99; " +
        "line 5: tasks.verifable is not known (did you mean tasks.verifiable?).",
    );
    expect(remedy).toContain(file);
  });

  test("a secret in the wrong place is not quoted", () => {
    const key = `cpk_${"a".repeat(32)}.${"b".repeat(32)}.${"C".repeat(32)}`;
    const error = errorOf(() =>
      load(`netuid: ${key}\ncompareWith: ${key}\nchutes: { api: ${key}, signing: ${key} }\n`),
    );
    expect(`${error.message} ${error.remedy}`).not.toContain("cpk_");
  });

  test.each([
    [{ BT_NETWORK: "finny" }, {}, "did you mean finney?"],
    [{}, { network: "ftp://x" }, "no network of that name"],
    [{ BT_WALLET: "../x" }, {}, "name of the wallet has a /"],
    [{}, { walletHotkey: "a/b" }, "name of the hotkey has a /"],
  ])("environment %j and flags %j", (env, overrides, sentence) => {
    const error = errorOf(() => load("netuid: 2", env as Record<string, string>, overrides));
    expect([error.exit, error.message]).toEqual(["configuration", expect.stringContaining(sentence)]);
  });

  test.each([["absent.yaml"], ["."], ["touchstone.yaml/below"]])("a file %s that cannot be read", (name) => {
    const error = errorOf(() => loadConfig({ file: join(folder, name), env: {}, overrides: {} }));
    expect(error).toMatchObject({ exit: "configuration", code: "config-missing" });
  });

  test("any text at all is a configuration or refused as one", () => {
    const word = fc.constantFrom(
      "netuid",
      "wallet",
      "chutes",
      "scoring",
      "name",
      ": ",
      "\n",
      "  ",
      "- ",
      "{",
      "}",
      "[",
      "]",
      "&a",
      "*a",
      "|",
      ">",
      "'",
      '"',
      "2",
      "#",
      "!!",
      "?",
      "\t",
      "%",
      "\u0000",
      "é",
    );
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.array(word).map((words) => words.join("")),
      fc.json(),
    );
    fc.assert(
      fc.property(text, (content) => {
        try {
          load(content);
        } catch (error) {
          expect(error).toMatchObject({ name: "ValidatorError", exit: "configuration" });
        }
      }),
      { numRuns: 500 },
    );
  });
});
