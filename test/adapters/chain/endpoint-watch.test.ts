import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { type ChainConnection, type ConnectOptions, connectChain } from "../../../src/adapters/chain/connection.ts";
import { weightSubmitter } from "../../../src/adapters/chain/submitter.ts";
import { isFault } from "../../../src/core/model/fault.ts";
import type { Hex } from "../../../src/core/model/ids.ts";
import { localRuntime } from "../../../src/localnet/metadata/registry.ts";
import type { Telemetry } from "../../../src/ports/telemetry.ts";
import { relayTo } from "./relay.ts";
import { basics, CUT, GENESIS, type Script, SILENCE, scriptedNode } from "./scripted-node.ts";
import { planFor, SIGNAL, world } from "./world.ts";

const NEVER_MS = 1_000_000;

interface Notes {
  readonly telemetry: Telemetry;
  readonly all: { readonly name: string; readonly facts: Readonly<Record<string, unknown>> }[];
  /** The next event of that name, or one that has been. */
  readonly heard: (name: string) => Promise<Readonly<Record<string, unknown>>>;
}

function notes(): Notes {
  const all: Notes["all"] = [];
  const waiting = new Map<string, (facts: Readonly<Record<string, unknown>>) => void>();
  return {
    all,
    telemetry: {
      event: (_level, name, facts) => {
        all.push({ name, facts });
        waiting.get(name)?.(facts);
      },
      progress: () => undefined,
    },
    heard: (name) => {
      const found = all.find((one) => one.name === name);
      return found === undefined ? new Promise((resolve) => waiting.set(name, resolve)) : Promise.resolve(found.facts);
    },
  };
}

async function connected(
  options: Partial<ConnectOptions> & Pick<ConnectOptions, "endpoints" | "telemetry">,
): Promise<ChainConnection> {
  const connection = await connectChain({
    expectedGenesis: null,
    signal: SIGNAL,
    requestMs: 2_000,
    ...options,
    times: { silenceMs: NEVER_MS, probeMs: 200, checkMs: NEVER_MS, ...options.times },
  });
  if (isFault(connection)) throw new Error(connection.message);
  return connection;
}

const runtime = localRuntime({ blockMs: 250 });
const honest = (more: Partial<Parameters<typeof basics>[0]> = {}): Script =>
  basics({ metadata: runtime.v15, specVersion: runtime.specVersion, ...more });

