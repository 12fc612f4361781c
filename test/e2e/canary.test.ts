import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EffectiveConfigShape, OnceShape } from "../../src/cli/machine-types.ts";
import {
  answer,
  cleanEnv,
  type Finished,
  type LocalnetProcess,
  MAIN,
  quickNet,
  start,
  touchstone,
} from "./processes.ts";

/**
 * Promise 7 and proof 5 of the issue: the localnet's own API key and hotkey are canaries, given in every place where a secret can
 * be given. Every stream, file, document and command line that comes of it is searched for any part of them.
 */
interface Canary {
  readonly name: string;
  readonly bytes: Buffer;
}

function canaries(net: LocalnetProcess): readonly Canary[] {
  const keyfile = JSON.parse(readFileSync(hotkeyFile(net), "utf8")) as Record<string, string>;
  const { secretPhrase = "", secretSeed = "", privateKey = "" } = keyfile;
  const seed = secretSeed.replace(/^0x/, "");
  const secretKey = privateKey.replace(/^0x/, "");
  expect([secretPhrase.split(" ").length, seed.length, secretKey.length]).toEqual([12, 64, 128]);
  const parts = net.ready.apiKey.replace("cpk_", "").split(".");
  const found = {
    ...Object.fromEntries(parts.map((part, index) => [`part ${index + 1} of the API key`, part])),
    "four words of the mnemonic": secretPhrase.split(" ").slice(3, 7).join(" "),
    "half of the seed": seed.slice(0, 32),
    "half of the private key": secretKey.slice(0, 64),
    "its other half": secretKey.slice(64),
  };
  return [
    ...Object.entries(found).map(([name, text]) => ({ name, bytes: Buffer.from(text) })),
    { name: "the seed's bytes", bytes: Buffer.from(seed, "hex") },
    { name: "the private key's bytes", bytes: Buffer.from(secretKey, "hex").subarray(0, 32) },
    { name: "the seed in base64", bytes: Buffer.from(Buffer.from(seed, "hex").toString("base64").slice(0, 40)) },
    {
      name: "the API key in base64",
      bytes: Buffer.from(Buffer.from(net.ready.apiKey).toString("base64").slice(6, 80)),
    },
  ];
}

const hotkeyFile = (net: LocalnetProcess): string => join(net.ready.wallet, "validator", "hotkeys", "default");

function leaks(where: string, content: Buffer | string, found: readonly Canary[]): readonly string[] {
  const bytes = Buffer.from(content as string);
  return found.filter((canary) => bytes.includes(canary.bytes)).map(({ name }) => `${name} in ${where}`);
}

function said(what: string, { stdout, stderr }: Finished, found: readonly Canary[]): readonly string[] {
  return [...leaks(`stdout of ${what}`, stdout, found), ...leaks(`stderr of ${what}`, stderr, found)];
}

/** Every file below a folder; of a bundle, what is in it too. */
function files(folder: string, found: readonly Canary[]): { readonly names: string[]; readonly leaks: string[] } {
  const names: string[] = [];
  const leaked: string[] = [];
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const path = join(folder, name);
    if (!statSync(path).isFile()) continue;
    const content = readFileSync(path);
    names.push(name);
    leaked.push(...leaks(name, content, found));
    if (name.endsWith(".zst")) leaked.push(...leaks(`inside ${name}`, zstdDecompressSync(content), found));
  }
  return { names, leaks: leaked };
}

let net: LocalnetProcess;
let found: readonly Canary[];
beforeAll(async () => {
  net = await quickNet();
  found = canaries(net);
}, 60_000);
afterAll(() => net[Symbol.asyncDispose]());

