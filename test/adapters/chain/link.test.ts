import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ChainConnection, connectChain } from "../../../src/adapters/chain/connection.ts";
import { Endpoints } from "../../../src/adapters/chain/endpoints.ts";
import { chainReader } from "../../../src/adapters/chain/reader.ts";
import { RpcSocket } from "../../../src/adapters/chain/rpc-socket.ts";
import { weightSubmitter } from "../../../src/adapters/chain/submitter.ts";
import { type Fault, isFault } from "../../../src/core/model/fault.ts";
import { localRuntime } from "../../../src/localnet/metadata/registry.ts";
import { SILENT } from "../../../src/ports/telemetry.ts";
import { basics, CUT, FINNEY, GENESIS, RawFrame, type Script, SILENCE, scriptedNode } from "./scripted-node.ts";
import { NETUID, planFor, SIGNAL, type World, world } from "./world.ts";

const runtime = localRuntime({ blockMs: 250 });
const honest = (more: Partial<Parameters<typeof basics>[0]> = {}): Script =>
  basics({ metadata: runtime.v15, specVersion: runtime.specVersion, ...more });
const REQUEST = { netuid: NETUID, mechid: 0, hotkey: null, known: [] };

function connect(endpoint: string, expectedGenesis: `0x${string}` | null = null): ReturnType<typeof connectChain> {
  return connectChain({ endpoints: [endpoint], expectedGenesis, signal: SIGNAL, telemetry: SILENT, requestMs: 2_000 });
}

async function connectedTo(endpoint: string): Promise<ChainConnection> {
  const connection = await connect(endpoint);
  if (isFault(connection)) throw new Error(connection.message);
  return connection;
}

/** The same address with what an operator may have put into his. */
function withSecrets(url: string): string {
  return `${url.replace("//", "//user:secret1@")}/secret2?key=secret3`;
}

describe("connecting", () => {
  test("to another chain than the configured one names both and says what to do", async () => {
    await using node = await scriptedNode(honest());
    const wrong = connect(node.url, FINNEY);
    await expect(wrong).rejects.toThrow(`serves the chain ${GENESIS}, but ${FINNEY} (finney) is configured`);
    await expect(wrong).rejects.toMatchObject({ exit: "configuration", code: "wrong-genesis" });
    expect(node.calls).toEqual(["chain_getBlockHash"]);
  });

  test.each(["http://127.0.0.1:1", "ws://", "127.0.0.1:9944", ""])("to %j is a wrong configuration", (endpoint) => {
    expect(() => connect(endpoint)).toThrow(expect.objectContaining({ code: "endpoint-invalid" }));
  });

  test("to nothing is a fault of the chain", async () => {
    const node = await scriptedNode(honest());
    await node[Symbol.asyncDispose]();
    const { host } = new URL(node.url);
    expect(await connect(withSecrets(node.url))).toEqual({
      code: "chain-unreachable",
      blame: "chain",
      retryable: true,
      message: `The link to the chain node failed (endpoint ${host}).`,
      remedy: expect.stringMatching(/^Check the endpoint/),
    });
  });

  test.each<[string, Script]>([
    ["says nothing", { chain_getBlockHash: () => SILENCE }],
    ["hangs up", { chain_getBlockHash: () => CUT }],
    ["speaks no JSON", { chain_getBlockHash: () => new RawFrame("hello") }],
    ["breaks off in the middle", { chain_getBlockHash: () => new RawFrame('{"jsonrpc":"2.0","id":1,"res') }],
    ["answers with a list", { chain_getBlockHash: () => new RawFrame("[]") }],
    ["has no genesis", { chain_getBlockHash: () => 7 }],
    ["refuses to say its version", { state_getRuntimeVersion: () => new Error("no") }],
    [
      "has broken tables",
      { state_call: ([name]) => (name === "Metadata_metadata_versions" ? "0x040f000000" : "0x01084142") },
    ],
    ["refuses subscriptions", { chain_subscribeFinalizedHeads: () => new Error("no") }],
  ])("to a node that %s is a fault of the chain", async (_name, script) => {
    await using node = await scriptedNode({ ...honest(), ...script });
    expect(await connect(node.url)).toMatchObject({
      code: "chain-unreachable",
      blame: "chain",
      message: expect.stringMatching(new RegExp(`^[^(]*\\(endpoint ${new URL(node.url).host}\\)\\.$`)),
    });
  });

  test("to a chain that only has version 14 metadata works, without its runtime calls", async () => {
    const v14 = `0x${Buffer.from(runtime.v14).toString("hex")}`;
    await using node = await scriptedNode({
      ...honest(),
      state_call: () => new Error("no such call"),
      state_getMetadata: () => v14,
    });
    const connection = await connect(node.url);
    if (!("identity" in connection)) throw new Error(connection.message);
    expect(connection.api.query["subtensorModule"]?.["tempo"]).toBeDefined();
    await connection[Symbol.asyncDispose]();
  });

  test.each([
    ["Touchstone localnet", GENESIS, true],
    ["Development", GENESIS, true],
    ["Bittensor", GENESIS, false],
    ["local", FINNEY, false],
  ])("the chain %j with genesis %s is local: %s", async (chain, genesis, local) => {
    await using node = await scriptedNode(honest({ chain, genesis }));
    const connection = await connect(node.url);
    if (!("identity" in connection)) throw new Error(connection.message);
    expect(connection.identity.local).toBe(local);
    await connection[Symbol.asyncDispose]();
  });

  test("is given up when it is no longer wanted", async () => {
    await using node = await scriptedNode({ ...honest(), system_chain: () => SILENCE });
    const stop = new AbortController();
    node.script({
      system_chain: () => {
        stop.abort(new Error("stopped"));
        return SILENCE;
      },
    });
    const waiting = connectChain({
      endpoints: [node.url],
      expectedGenesis: null,
      signal: stop.signal,
      telemetry: SILENT,
    });
    await expect(waiting).rejects.toThrow("stopped");
  });
});

