import { describe, expect, test } from "vitest";
import { type ChainConnection, connectChain } from "../../../src/adapters/chain/connection.ts";
import { viewAt } from "../../../src/adapters/chain/view.ts";
import { isFault } from "../../../src/core/model/fault.ts";
import { localRuntime } from "../../../src/localnet/metadata/registry.ts";
import { SILENT } from "../../../src/ports/telemetry.ts";
import { relayTo } from "./relay.ts";
import { basics, CUT, type Script, type ScriptedNode, scriptedNode } from "./scripted-node.ts";
import { NETUID, SIGNAL, world } from "./world.ts";

const runtime = localRuntime({ blockMs: 250 });
const NEW = runtime.specVersion + 1;

function at(specVersion: number): Script {
  return basics({ metadata: runtime.v15, specVersion });
}

/** As a node does: the subscription's first message is the present version. */
function subscribed(node: ScriptedNode): Script {
  return {
    state_subscribeRuntimeVersion: () => {
      setImmediate(() => node.notify("state_runtimeVersion", "runtime", node.answer("state_getRuntimeVersion")));
      return "runtime";
    },
  };
}

async function connected(node: ScriptedNode): Promise<ChainConnection> {
  node.script(subscribed(node));
  const options = { endpoints: [node.url], expectedGenesis: null, signal: SIGNAL, telemetry: SILENT };
  const connection = await connectChain({ ...options, requestMs: 2_000, tablesRetryMs: 20 });
  if (isFault(connection)) throw new Error(connection.message);
  return connection;
}

async function upgraded(connection: ChainConnection): Promise<void> {
  await expect.poll(() => connection.identity.specVersion, { timeout: 5_000 }).toBe(NEW);
  expect(connection.api.call["subnetInfoRuntimeApi"]?.["getSelectiveMetagraph"]).toBeDefined();
}

describe("a runtime upgrade", () => {
  test("that is announced brings new tables with every runtime call, in another object", async () => {
    await using node = await scriptedNode(at(runtime.specVersion));
    await using connection = await connected(node);
    const before = connection.api;
    node.script({ state_getRuntimeVersion: at(NEW)["state_getRuntimeVersion"] ?? (() => undefined) });
    node.notify("state_runtimeVersion", "runtime", node.answer("state_getRuntimeVersion"));
    await upgraded(connection);
    expect(connection.api).not.toBe(before);
    expect(before.runtimeVersion.specVersion.toNumber()).toBe(runtime.specVersion);
    expect(node.calls).not.toContain("state_getMetadata");
  });

  test("that happened behind a broken link is met after it", async () => {
    await using node = await scriptedNode({ ...at(runtime.specVersion), cut: () => CUT });
    await using connection = await connected(node);
    node.script({ state_getRuntimeVersion: at(NEW)["state_getRuntimeVersion"] ?? (() => undefined) });
    await expect(connection.request("cut", [], SIGNAL)).rejects.toMatchObject({ name: "LinkError" });
    await upgraded(connection);
  });

  test("of which the announcement was lost shows in the first answer", async () => {
    await using node = await scriptedNode(at(runtime.specVersion));
    await using connection = await connected(node);
    node.script({ state_getRuntimeVersion: at(NEW)["state_getRuntimeVersion"] ?? (() => undefined) });
    await connection.request("state_getRuntimeVersion", [], SIGNAL);
    await upgraded(connection);
  });

  test("in the middle of which the node fails is tried again, and the process lives", async () => {
    await using node = await scriptedNode({ ...at(runtime.specVersion) });
    await using connection = await connected(node);
    const honest = at(NEW);
    let failures = 0;
    node.script({
      state_getRuntimeVersion: honest["state_getRuntimeVersion"] ?? (() => undefined),
      state_call: (params) => {
        failures += 1;
        if (failures <= 2) return CUT;
        return honest["state_call"]?.(params);
      },
    });
    node.notify("state_runtimeVersion", "runtime", node.answer("state_getRuntimeVersion"));
    await upgraded(connection);
    expect(failures).toBeGreaterThan(2);
  });

  test("whose tables come without runtime calls is not believed at once", async () => {
    await using node = await scriptedNode(at(runtime.specVersion));
    await using connection = await connected(node);
    const honest = at(NEW);
    let refused = 0;
    node.script({
      state_getRuntimeVersion: honest["state_getRuntimeVersion"] ?? (() => undefined),
      state_getMetadata: () => `0x${Buffer.from(runtime.v14).toString("hex")}`,
      state_call: (params) => {
        refused += 1;
        return refused <= 4 ? new Error("no such call") : honest["state_call"]?.(params);
      },
    });
    node.notify("state_runtimeVersion", "runtime", node.answer("state_getRuntimeVersion"));
    await upgraded(connection);
  });
});

describe("the hash of the finalized head", () => {
  test("is computed from what is announced when that is how this chain does it, else asked for", async () => {
    await using foreign = await scriptedNode(at(runtime.specVersion));
    await using connection = await connected(foreign);
    foreign.notify("chain_finalizedHead", "finalized", {
      ...(foreign.answer("chain_getHeader") as object),
      number: "0x11",
    });
    await connection.heads.beyond(16, 5_000, SIGNAL);
    expect(connection.heads.hashAt(17)).toBeUndefined();
  });

  test("needs no request once it was announced", async () => {
    await using here = await world();
    const connection = await here.connect();
    await here.node.advance(4);
    await connection.heads.beyond(here.node.finalized() - 1, 5_000, SIGNAL);
    const before = here.node.ledger().rpc;
    const head = await connection.heads.latest(SIGNAL);
    expect(await connection.heads.hash(SIGNAL)).toBe(head.finalizedHash);
    expect(here.node.ledger().rpc).toEqual(before);
    expect(head.finalized).toBe(here.node.finalized());
    expect(await connection.request("chain_getBlockHash", [head.finalized], SIGNAL)).toBe(head.finalizedHash);
  });
});

describe("on the localnet", () => {
  test.each(["version-first", "head-first"] as const)("an upgrade announced %s costs no snapshot", async (order) => {
    await using here = await world();
    const connection = await here.connect();
    const before = connection.identity.specVersion;
    here.node.upgrade({ specVersion: before + 1, order });
    await here.node.advance(2);
    await expect.poll(() => connection.identity.specVersion, { timeout: 5_000 }).toBe(before + 1);
    // The finalized head is still of the old runtime, then of the new one.
    expect(await here.observe(connection)).toMatchObject({ netuid: NETUID, specVersion: before });
    await here.node.advance(6);
    await connection.heads.beyond(here.node.finalized() - 1, 5_000, SIGNAL);
    expect(await here.observe(connection)).toMatchObject({ netuid: NETUID, specVersion: before + 1 });
    const view = await viewAt(connection, await connection.heads.hash(SIGNAL), SIGNAL);
    expect(view.tables).toBe(connection.api);
  });

  test("an upgrade behind a broken link costs no snapshot", async () => {
    await using here = await world();
    await using wire = await relayTo(here.node.url);
    const options = { endpoints: [wire.url], expectedGenesis: null, signal: SIGNAL, telemetry: SILENT };
    const connection = await connectChain(options);
    if (isFault(connection)) throw new Error(connection.message);
    await using _ = connection;
    const before = connection.identity.specVersion;
    wire.cut();
    here.node.upgrade({ specVersion: before + 1 });
    await here.node.advance(8);
    wire.mend();
    await expect.poll(() => connection.identity.specVersion, { timeout: 10_000 }).toBe(before + 1);
    expect(await here.observe(connection)).toMatchObject({ netuid: NETUID, specVersion: before + 1 });
  });
});
