import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { openJournal } from "../../src/adapters/journal/sqlite-journal.ts";
import type { EffectiveConfigShape, ErrorShape, InitShape, StatusShape } from "../../src/cli/machine-types.ts";
import { SHAPES } from "../../src/cli/shapes.ts";
import { EMPTY_STATE } from "../../src/core/model/scoring-state.ts";
import { SAMPLE_ROSTER, sampleResponse } from "../support/sample-records.ts";

const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;
const DIGEST = `0x${"cd".repeat(32)}` as const;
const AWAKE = { paused: false, since: null, reason: null };
const secret = (): `0x${string}` => `0x${"ab".repeat(32)}`;

let folder: string;
let config: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "touchstone-setup-"));
  config = join(folder, "touchstone.yaml");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Answer<T> {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly document: T;
}

function touchstone<T = ErrorShape>(...args: readonly string[]): Answer<T> {
  const env = { PATH: process.env["PATH"], HOME: folder };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", input: "", env });
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  return { code: status, stdout, stderr, document: (last.startsWith("{") ? JSON.parse(last) : undefined) as T };
}

describe("init", () => {
  const NEEDED = ["--netuid", "64", "--judge-model", "a/b"];
  const init = (...more: readonly string[]): Answer<ErrorShape & InitShape> =>
    touchstone("init", "--config", config, "--json", ...more);

  test("writes what flags say, with defaults for the rest, and config reads it", () => {
    const { code, document } = init(...NEEDED, "--yes", "--wallet", "mine", "--network", "test");
    expect(code).toBe(0);
    const shape: InitShape = { config, apiKeyFile: join(folder, "chutes-api-key"), apiKeyPresent: false };
    expect(SHAPES["init"]?.parse(document)).toEqual(shape);
    expect(statSync(config).mode & 0o777).toBe(0o644);
    const { fields } = touchstone<EffectiveConfigShape>("config", "--config", config, "--json").document;
    const given = fields.filter(({ origin }) => origin === "file").map(({ field, value }) => [field, value]);
    expect(Object.fromEntries(given)).toEqual({
      network: "test",
      netuid: 64,
      "wallet.path": join(folder, ".bittensor/wallets"),
      "wallet.name": "mine",
      "wallet.hotkey": "default",
      "chutes.apiKeyFile": join(folder, "chutes-api-key"),
      "judge.model": "a/b",
    });
  });

  test("without a terminal names every flag that is missing", () => {
    const { code, document, stderr } = init("--network", "test");
    expect(code).toBe(64);
    expect(document.error).toEqual({
      code: "answer-missing",
      message:
        "There is no terminal to ask on, and --netuid, --wallet-path, --wallet, --wallet-hotkey, --api-key-file, --judge-model are not given.",
      blame: "validator",
      remedy: "Give --netuid and --judge-model. --yes takes the default of every other flag.",
    });
    expect(stderr).toContain("--netuid");
    expect(init("--yes", "--netuid", "1").document.error.message).toContain("--judge-model is not given");
    expect(existsSync(config)).toBe(false);
  });

  test.each([
    ["--netuid", "65536", "--netuid must be a whole number from 0 to 65535."],
    ["--network", "fineny", "--network must be finney, test, local, or the ws:// or wss:// address of a node."],
    ["--wallet", "../x", "--wallet must be a wallet's name."],
    [
      "--api-key-file",
      `cpk_${"ab".repeat(16)}`,
      "--api-key-file must be no secret, but the name or path of where it lies.",
    ],
    [
      "--network",
      "ws://${NOBODY}",
      "The configuration touchstone.yaml is wrong in line 6: the environment variable NOBODY is not set.",
    ],
  ])("%s %s is refused and nothing is written", (flag, value, message) => {
    const { code, document } = init("--yes", ...NEEDED, flag, value);
    expect([code, document.error.message]).toEqual([64, message]);
    expect(existsSync(config)).toBe(false);
  });

  test("replaces nothing unless it is told to", () => {
    writeFileSync(config, "mine");
    const kept = init("--yes", ...NEEDED);
    expect([kept.code, kept.document.error.code, readFileSync(config, "utf8")]).toEqual([64, "config-exists", "mine"]);
    expect(init("--yes", "--force", ...NEEDED).code).toBe(0);
    expect(readFileSync(config, "utf8")).toContain("netuid: 64");
  });

  test("in a folder that is not there is a sentence", () => {
    const { code, document } = touchstone(
      "init",
      "--yes",
      ...NEEDED,
      "--config",
      join(folder, "no", "t.yaml"),
      "--json",
    );
    expect([code, document.error.code]).toEqual([64, "config-unwritable"]);
  });
});

