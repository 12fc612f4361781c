import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { Archive } from "../../../src/adapters/chain/archive.ts";
import { orFault, RpcError } from "../../../src/adapters/chain/chain-fault.ts";
import { type ChainConnection, type ConnectOptions, connectChain } from "../../../src/adapters/chain/connection.ts";
import { Endpoints } from "../../../src/adapters/chain/endpoints.ts";
import { readSubnet } from "../../../src/adapters/chain/subnet-state.ts";
import { viewAt } from "../../../src/adapters/chain/view.ts";
import { isFault, ValidatorError } from "../../../src/core/model/fault.ts";
import type { Hex } from "../../../src/core/model/ids.ts";
import { SILENT, type Telemetry } from "../../../src/ports/telemetry.ts";
import { discarding, type GoBetween, goBetween, instead, type Reply, rpcError } from "./go-between.ts";
import { relayTo } from "./relay.ts";
import { CUT, RawFrame, SILENCE } from "./scripted-node.ts";
import { NETUID, SIGNAL, type World, world } from "./world.ts";

/** A node that keeps little, and an archive of the same chain behind a gateway of its own. */
interface Stage {
  readonly here: World;
  readonly lite: GoBetween;
  readonly archive: GoBetween;
  /** A block whose state only the archive has. */
  readonly old: Hex;
  readonly heard: { readonly name: string; readonly facts: Readonly<Record<string, unknown>> }[];
  readonly connect: (options?: Partial<ConnectOptions>) => Promise<ChainConnection>;
}

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

function kept<T extends AsyncDisposable>(one: T): T {
  open.push(one);
  return one;
}

async function stage(options: { readonly upgrade?: boolean } = {}): Promise<Stage> {
  const here = kept(await world());
  if (options.upgrade === true) {
    await here.node.advance(5);
    here.node.upgrade({ specVersion: 9_000 });
  }
  await here.node.advance(10);
  const direct = await here.connect();
  const hashes = await Promise.all([1, 2, 3, 4].map((n) => direct.request("chain_getBlockHash", [n], SIGNAL)));
  const lite = kept(await goBetween(here.node.url, discarding(new Set(hashes))));
  const archive = kept(await goBetween(here.node.url));
  const heard: Stage["heard"][number][] = [];
  const telemetry: Telemetry = {
    event: (_level, name, facts) => heard.push({ name, facts }),
    progress: () => undefined,
  };
  const connect: Stage["connect"] = async (more) => {
    const connection = await connectChain({
      endpoints: [lite.url],
      archiveEndpoints: [archive.url],
      expectedGenesis: here.node.genesis,
      signal: SIGNAL,
      telemetry,
      requestMs: 2_000,
      requestsPerMinute: 1_000_000,
      ...more,
    });
    if (isFault(connection)) throw new Error(connection.message);
    return kept(connection);
  };
  return { here, lite, archive, old: hashes[2] as Hex, heard, connect };
}

/** What a reader of that block sees, or the fault. */
function read(connection: ChainConnection, hash: Hex): Promise<unknown> {
  return orFault(async () => {
    const view = await viewAt(connection, hash, SIGNAL);
    const subnet = await readSubnet(view, NETUID, 0);
    return { block: view.number, spec: view.specVersion, neurons: subnet.neurons.length };
  }, SIGNAL);
}