describe("an endpoint that", () => {
  test("falls silent without a farewell is left for the next; what was under way fails, what waits is sent there", async () => {
    await using first = await world();
    await using second = await world();
    await using wire = await relayTo(first.node.url);
    const { telemetry, heard } = notes();
    const times = { silenceMs: 400, probeMs: 200 };
    await using connection = await connected({ endpoints: [wire.url, second.node.url], telemetry, times });
    await second.node.advance(2);
    wire.swallow();
    const lost = connection.request("chain_getBlockHash", [1], SIGNAL);
    await expect(lost).rejects.toMatchObject({ name: "LinkError" });
    expect(await connection.request("chain_getBlockHash", [0], SIGNAL)).toBe(second.node.genesis);
    expect(await heard("endpoint-switched")).toMatchObject({ to: new URL(second.node.url).host });
    await second.node.advance(5);
    expect((await connection.heads.ask(SIGNAL)).finalized).toBe(second.node.finalized());
  });

  test("goes dark with the weights is left, and the next one gets the same extrinsic, once", async () => {
    await using here = await world();
    await using dark = await relayTo(here.node.url);
    await using sound = await relayTo(here.node.url);
    const { telemetry, heard } = notes();
    const times = { silenceMs: 400, probeMs: 200 };
    await using connection = await connected({ endpoints: [dark.url, sound.url], telemetry, times });
    const plan = planFor(await here.observe(connection));
    const outcome = weightSubmitter(connection, here.signer).submit(
      plan,
      async ({ state }) => {
        if (state === "signed") dark.swallow();
      },
      SIGNAL,
    );
    expect(await heard("endpoint-switched")).toMatchObject({ to: new URL(sound.url).host });
    while (here.node.ledger().rpc["author_submitExtrinsic"] === undefined) await connection.heads.ask(SIGNAL);
    await here.node.advance(8);
    expect(await outcome).toMatchObject({ kind: "direct", state: "reflected" });
    expect(here.node.ledger().extrinsics).toHaveLength(1);
  });

  test("stands still while another goes on is left, and a lone one is kept", async () => {
    await using first = await world();
    await using second = await world();
    await second.node.advance(6);
    const { telemetry, heard } = notes();
    const times = { silenceMs: 60, probeMs: 30 };
    await using lone = await connected({ endpoints: [first.node.url], telemetry, times });
    expect(await heard("no-new-finalized-block")).toMatchObject({ endpoint: new URL(first.node.url).host });
    expect(lone.socket.isConnected).toBe(true);
    const others = notes();
    const endpoints = [first.node.url, second.node.url];
    await using _ = await connected({
      endpoints,
      telemetry: others.telemetry,
      times: { silenceMs: 400, probeMs: 200 },
    });
    expect(await others.heard("endpoint-switched")).toMatchObject({ to: new URL(second.node.url).host });
  });

  test("was preferred and is back is returned to", async () => {
    await using first = await world();
    await using second = await world();
    await using wire = await relayTo(first.node.url);
    wire.cut();
    const { telemetry, heard } = notes();
    const endpoints = [wire.url, second.node.url];
    await using connection = await connected({ endpoints, telemetry, times: { checkMs: 50 } });
    expect(connection.socket.isConnected).toBe(true);
    wire.mend();
    expect(await heard("endpoint-switched")).toMatchObject({ to: new URL(wire.url).host });
  });

  test("lags far behind is named and not moved to", async () => {
    await using first = await world();
    await using second = await world();
    await first.node.advance(30);
    const { telemetry, heard, all } = notes();
    const endpoints = [first.node.url, second.node.url];
    await using connection = await connected({ endpoints, telemetry, times: { checkMs: 30 } });
    expect(await heard("endpoint-lags")).toMatchObject({ endpoint: new URL(second.node.url).host, blocks: 30 });
    expect(connection.disagreement).toBeNull();
    expect(all.some(({ name }) => name === "endpoint-switched")).toBe(false);
  });

  test("lags itself, as another shows, is left", async () => {
    await using first = await world();
    await using second = await world();
    await second.node.advance(30);
    const { telemetry, heard } = notes();
    const endpoints = [first.node.url, second.node.url];
    await using _ = await connected({ endpoints, telemetry, times: { checkMs: 30 } });
    expect(await heard("endpoint-switched")).toMatchObject({ to: new URL(second.node.url).host });
  });

  test("calls another block final is named, and the connection says so until they agree", async () => {
    await using first = await world();
    const other = `0x${"cd".repeat(32)}`;
    const at = first.node.finalized();
    const header = { ...(honest()["chain_getHeader"]?.([]) as object), number: `0x${at.toString(16)}` };
    await using second = await scriptedNode({
      ...honest({ genesis: first.node.genesis }),
      chain_getFinalizedHead: () => other,
      chain_getHeader: () => header,
      chain_getBlockHash: ([height]) => (height === at ? other : first.node.genesis),
    });
    const { telemetry, heard } = notes();
    const endpoints = [first.node.url, second.url];
    await using connection = await connected({ endpoints, telemetry, times: { checkMs: 60 } });
    expect(await heard("endpoints-disagree")).toMatchObject({ height: at, theirs: other });
    expect(connection.disagreement).toContain(other);
    const ours = connection.heads.hashAt(at);
    second.script({ chain_getFinalizedHead: () => ours });
    await expect.poll(() => connection.disagreement).toBeNull();
  });

  test("once names a false block and takes it back when asked again disputes nothing", async () => {
    await using first = await world();
    const at = first.node.finalized();
    const header = { ...(honest()["chain_getHeader"]?.([]) as object), number: `0x${at.toString(16)}` };
    const right = (await (await first.connect()).heads.ask(SIGNAL)).finalizedHash;
    await using second = await scriptedNode({
      ...honest({ genesis: first.node.genesis }),
      chain_getFinalizedHead: () => `0x${"cd".repeat(32)}`,
      chain_getHeader: () => header,
      chain_getBlockHash: ([height]) => (height === at ? right : first.node.genesis),
    });
    const { telemetry, all } = notes();
    const endpoints = [first.node.url, second.url];
    await using connection = await connected({ endpoints, telemetry, times: { checkMs: 20 } });
    await expect.poll(() => second.calls.filter((name) => name === "chain_getFinalizedHead").length).toBeGreaterThan(3);
    expect(connection.disagreement).toBeNull();
    expect(all.map(({ name }) => name)).not.toContain("endpoints-disagree");
  });

  test("disputes is asked again although the preferred one stays far behind, so that the dispute can end", async () => {
    await using first = await world();
    await using second = await world();
    await second.node.advance(30);
    const other = `0x${"cd".repeat(32)}`;
    const at = first.node.finalized();
    const header = { ...(honest()["chain_getHeader"]?.([]) as object), number: `0x${at.toString(16)}` };
    await using third = await scriptedNode({
      ...honest({ genesis: first.node.genesis }),
      chain_getFinalizedHead: () => other,
      chain_getHeader: () => header,
      chain_getBlockHash: ([height]) => (height === at ? other : first.node.genesis),
    });
    const { telemetry, heard } = notes();
    const endpoints = [first.node.url, second.node.url, third.url];
    await using connection = await connected({ endpoints, telemetry, times: { checkMs: 60 } });
    const ours = connection.heads.hashAt(at);
    expect(await heard("endpoints-disagree")).toMatchObject({ height: at });
    expect(await heard("endpoint-switched")).toMatchObject({ to: new URL(second.node.url).host });
    third.script({ chain_getFinalizedHead: () => ours });
    await expect.poll(() => connection.disagreement).toBeNull();
  });
});