describe("config", () => {
  test("answers a document of its schema, and sentences for people", () => {
    writeFileSync(config, "netuid: 2\njudge: { model: a/b }\n");
    const { document } = touchstone("config", "--config", config, "--json");
    expect(() => SHAPES["effective-config"]?.parse(document)).not.toThrow();
    const { stdout } = touchstone("config", "--config", config, "-n", "test");
    expect(stdout).toMatch(/^network +test {2}\(--network\)$/m);
    expect(stdout).toMatch(/^netuid +2 {2}\(line 1\)$/m);
    expect(stdout).toMatch(/^mechid +0 {2}\(default\)$/m);
    expect(stdout).toMatch(/^chutes API key +none that can be used {2}\(CHUTES_API_KEY\)$/m);
  });

  test("of a wrong file is the error of every command", () => {
    writeFileSync(config, "netiud: 2\n");
    const { code, document } = touchstone("config", "--config", config, "--json");
    expect([code, document.error.code]).toEqual([64, "config-invalid"]);
    expect(document.error.message).toContain("netiud is not known (did you mean netuid?)");
  });

  test("the schema of the file takes what the file may say and refuses what it may not", () => {
    const { document } = touchstone<Parameters<typeof z.fromJSONSchema>[0]>("schema", "config", "--json");
    const schema = z.fromJSONSchema(document);
    const least = { netuid: 2, judge: { model: "a/b" } };
    for (const good of [least, { ...least, retention: { bundles: { days: 30 }, records: 3 }, wallet: { name: "v" } }]) {
      expect(schema.safeParse(good).success).toBe(true);
    }
    for (const bad of [{}, { ...least, netuid: 70_000 }, { ...least, more: 1 }, { ...least, tasks: { judged: -1 } }]) {
      expect(schema.safeParse(bad).success).toBe(false);
    }
  });
});

describe("status", () => {
  test("of a folder without a journal says so and makes nothing", () => {
    writeFileSync(config, "netuid: 2\njudge: { model: a/b }\n");
    const { code, document } = touchstone<StatusShape>("status", "--config", config, "--json");
    expect([code, document]).toEqual([
      0,
      { data: join(folder, "data"), running: false, pause: AWAKE, moved: null, mechanisms: [], size: null },
    ]);
    expect(existsSync(join(folder, "data"))).toBe(false);
  });

  test("beside a running process shows the last and the open cycle", async () => {
    writeFileSync(config, "netuid: 2\njudge: { model: a/b }\n");
    const data = join(folder, "data");
    const journal = await openJournal({ folder: data, mode: "run" });
    try {
      const first = await journal.open({ netuid: 2, mechid: 0, epoch: 6 }, secret);
      await first.append({
        kind: "submission",
        parents: [],
        submission: "direct",
        state: "reflected",
        reason: null,
        extrinsic: DIGEST,
        block: { hash: DIGEST, number: 99 },
        call: "SubtensorModule.set_weights",
        resolved: null,
        commit: null,
        fault: null,
      });
      const bundle = await first.seal(["a"], DIGEST, EMPTY_STATE);
      const open = await journal.open({ netuid: 2, mechid: 0, epoch: 7 }, secret);
      await open.append(SAMPLE_ROSTER);
      await open.announce("response/1/t00");
      await open.append(sampleResponse(1, "t00", "a"));
      const { code, document } = touchstone<StatusShape>("status", "--config", config, "--json");
      expect(code).toBe(0);
      expect(SHAPES["status"]?.parse(document)).toEqual({
        data,
        running: true,
        pause: AWAKE,
        moved: null,
        mechanisms: [
          {
            netuid: 2,
            mechid: 0,
            sealedCycles: 1,
            standing: { lastUpdate: null, temposBehind: null, settlement: null },
            last: {
              epoch: 6,
              seal: DIGEST,
              sealedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
              bundle,
              bundlePresent: true,
              submission: { kind: "direct", state: "reflected", block: 99, extrinsic: DIGEST },
            },
            open: [
              { epoch: 7, stage: "challenge", announced: 1, responses: 1, judgements: 0, claimed: false, steps: [] },
            ],
          },
        ],
        size: expect.objectContaining({ bundles: 1 }),
      });
      rmSync(bundle);
      const { stdout } = touchstone("status", "--config", config);
      expect(stdout).toContain("a process is working with it");
      expect(stdout).toContain("weights direct, reflected in block 99");
      expect(stdout).toContain("(not there any more)");
      expect(stdout).toContain("open: epoch 7, next challenge; 1 responses, 0 judgements, 1 calls announced");
      expect(touchstone("status", "--config", config, "--dry-run").stdout).toContain("no cycle yet");
    } finally {
      await journal.close();
    }
    expect(touchstone<StatusShape>("status", "--config", config, "--json").document.running).toBe(false);
  });

  test("of a damaged journal is exit 69 with a sentence", async () => {
    writeFileSync(config, "netuid: 2\njudge: { model: a/b }\n");
    await (await openJournal({ folder: join(folder, "data"), mode: "run" })).close();
    writeFileSync(join(folder, "data", "journal.sqlite"), "hello ".repeat(500));
    const { code, document } = touchstone("status", "--config", config, "--json");
    expect([code, document.error.code]).toEqual([69, "journal-damaged"]);
  });
});