describe("state that the node has discarded", () => {
  test("is read from an archive, which is asked for nothing else", async () => {
    const { here, lite, archive, old, connect } = await stage();
    const connection = await connect();
    await connection.heads.ask(SIGNAL);
    expect(archive.links).toBe(0);
    expect(await read(connection, old)).toEqual({ block: 3, spec: connection.identity.specVersion, neurons: 5 });
    await here.node.advance(5);
    await connection.heads.ask(SIGNAL);
    const [first, ...rest] = archive.asked;
    expect(first).toEqual({ method: "chain_getBlockHash", params: [0] });
    expect(new Set(rest.map(({ method }) => method))).toEqual(
      new Set(["state_getRuntimeVersion", "state_call", "state_queryStorageAt"]),
    );
    for (const { params } of rest) expect(params).toContain(old);
    expect([lite.links, archive.links]).toEqual([1, 1]);
    expect(connection.socket.isConnected).toBe(true);
  });

  test("is a fault that names the way out where there is no archive", async () => {
    const { old, connect } = await stage();
    const connection = await connect({ archiveEndpoints: [] });
    expect(await read(connection, old)).toEqual({
      code: "chain-unreachable",
      blame: "chain",
      retryable: true,
      message: "The node has already discarded the state of that block.",
      remedy: expect.stringContaining("archiveEndpoints"),
    });
  });

  test("of an older runtime is read with that runtime's tables, and the connection keeps its own", async () => {
    const { old, archive, connect } = await stage({ upgrade: true });
    const connection = await connect();
    const { api } = connection;
    expect(connection.identity.specVersion).toBe(9_000);
    const seen = await viewAt(connection, old, SIGNAL);
    expect(seen.specVersion).not.toBe(9_000);
    expect(seen.tables).not.toBe(api);
    expect((await readSubnet(seen, NETUID, 0)).neurons).toHaveLength(5);
    expect(archive.asked.some(({ params }) => params[0] === "Metadata_metadata_at_version")).toBe(true);
    expect(connection.api).toBe(api);
  });

  test("needs a link only while it is read", async () => {
    const { old, archive, connect } = await stage();
    const connection = await connect({ archiveIdleMs: 300 });
    await read(connection, old);
    await expect.poll(() => archive.open).toBe(0);
    expect(await read(connection, old)).toMatchObject({ block: 3 });
    expect(archive.links).toBe(2);
    await connection[Symbol.asyncDispose]();
    await expect.poll(() => archive.open).toBe(0);
  });

  test("is asked for over one link by many at once, and from the next archive when one does not answer", async () => {
    const { here, old, archive, connect } = await stage();
    const gone = kept(await relayTo(here.node.url));
    gone.cut();
    const connection = await connect({ archiveEndpoints: [gone.url, archive.url] });
    const seen = await Promise.all([read(connection, old), read(connection, old), read(connection, old)]);
    for (const one of seen) expect(one).toMatchObject({ block: 3 });
    expect(archive.links).toBe(1);
  });

  test("is not looked for at an archive when the node fails in another way", async () => {
    const { old, lite, archive, connect } = await stage();
    const connection = await connect();
    for (const trouble of [rpcError(-32_603, "Internal error"), rpcError(-32_601, "Method not found")]) {
      lite.between(instead((method) => (method === "state_getRuntimeVersion" ? trouble : undefined)));
      expect(await read(connection, old)).toMatchObject({ code: "chain-unreachable" });
    }
    expect(archive.links).toBe(0);
  });

  test("is no word that makes an archive the place for an extrinsic or a head", async () => {
    const { lite, archive, connect } = await stage();
    const connection = await connect();
    lite.between(instead(() => rpcError(4003, "State already discarded")));
    for (const [method, params] of [
      ["author_submitExtrinsic", ["0x00"]],
      ["chain_getFinalizedHead", []],
      ["chain_getHeader", [`0x${"11".repeat(32)}`]],
      ["state_call", ["Core_version", "0x"]],
    ] as const) {
      await expect(connection.request(method, params, SIGNAL)).rejects.toMatchObject({ name: "RpcError", code: 4003 });
    }
    expect(archive.links).toBe(0);
  });
});