describe("the genesis", () => {
  const OTHER = `0x${"ee".repeat(32)}`;

  test("of every endpoint is checked: the wrong one is struck with an error, the right one used", async () => {
    await using wrong = await scriptedNode(honest({ genesis: OTHER }));
    await using right = await scriptedNode(honest());
    const { telemetry, all } = notes();
    const endpoints = [wrong.url, right.url];
    await using connection = await connected({ endpoints, telemetry, expectedGenesis: GENESIS as Hex });
    expect(connection.identity.genesis).toBe(GENESIS);
    expect(all).toContainEqual(expect.objectContaining({ name: "endpoint-wrong-chain" }));
    expect(wrong.calls).toEqual(["chain_getBlockHash"]);
  });

  test("wrong everywhere is a wrong configuration, wrong here and unreachable there is not", async () => {
    await using wrong = await scriptedNode(honest({ genesis: OTHER }));
    const { telemetry } = notes();
    const options = { telemetry, expectedGenesis: GENESIS as Hex };
    await expect(connected({ ...options, endpoints: [wrong.url] })).rejects.toMatchObject({ code: "wrong-genesis" });
    const dead = await scriptedNode(honest());
    await dead[Symbol.asyncDispose]();
    const found = await connectChain({ ...options, endpoints: [wrong.url, dead.url], signal: SIGNAL });
    expect(found).toMatchObject({ code: "chain-unreachable" });
  });

  test("of the first node binds the others when none is configured", async () => {
    await using first = await scriptedNode(honest());
    await using second = await scriptedNode(honest({ genesis: OTHER }));
    const { telemetry, heard } = notes();
    await using _ = await connected({ endpoints: [first.url, second.url], telemetry, times: { checkMs: 20 } });
    expect(await heard("endpoint-wrong-chain")).toMatchObject({ endpoint: new URL(second.url).host });
  });
});

