import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ApiPromise as ApiPromiseType } from "@polkadot/api";
import type { ApiOptions } from "@polkadot/api/types";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { ValidatorError } from "../../src/core/model/fault.ts";
import { LOCALNET_DEFAULTS, type Localnet, startLocalnet } from "../../src/localnet/localnet.ts";
import { call } from "./chutes/chutes-client.ts";

let dir = "";
let net: Localnet;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "touchstone-localnet-"));
  net = await startLocalnet({ ...LOCALNET_DEFAULTS, dir, virtual: true });
});
afterAll(async () => {
  await net[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

const control = async (
  path: string,
  options: { method?: string; body?: unknown; host?: string; origin?: string } = {},
) => {
  const { method = "GET", body, host, origin } = options;
  const heard = await call(net.ready.control, {
    path,
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(host === undefined ? {} : { host }),
    ...(origin === undefined ? {} : { headers: { origin } }),
  });
  return { status: heard.status, value: JSON.parse(heard.text) };
};

describe("what is written", () => {
  test("the ready line names everything, and the files are there", async () => {
    const { ready } = net;
    expect(Object.keys(ready).toSorted()).toEqual(
      [
        "ready",
        "node",
        "chutes",
        "control",
        "netuid",
        "genesis",
        "config",
        "hotkey",
        "wallet",
        "apiKey",
        "seconds",
      ].toSorted(),
    );
    expect(ready.node).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/);
    expect(ready.genesis).toMatch(/^0x[0-9a-f]{64}$/);
    const hotkey = JSON.parse(await readFile(join(ready.wallet, "validator", "hotkeys", "default"), "utf8"));
    expect(hotkey.ss58Address).toBe(ready.hotkey);
  });

  test("the configuration is complete and its secrets stand in files for the owner alone", async () => {
    const { ready } = net;
    const config = parse(await readFile(ready.config, "utf8"));
    expect(config).toEqual({
      network: ready.node,
      genesis: ready.genesis,
      netuid: ready.netuid,
      mechid: 0,
      wallet: { path: ready.wallet, name: "validator", hotkey: "default" },
      chutes: {
        apiKeyFile: join(dir, "chutes-api-key"),
        api: ready.chutes,
        llm: ready.chutes,
        invoke: ready.chutes,
        domain: "chutes.ai",
        requestsPerMinute: 6000,
        concurrency: 16,
      },
      judge: { model: expect.any(String), chuteId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      scoring: { minEligible: 3 },
      data: join(dir, "data"),
    });
    expect((await readFile(config.chutes.apiKeyFile, "utf8")).trim()).toBe(ready.apiKey);
    expect((await stat(config.chutes.apiKeyFile)).mode & 0o777).toBe(0o600);
    const models = await call(ready.chutes, { path: "/v1/models" });
    const ids = JSON.parse(models.text).data.map((model: { id: string; chute_id: string }) => [
      model.id,
      model.chute_id,
    ]);
    expect(ids).toContainEqual([config.judge.model, config.judge.chuteId]);
  });
});

describe("chain and platform tell one story", () => {
  const { ApiPromise, WsProvider } = createRequire(import.meta.url)("@polkadot/api") as typeof import("@polkadot/api");
  let api: ApiPromiseType;
  beforeAll(async () => {
    const provider = new WsProvider(net.ready.node);
    api = await ApiPromise.create({ provider, noInitWarn: true } as ApiOptions);
  });
  afterAll(async () => {
    await api.disconnect();
  });

  test("every miner of the truth is registered at its uid", async () => {
    const { value } = await control("/truth");
    expect(value).toHaveLength(16);
    for (const miner of value) {
      const key = await api.query["subtensorModule"]!["keys"]!(net.ready.netuid, miner.uid);
      expect(key.toString()).toBe(miner.hotkey);
    }
    const own = await api.query["subtensorModule"]!["keys"]!(net.ready.netuid, 0);
    expect(own.toString()).toBe(net.ready.hotkey);
  });

  test("each commitment holds what its miner claims", async () => {
    for (const { hotkey, commitment } of net.population.miners) {
      if (commitment.form === "plain") {
        const row = await api.query["commitments"]!["commitmentOf"]!(net.ready.netuid, hotkey);
        expect(JSON.stringify(row.toJSON())).toContain(Buffer.from(commitment.text, "utf8").toString("hex"));
      } else {
        const rows = await api.query["commitments"]!["revealedCommitments"]!(net.ready.netuid, hotkey);
        expect(JSON.stringify(rows.toJSON())).toContain(Buffer.from(commitment.text, "utf8").toString("hex"));
      }
    }
  });
});

describe("the control address", () => {
  test("truth has the fields that programs read", async () => {
    const { value } = await control("/truth");
    for (const miner of value) {
      expect(Object.keys(miner).toSorted()).toEqual(["chuteId", "hotkey", "kind", "quality", "slug", "uid"]);
    }
  });

  test("advance makes blocks, and the ledger names the height", async () => {
    const before = (await control("/ledger")).value;
    const { status, value } = await control("/advance", { method: "POST", body: { blocks: 7 } });
    expect([status, value]).toEqual([200, { block: before.block + 7 }]);
    const after = (await control("/ledger")).value;
    expect(after.block).toBe(before.block + 7);
    expect(Object.keys(after).toSorted()).toEqual(["block", "chutes", "extrinsics", "hashes", "rpc", "spendMicroUsd"]);
  });

  test("an owner's action names the block in which it shows; what the chain refuses is a sentence", async () => {
    const { status, value } = await control("/owner", { method: "POST", body: { set: "version-key", value: 0 } });
    expect([status, value]).toEqual([200, { block: net.node.height() + 1 }]);
    for (const body of [{ set: "mechanisms", value: 9 }, { prune: 3 }, { dance: true }, null]) {
      const refused = await control("/owner", { method: "POST", body });
      expect(refused.status).toBe(400);
      expect(refused.value.error).toMatch(/^(?:the chain refuses this|the owner's action).*\.$/);
    }
  });

  test.each([
    [{ specVersion: "476" }, "specVersion is no number"],
    [{ metadata: "0x00" }, "the metadata cannot be used"],
    [{ metadata: "nowhere/at-all" }, "cannot be read"],
    [{ order: "never" }, "give version-first or head-first"],
    [{ spec: 1 }, 'unknown field "spec"'],
    [[], "no object"],
  ])("an upgrade to %j is refused in words", async (body, text) => {
    const { status, value } = await control("/upgrade", { method: "POST", body });
    expect(status).toBe(400);
    expect(value.error).toContain(text);
  });

  test("an upgrade to another spec version names block and version", async () => {
    const { status, value } = await control("/upgrade", { method: "POST", body: { specVersion: 476 } });
    expect([status, value]).toEqual([200, { block: net.node.height() + 1, specVersion: 476 }]);
    await control("/advance", { method: "POST", body: { blocks: 1 } });
    expect((await control("/upgrade", { method: "POST", body: { specVersion: 476 } })).status).toBe(400);
    expect((await control("/upgrade", { method: "POST", body: { specVersion: 475 } })).status).toBe(200);
    await control("/advance", { method: "POST", body: { blocks: 1 } });
  });

  test.each([{ blocks: 0 }, { blocks: 1.5 }, { blocks: "7" }, {}, [], null])("advance refuses %j", async (body) => {
    expect((await control("/advance", { method: "POST", body })).status).toBe(400);
  });

  test("faults reach both servers and an empty list clears them", async () => {
    const rules = [
      { target: "chutes", match: "GET /v1/models", kind: "status", value: 429 },
      { target: "node", match: "system_chain", kind: "error" },
    ];
    const models = async () => (await call(net.ready.chutes, { path: "/v1/models" })).status;
    expect((await control("/faults", { method: "POST", body: rules })).status).toBe(200);
    expect(await models()).toBe(429);
    expect((await control("/faults", { method: "POST", body: [] })).status).toBe(200);
    expect(await models()).toBe(200);
  });

  test.each([
    [{}],
    [[7]],
    [[{ target: "chutes", match: "*", kind: "explode" }]],
    [[{ target: "node", match: "*", kind: "explode" }]],
    [[{ target: "elsewhere", match: "*", kind: "drop" }]],
    [[{ target: "chutes", match: "*", kind: "drop", extra: 1 }]],
    [
      [
        { target: "node", match: "*", kind: "drop" },
        { target: "chutes", match: "*", kind: "lag" },
      ],
    ],
  ])("faults %j are refused with a sentence, and nothing changes", async (body) => {
    const { status, value } = await control("/faults", { method: "POST", body });
    expect(status).toBe(400);
    expect(value.error).toMatch(/^\S.*\s.*\.$/);
    expect((await call(net.ready.chutes, { path: "/ping" })).status).toBe(200);
  });

  test("pages of the web and other hosts are refused, unknown paths are not found", async () => {
    expect((await control("/truth", { origin: "http://example.org" })).status).toBe(403);
    expect((await control("/truth", { host: "example.org" })).status).toBe(403);
    expect((await control("/secrets")).status).toBe(404);
    expect((await control("/advance")).status).toBe(404);
  });
});

describe("start", () => {
  test("the same seed makes the same genesis, keys and miners", async () => {
    await using again = await startLocalnet({ ...LOCALNET_DEFAULTS, dir: join(dir, "again"), virtual: true });
    await using other = await startLocalnet({ ...LOCALNET_DEFAULTS, seed: 2, dir: join(dir, "other"), virtual: true });
    const same = ({ ready }: Localnet) => [ready.genesis, ready.hotkey, ready.apiKey];
    expect(same(again)).toEqual(same(net));
    expect(same(other).filter((value) => same(net).includes(value))).toEqual([]);
  });

  test("faults from a file are in force from the start", async () => {
    const faults = join(dir, "faults.json");
    await writeFile(faults, JSON.stringify([{ target: "chutes", match: "GET /ping", kind: "status", value: 502 }]));
    await using troubled = await startLocalnet({
      ...LOCALNET_DEFAULTS,
      miners: 4,
      dir: join(dir, "f"),
      faults,
      virtual: true,
    });
    expect((await call(troubled.ready.chutes, { path: "/ping" })).status).toBe(502);
  });

  test.each([
    ["no miners", { miners: 0 }],
    ["half a block time", { blockMs: 0.5 }],
    ["a missing faults file", { faults: "/nowhere/faults.json" }],
    ["a missing metadata file", { metadata: "/nowhere/metadata.scale" }],
  ])("%s is a configuration error", async (_name, change) => {
    const start = startLocalnet({ ...LOCALNET_DEFAULTS, ...change, dir: join(dir, "bad"), virtual: true });
    await expect(start).rejects.toMatchObject({ name: "ValidatorError", exit: "configuration" });
    await expect(start).rejects.toBeInstanceOf(ValidatorError);
  });
});