describe("an archive that cannot stand in", () => {
  async function refusal(given: Stage, connection: ChainConnection): Promise<string> {
    const seen = await read(connection, given.old);
    expect(seen).toMatchObject({
      code: "chain-unreachable",
      blame: "chain",
      remedy: expect.stringContaining("archiveEndpoints"),
    });
    const { message } = seen as { readonly message: string };
    expect(message).toContain(`The node ${given.lite.host} has already discarded the state of block ${given.old}`);
    return message;
  }

  test("serves another chain: it is refused, named, and not dialled again", async () => {
    const given = await stage();
    const other = kept(await world({ seed: 2 }));
    const foreign = kept(await goBetween(other.node.url));
    const connection = await given.connect({ archiveEndpoints: [foreign.url] });
    const message = await refusal(given, connection);
    for (const part of [foreign.host, other.node.genesis, given.here.node.genesis]) expect(message).toContain(part);
    expect(given.heard).toContainEqual({
      name: "endpoint-wrong-chain",
      facts: { endpoint: foreign.host, found: other.node.genesis, expected: given.here.node.genesis },
    });
    expect(await refusal(given, connection)).toContain("serves the configured chain");
    expect(foreign.asked).toEqual([{ method: "chain_getBlockHash", params: [0] }]);
    expect(foreign.links).toBe(1);
  });

  test("is judged by the chain of the first node where no genesis is configured", async () => {
    const given = await stage();
    const other = kept(await world({ seed: 2 }));
    const connection = await given.connect({ archiveEndpoints: [other.node.url], expectedGenesis: null });
    expect(await refusal(given, connection)).toContain(given.here.node.genesis);
  });

  test("is dead: the read ends at its deadline, and nothing else waits for it", async () => {
    const given = await stage();
    const dark = kept(await relayTo(given.here.node.url));
    dark.swallow();
    const connection = await given.connect({ archiveEndpoints: [dark.url], requestMs: 400 });
    const ended: string[] = [];
    const old = refusal(given, connection).then((message) => {
      ended.push("old");
      return message;
    });
    await expect.poll(() => dark.links).toBe(1);
    await connection.heads.ask(SIGNAL);
    ended.push("head");
    expect(await old).toContain(new URL(dark.url).host);
    expect(ended).toEqual(["head", "old"]);
    expect(given.lite.links).toBe(1);
  });

  test("falls silent: the read ends at its deadline", async () => {
    const given = await stage();
    given.archive.between(instead((method) => (method.startsWith("state_") ? SILENCE : undefined)));
    const connection = await given.connect({ requestMs: 400 });
    expect(await refusal(given, connection)).toContain("did not answer state_getRuntimeVersion within 0.4 s");
  });

  test("does not keep a reader whose time is over", async () => {
    const given = await stage();
    given.archive.between(instead((method) => (method.startsWith("state_") ? SILENCE : undefined)));
    const connection = await given.connect();
    const stop = new AbortController();
    const asked = connection.request("state_getRuntimeVersion", [given.old], stop.signal);
    await expect.poll(() => given.archive.asked.length).toBe(2);
    stop.abort(new Error("over"));
    await expect(asked).rejects.toThrow("over");
  });

  test.each<[string, Reply, RegExp]>([
    ["has discarded it too", rpcError(4003, "Client error: UnknownBlock: State already discarded for 0x00"), /it too/],
    ["refuses", rpcError(-32_603, "go <b>away</b>"), /refused the read with code -32603\.$/],
    ["cuts the link", CUT, /closed the link/],
    ["sends half a frame", new RawFrame('{"jsonrpc":"2.0","id":'), /cannot be read/],
    ["sends more than any honest answer", new RawFrame(" ".repeat(64 * 1024 * 1024 + 1)), /link/],
  ])("%s", async (_name, answer, why) => {
    const given = await stage();
    given.archive.between(instead((method) => (method.startsWith("state_") ? answer : undefined)));
    const connection = await given.connect();
    const message = await refusal(given, connection);
    expect(message).toMatch(why);
    expect(message).toContain(given.archive.host);
    expect(message).not.toContain("away");
    expect([connection.socket.isConnected, given.lite.links]).toEqual([true, 1]);
  });

  test.each<[string, (method: string) => Reply]>([
    ["rubbish", () => ({ result: "0x00" })],
    ["nothing", () => SILENCE],
    [
      "version 14 alone, and that cut short",
      (method) => ({ result: method === "state_getMetadata" ? "0x6d6574610e" : "0x00" }),
    ],
  ])(
    "hands out %s for the tables of an older runtime: a fault, and the connection keeps its own",
    async (_name, garbled) => {
      const given = await stage({ upgrade: true });
      const about = /^Metadata_/;
      given.archive.between(
        instead((method, params) =>
          method === "state_getMetadata" || about.test(String(params[0])) ? garbled(method) : undefined,
        ),
      );
      const connection = await given.connect({ requestMs: 500 });
      const { api } = connection;
      expect(await read(connection, given.old)).toMatchObject({ code: "chain-unreachable" });
      expect(connection.api).toBe(api);
      expect(await read(connection, (await connection.heads.ask(SIGNAL)).finalizedHash)).toMatchObject({ spec: 9_000 });
    },
  );

  test("does not make the connection believe in an upgrade", async () => {
    const given = await stage();
    const connection = await given.connect({ tablesRetryMs: 5 });
    const { api, identity } = connection;
    const version = await connection.request("state_getRuntimeVersion", [], SIGNAL);
    given.archive.between(
      instead((method) =>
        method === "state_getRuntimeVersion" ? { result: { ...(version as object), specVersion: 99_999 } } : undefined,
      ),
    );
    expect(await read(connection, given.old)).toMatchObject({ spec: 99_999 });
    await connection.heads.ask(SIGNAL);
    expect(connection.api).toBe(api);
    expect(connection.identity).toEqual(identity);
    expect(given.heard.map(({ name }) => name)).not.toContain("runtime-tables-failed");
    // Tables of the present runtime are asked for without a block.
    const present = ({ params }: { readonly params: readonly unknown[] }): boolean =>
      params.length === 2 && params[0] === "Metadata_metadata_at_version";
    expect(given.lite.asked.filter(present)).toHaveLength(1);
  });

  test("answers anything at all: a fault, or what it says", async () => {
    const given = await stage();
    const connection = await given.connect();
    const junk = fc.oneof(
      fc.jsonValue(),
      fc.constant("0x"),
      fc.uint8Array().map((bytes) => `0x${Buffer.from(bytes).toString("hex")}`),
    );
    let faults = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("state_getRuntimeVersion", "state_call", "state_queryStorageAt"),
        junk,
        async (method, answer) => {
          given.archive.between(instead((asked) => (asked === method ? { result: answer ?? null } : undefined)));
          try {
            const seen = await read(connection, given.old);
            if (!isFault(seen as object)) return;
            faults += 1;
            expect(seen).toMatchObject({ code: "chain-unreachable", blame: "chain" });
          } catch (error) {
            expect(error).toBeInstanceOf(ValidatorError);
            expect(error).toMatchObject({ code: "subnet-not-found" });
          }
        },
      ),
      { numRuns: 60 },
    );
    expect(faults).toBeGreaterThan(30);
    expect(given.lite.links).toBe(1);
  });
});