describe("a canary secret appears nowhere but where it was read", () => {
  test("the search finds each of them where they are", () => {
    const key = readFileSync(join(net.dir, "chutes-api-key"));
    const wallet = readFileSync(hotkeyFile(net));
    const places = found.filter(({ bytes }) => key.includes(bytes) || wallet.includes(bytes));
    expect(places.length).toBe(found.length - 4);
    expect(leaks("x", Buffer.concat(found.map(({ bytes }) => bytes)), found)).toHaveLength(found.length);
  });

  /** Where the API key comes from, with the configuration and environment for it. */
  const sources = (): readonly (readonly [string, string, Record<string, string>])[] => [
    ["file", net.variant("file"), {}],
    [
      "environment",
      net.variant("environment", chutes({ apiKeyFile: undefined })),
      { CHUTES_API_KEY: net.ready.apiKey },
    ],
    [
      "a variable in the configuration",
      net.variant("variable", chutes({ apiKeyFile: "${KEY_PLACE}" })),
      { KEY_PLACE: join(net.dir, "chutes-api-key") },
    ],
  ];

  function chutes(changes: Record<string, unknown>): Record<string, unknown> {
    const own = readFileSync(net.ready.config, "utf8");
    const address = /api: (\S+)/.exec(own)?.[1];
    const all = {
      apiKeyFile: join(net.dir, "chutes-api-key"),
      api: address,
      llm: address,
      invoke: address,
      requestsPerMinute: 6000,
      concurrency: 16,
      ...changes,
    };
    return { chutes: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) };
  }

  test.each(["file", "environment", "a variable in the configuration"])(
    "with the API key from %s, through a whole cycle in the most talkative form",
    async (name) => {
      const [, config, env] = sources().find(([source]) => source === name) ?? ["", "", {}];
      // Weights may be set once in a while only, so the other ways of giving the key are shown without setting any.
      const command = name === "file" ? "once" : "dry-run";
      const running = start([command, "-v", "--json", "--config", config], { HOME: net.dir, ...env });
      const commandLine = readFileSync(`/proc/${running.child.pid}/cmdline`);
      const finished = await running.finished;
      const { bundle } = answer<OnceShape>(finished);
      const replayed = await touchstone(["replay", bundle, "--json"]);
      const shown = await touchstone(["config", "--config", config], { HOME: net.dir, ...env });
      const status = await touchstone(
        ["status", "--json", "--config", config, ...(name === "file" ? [] : ["--dry-run"])],
        { HOME: net.dir, ...env },
      );
      expect([finished, replayed, shown, status].map(({ code }) => code)).toEqual([0, 0, 0, 0]);
      const data = files(join(bundle, "../.."), found);
      expect(data.names.toSorted()).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^(journal|dry-run)\.sqlite$/),
          expect.stringMatching(/^(dry-run-)?bundles\/.*\.zst$/),
        ]),
      );
      expect([
        ...leaks("the command line", commandLine, found),
        ...said(command, finished, found),
        ...said("replay", replayed, found),
        ...said("config", shown, found),
        ...said("status", status, found),
        ...data.leaks,
      ]).toEqual([]);
      expect(commandLine.includes(command)).toBe(true);
    },
    60_000,
  );

  test("in a validator at work: what it says, journal, write-ahead log and command line", async () => {
    await net.faults([{ target: "chutes", match: "/v1/chat/completions", kind: "delay", value: 60_000 }]);
    // The hotkey has set weights from another folder before.
    const risk = "--accept-doppelganger-risk";
    const running = start(["run", "-v", "--json", risk, "--config", net.variant("open")], { HOME: net.dir });
    const data = join(net.dir, "data-open");
    await expect.poll(() => existsSync(join(data, "journal.sqlite-wal")), { timeout: 20_000 }).toBe(true);
    await expect
      .poll(async () => (await touchstone(["status", "--config", join(net.dir, "open.yaml")])).stdout, {
        timeout: 20_000,
      })
      .toContain("ask-and-judge");
    const open = files(data, found);
    const commandLine = readFileSync(`/proc/${running.child.pid}/cmdline`);
    running.child.kill("SIGKILL");
    const finished = await running.finished;
    await net.faults([]);
    expect(open.names).toContain("journal.sqlite-wal");
    expect(finished.stderr).toContain('"ready"');
    expect([...open.leaks, ...leaks("the command line", commandLine, found), ...said("run", finished, found)]).toEqual(
      [],
    );
  }, 60_000);

  /** Mistakes with a secret in the wrong place, and errors on the way to a right one. */
  const mistakes = (): readonly (readonly [string, number, string, Record<string, string>])[] => {
    const { apiKey } = net.ready;
    const keyfile = JSON.parse(readFileSync(hotkeyFile(net), "utf8")) as { secretPhrase: string; secretSeed: string };
    const own = readFileSync(net.ready.config, "utf8");
    const typo = net.write("typo-key", `${apiKey}!`);
    const open = net.write("open-key", apiKey, 0o644);
    chmodSync(open, 0o644);
    const wrongKey = net.write("wrong-seed", `${keyfile.secretSeed}00`);
    const wrongPhrase = net.write("wrong-phrase", `${keyfile.secretPhrase} ${keyfile.secretPhrase.slice(0, 5)}`);
    const text = (name: string, line: string): string => net.write(`${name}.yaml`, `${own}${line}\n`);
    return [
      ["the key instead of its file", 64, net.variant("m1", chutes({ apiKeyFile: apiKey })), {}],
      ["the key as a name", 64, text("m2", `${apiKey}: 1`), {}],
      ["the key as a field", 64, net.variant("m3", { apiKey }), {}],
      ["the key in an unfinished quote", 64, text("m4", `x: "${apiKey}`), {}],
      ["the key as the judge", 64, net.variant("m5", { judge: { model: apiKey } }), {}],
      [
        "the mnemonic instead of its file",
        64,
        net.variant("m6", { wallet: { mnemonicFile: keyfile.secretPhrase } }),
        {},
      ],
      ["the seed instead of its file", 64, net.variant("m7", { wallet: { seedFile: keyfile.secretSeed } }), {}],
      ["the seed as the pack", 64, net.variant("m8", { pack: keyfile.secretSeed.slice(2) }), {}],
      ["the seed as the wallet in the environment", 64, net.ready.config, { BT_WALLET: keyfile.secretSeed }],
      ["the key as the network in the environment", 64, net.ready.config, { BT_NETWORK: apiKey }],
      ["the key through a variable", 64, net.variant("m9", { data: "${V}" }), { V: apiKey }],
      ["the mnemonic through a variable", 64, net.variant("m10", { data: "${V}" }), { V: keyfile.secretPhrase }],
      ["a key with a typing error", 65, net.variant("m11", chutes({ apiKeyFile: typo })), {}],
      [
        "a key with a typing error in the environment",
        65,
        net.variant("m12", chutes({ apiKeyFile: undefined })),
        { CHUTES_API_KEY: `${apiKey}!` },
      ],
      ["a key file that others may read", 65, net.variant("m13", chutes({ apiKeyFile: open })), {}],
      ["a seed that is too long", 65, net.variant("m14", { wallet: { seedFile: wrongKey } }), {}],
      ["a mnemonic with a word too many", 65, net.variant("m15", { wallet: { mnemonicFile: wrongPhrase } }), {}],
      [
        "the key in the address of a node",
        70,
        net.variant("m16", { network: `ws://127.0.0.1:9/${"${V}"}`, genesis: undefined }),
        { V: apiKey.slice(4) },
      ],
      [
        "the key as the password of a node",
        70,
        net.variant("m17", { network: `ws://me:${"${V}"}@127.0.0.1:9`, genesis: undefined }),
        { V: apiKey.slice(4) },
      ],
    ];
  };

  test("in errors: every wrong place, with its exit code", async () => {
    const results: string[] = [];
    const wrong: string[] = [];
    const tries = mistakes().map(async ([what, code, config, env]) => {
      const finished = await touchstone(["once", "-v", "--json", "--config", config], { HOME: net.dir, ...env });
      results.push(...said(what, finished, found));
      if (finished.code !== code) wrong.push(`${what}: exit ${finished.code}, ${finished.stderr}`);
      if (!finished.stdout.includes('"error"')) wrong.push(`${what}: no error document`);
    });
    await Promise.all(tries);
    expect(wrong).toEqual([]);
    expect(results).toEqual([]);
  }, 120_000);

  test("in errors of the platform and the chain", async () => {
    const results: string[] = [];
    const kinds = [
      { target: "chutes", match: "/", kind: "status", value: 401 },
      { target: "chutes", match: "/", kind: "status", value: 500 },
      { target: "chutes", match: "/", kind: "truncate" },
      { target: "node", match: "state_call", kind: "error" },
    ];
    for (const [index, rule] of kinds.entries()) {
      await net.faults([rule]);
      const config = net.variant(`p${index}`, { limits: { attempts: 1, requests: 40 } });
      const finished = await touchstone(["dry-run", "-v", "--json", "--config", config], { HOME: net.dir });
      results.push(...said(`${rule.kind} ${rule.target}`, finished, found));
      const data = join(net.dir, `data-p${index}`);
      if (existsSync(data)) results.push(...files(data, found).leaks);
    }
    await net.faults([]);
    expect(results).toEqual([]);
  }, 120_000);

  test("config hides it, also where a variable put it into the address of a node", async () => {
    const config = net.variant("address", { network: `ws://127.0.0.1:9/${"${V}"}`, genesis: undefined });
    const shown = await touchstone(["config", "--json", "--config", config], { V: net.ready.apiKey.slice(4) });
    const { fields, apiKey } = answer<EffectiveConfigShape>(shown);
    expect(fields.find(({ field }) => field === "network")?.value).toBe(`ws://127.0.0.1:9/${"${V}"}`);
    expect(apiKey.present).toBe(true);
    expect(said("config", shown, found)).toEqual([]);
  });

  const hasScript = spawnSync("script", ["--version"]).status === 0;
  test.skipIf(!hasScript)(
    "given at a prompt (skipped without script(1)): it is in its 0600 file and not on the terminal",
    async () => {
      const config = join(net.dir, "prompted.yaml");
      const command = `"${process.execPath}" "${MAIN}" init --config "${config}"`;
      const child = spawn("script", ["-qfec", command, "/dev/null"], {
        stdio: ["pipe", "pipe", "inherit"],
        env: cleanEnv(),
      });
      let shown = "";
      let commandLines = "";
      const answers: readonly (readonly [RegExp, string])[] = [
        [/Network.*: $/, net.ready.node],
        [/Subnet.*: $/, String(net.ready.netuid)],
        [/Folder.*: $/, net.ready.wallet],
        [/Wallet name.*: $/, "validator"],
        [/Hotkey.*: $/, ""],
        [/File for.*: $/, "./prompted-key"],
        [/Reference model.*: $/, "a/b"],
        [/API key for.*: $/, "no key"],
        [/no API key[\s\S]*API key for.*: $/, net.ready.apiKey],
      ];
      let next = 0;
      let since = 0;
      child.stdout.on("data", (chunk: Buffer) => {
        shown += chunk.toString();
        const [pattern, reply] = answers[next] ?? [];
        if (pattern?.test(shown.slice(since)) !== true) return;
        next += 1;
        // The last prompt is recognised together with the refusal before it.
        if (next !== answers.length - 1) since = shown.length;
        commandLines += allCommandLines();
        child.stdin.write(`${reply}\r`);
      });
      const code = await new Promise((done) => child.once("close", done));
      expect([code, next]).toEqual([0, answers.length]);
      expect(shown).toContain(net.ready.node);
      const keyFile = join(net.dir, "prompted-key");
      expect([readFileSync(keyFile, "utf8"), statSync(keyFile).mode & 0o777]).toEqual([`${net.ready.apiKey}\n`, 0o600]);
      expect([
        ...leaks("the terminal", shown, found),
        ...leaks("a command line", commandLines, found),
        ...leaks("the configuration", readFileSync(config), found),
      ]).toEqual([]);
      const effective = answer<EffectiveConfigShape>(await touchstone(["config", "--json", "--config", config]));
      expect(effective.apiKey).toEqual({ present: true, origin: "file", name: keyFile });
      rmSync(keyFile);
    },
    60_000,
  );
});

function allCommandLines(): string {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        // It has ended since.
        return "";
      }
    })
    .join("\n");
}