describe("a node that fails in the middle of a snapshot", () => {
  let here: World;
  beforeAll(async () => {
    here = await world();
  });
  afterAll(() => here[Symbol.asyncDispose]());

  test.each([
    ["cuts the link", "drop", "state_call"],
    ["goes silent", "half-open", "state_queryStorageAt"],
    ["breaks off in the middle of an answer", "truncate", "state_call"],
    ["refuses", "error", "state_getRuntimeVersion"],
    ["cuts the link at the head", "drop", "chain_getHeader"],
  ] as const)("%s: a fault within the deadline, and the next snapshot works", async (_name, kind, match) => {
    const connection = await here.connect({ requestMs: 2_000 });
    here.node.setFaults([{ target: "node", match, kind, count: 1 }]);
    const seen = await chainReader(connection).observe(REQUEST, SIGNAL);
    expect(seen).toMatchObject({ code: "chain-unreachable", blame: "chain", retryable: true } satisfies Partial<Fault>);
    here.node.setFaults([]);
    expect(await chainReader(connection).observe(REQUEST, SIGNAL)).toMatchObject({ netuid: NETUID });
  });

  test("dies: a fault that names its endpoint once, without what may be secret of the address", async () => {
    const dying = await world();
    await using connection = await connectedTo(withSecrets(dying.node.url));
    await dying.node[Symbol.asyncDispose]();
    const seen = await chainReader(connection).observe(REQUEST, SIGNAL);
    const { host } = new URL(dying.node.url);
    expect(seen).toMatchObject({
      code: "chain-unreachable",
      message: expect.stringMatching(new RegExp(`[a-z] \\(endpoint ${host}\\)\\.$`)),
    });
    expect(JSON.stringify(seen)).not.toMatch(/secret|endpoint.*endpoint [0-9]/);
  });

  test("answers what cannot be read: the fault names its endpoint", async () => {
    const connection = await here.connect();
    here.node.setFaults([{ target: "node", match: "state_queryStorageAt", kind: "wrong" }]);
    const seen = await chainReader(connection).observe(REQUEST, SIGNAL);
    here.node.setFaults([]);
    expect(seen).toMatchObject({ message: expect.stringContaining(`(endpoint ${new URL(here.node.url).host}).`) });
  });

  test("dies before weights are signed: what goes into a published record does not name it", async () => {
    const dying = await world();
    await using connection = await connectedTo(dying.node.url);
    const plan = planFor(await dying.observe(connection));
    await dying.node[Symbol.asyncDispose]();
    const outcome = await weightSubmitter(connection, dying.signer).submit(plan, () => Promise.resolve(), SIGNAL);
    expect(outcome).toMatchObject({ kind: "failed", fault: { code: "chain-unreachable" } });
    expect(JSON.stringify(outcome)).not.toContain("127.0.0.1");
  });

  test("is left alone when the caller stops", async () => {
    const connection = await here.connect();
    const stop = new AbortController();
    const seen = chainReader(connection).observe(REQUEST, stop.signal);
    stop.abort(new Error("stopped"));
    await expect(seen).rejects.toThrow("stopped");
  });
});

describe("the socket", () => {
  test("renews a reading subscription after a broken link, and never a submission", async () => {
    await using node = await scriptedNode({
      chain_subscribeFinalizedHeads: () => "a",
      author_submitAndWatchExtrinsic: () => "b",
      cut: () => CUT,
    });
    const endpoints = new Endpoints({ urls: [node.url] });
    const socket = new RpcSocket({ endpoints, requestMs: 2_000, telemetry: SILENT });
    await socket.open();
    await socket.subscribe("chain_finalizedHead", "chain_subscribeFinalizedHeads", [], () => undefined);
    await socket.subscribe("author_extrinsicUpdate", "author_submitAndWatchExtrinsic", ["0x"], () => undefined);
    await expect(socket.request("cut", [])).rejects.toMatchObject({ name: "LinkError" });
    node.script({ after: () => "back" });
    expect(await socket.request("after", [])).toBe("back");
    expect(node.calls.filter((call) => call.startsWith("chain_"))).toHaveLength(2);
    expect(node.calls.filter((call) => call.startsWith("author_"))).toHaveLength(1);
    socket.close();
  });
});