describe("a gateway that refuses by policy", () => {
  async function refusing(
    headers: Readonly<Record<string, string>>,
  ): Promise<AsyncDisposable & { readonly url: string; readonly seen: number[] }> {
    const seen: number[] = [];
    const server = createServer();
    server.on("upgrade", (_request, socket) => {
      seen.push(performance.now());
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.end(`HTTP/1.1 429 Too Many Requests\r\n${lines.join("")}Connection: close\r\n\r\n`);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return {
      url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
      seen,
      [Symbol.asyncDispose]: async () => {
        server.close();
        await once(server, "close");
      },
    };
  }

  test("at the handshake is left alone, and the next public one is not asked in its place", async () => {
    await using gateway = await refusing({ "Retry-After": "30" });
    await using next = await scriptedNode(honest());
    const { telemetry, heard } = notes();
    const found = await connectChain({
      endpoints: [gateway.url, next.url],
      expectedGenesis: null,
      signal: SIGNAL,
      telemetry,
      isPublic: () => true,
    });
    expect(found).toMatchObject({ code: "chain-unreachable", remedy: expect.stringContaining("node of your own") });
    expect(await heard("gateway-refused")).toMatchObject({ how: "HTTP 429", waitSeconds: 30 });
    expect([gateway.seen.length, next.calls]).toEqual([1, []]);
  });

  test("makes way for an own node", async () => {
    await using gateway = await refusing({});
    await using own = await scriptedNode(honest());
    const { telemetry, heard } = notes();
    await using connection = await connected({
      endpoints: [gateway.url, own.url],
      telemetry,
      isPublic: (url) => url === gateway.url,
    });
    expect(connection.socket.isConnected).toBe(true);
    expect(await heard("gateway-refused")).toMatchObject({ waitSeconds: 60 });
  });

  test("by closing the link with the code for policy is not dialled again before it may be", async () => {
    await using node = await scriptedNode(honest());
    const { telemetry, heard } = notes();
    await using connection = await connected({ endpoints: [node.url], telemetry, isPublic: () => true });
    node.hangUp(1008);
    expect(await heard("gateway-refused")).toMatchObject({ how: "close code 1008", waitSeconds: 60 });
    await expect(connection.request("chain_getHeader", [], SIGNAL)).rejects.toMatchObject({ name: "PolicyError" });
    expect(node.calls.filter((call) => call === "chain_getBlockHash")).toHaveLength(2);
  });

  test("in an answer: that request fails, and nothing more is sent before it may", async () => {
    await using node = await scriptedNode(honest());
    const { telemetry, heard } = notes();
    await using connection = await connected({ endpoints: [node.url], telemetry, isPublic: () => true });
    const refusal = Object.assign(new Error("storage work rate limit exceeded"), { code: -32_004 });
    node.script({ busy: () => refusal, next: () => 1 });
    await expect(connection.request("busy", [], SIGNAL)).rejects.toThrow("JSON-RPC error -32004");
    await heard("gateway-refused");
    await expect(connection.request("next", [], SIGNAL)).rejects.toMatchObject({ name: "PolicyError" });
    expect(node.calls).not.toContain("next");
    expect(connection.socket.isConnected).toBe(true);
  });
});

describe("a request", () => {
  test("that finds the budget used up waits for it, and the log says so", async () => {
    await using node = await scriptedNode({ ...honest(), one: () => 1 });
    const { telemetry, heard } = notes();
    await using connection = await connected({
      endpoints: [node.url],
      telemetry,
      requestsPerMinute: 60,
      requestMs: 20_000,
    });
    const stop = new AbortController();
    const asked = Array.from({ length: 70 }, () => connection.request("one", [], stop.signal).catch(() => null));
    expect(await heard("chain-budget-wait")).toMatchObject({ requestsPerMinute: 60 });
    await Promise.race(asked);
    expect(node.calls.length).toBeLessThanOrEqual(61);
    stop.abort(new Error("enough"));
  });

  test("that was cut off while a submission was under way does not send that again", async () => {
    await using node = await scriptedNode({ ...honest(), author_submitExtrinsic: () => CUT, quiet: () => SILENCE });
    const { telemetry } = notes();
    await using connection = await connected({ endpoints: [node.url], telemetry });
    await expect(connection.request("author_submitExtrinsic", ["0x"], SIGNAL)).rejects.toMatchObject({
      name: "LinkError",
    });
    await connection.request("chain_getHeader", [], SIGNAL);
    expect(node.calls.filter((call) => call.startsWith("author_"))).toHaveLength(1);
  });
});