describe("an archive of somebody else's", () => {
  test("that asks to be left alone is, by JSON-RPC error or at the handshake", async () => {
    const given = await stage();
    const connection = await given.connect({ isPublic: (url) => url === given.archive.url, archiveIdleMs: 300 });
    given.archive.between(
      instead((method) => (method.startsWith("state_") ? rpcError(-32_005, "too many") : undefined)),
    );
    expect(await read(connection, given.old)).toMatchObject({
      message: expect.stringMatching(/JSON-RPC error -32005\); it wants to be left alone for 60 s\.$/),
    });
    await expect.poll(() => given.archive.open).toBe(0);
    const { length } = given.archive.asked;
    given.archive.between(instead(() => undefined));
    expect(await read(connection, given.old)).toMatchObject({ message: expect.stringContaining("left alone") });
    expect([given.archive.asked.length, given.archive.links]).toEqual([length, 1]);
    expect(given.heard.map(({ name }) => name)).toContain("gateway-refused");
    expect((await connection.heads.ask(SIGNAL)).finalized).toBeGreaterThan(0);

    const second = await stage();
    second.archive.refuse(429);
    const other = await second.connect({ isPublic: (url) => url === second.archive.url });
    expect(await read(other, second.old)).toMatchObject({ message: expect.stringContaining("HTTP 429") });
    expect(await read(other, second.old)).toMatchObject({ message: expect.stringContaining("left alone") });
    expect(second.archive.links).toBe(0);
  });

  test("is asked as often as it bears, and once for both when it is a fallback too", () => {
    const url = "wss://archive.chain.opentensor.ai:443";
    let now = 0;
    const nodes = new Endpoints({ urls: ["ws://127.0.0.1:1", url], now: () => now });
    const archives = new Endpoints({
      urls: [url, "wss://archive.sub.latent.to:443"],
      alongside: nodes,
      now: () => now,
    });
    expect(archives.budget.perMinute).toBe(60);
    expect(archives.budgetOf("wss://archive.sub.latent.to:443").perMinute).toBe(60);
    for (let request = 0; request < 60; request += 1) archives.budget.spend();
    expect(nodes.budgetOf(url).take()).toBe(false);
    archives.rest(url, 5_000);
    expect(nodes.others()).toEqual([]);
    archives.strike(url);
    now = 6_000;
    expect(nodes.others()).toEqual([url]);
  });

  test("is asked no more often than is configured", async () => {
    const { here, old, archive } = await stage();
    const reader = new Archive({
      archiveEndpoints: [archive.url],
      endpoints: new Endpoints({ urls: [here.node.url] }),
      genesis: () => here.node.genesis,
      telemetry: SILENT,
      requestMs: 300,
      requestsPerMinute: 3,
    });
    const ask = reader.behind(() => Promise.reject(new RpcError(4003, "State already discarded", "")));
    // The first of three is the question for the genesis.
    for (let request = 0; request < 2; request += 1) await ask("state_getRuntimeVersion", [old]);
    await expect(ask("state_getRuntimeVersion", [old])).rejects.toMatchObject({
      name: "ArchiveError",
      message: expect.stringContaining("could not be sent"),
    });
    expect(archive.asked).toHaveLength(3);
    reader.close();
    await expect(ask("state_getRuntimeVersion", [old])).rejects.toMatchObject({ name: "ArchiveError" });
  });
});
