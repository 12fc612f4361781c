import { describe, expect, test } from "vitest";
import { type ChainConnection, type ConnectOptions, connectChain } from "../../../src/adapters/chain/connection.ts";
import { chainReader } from "../../../src/adapters/chain/reader.ts";
import { viewAt } from "../../../src/adapters/chain/view.ts";
import { type Fault, isFault } from "../../../src/core/model/fault.ts";
import { SILENT, type Telemetry } from "../../../src/ports/telemetry.ts";
import { type Between, goBetween, instead, type Reply, rpcError } from "./go-between.ts";
import { NETUID, SIGNAL, world } from "./world.ts";

/** A gateway that refuses by its policy while the runtime's tables are fetched, where the library hides what it said. */

function connect(endpoints: readonly string[], more: Partial<ConnectOptions> = {}): Promise<ChainConnection | Fault> {
  const options = { endpoints, expectedGenesis: null, signal: SIGNAL, telemetry: SILENT, requestMs: 5_000 };
  return connectChain({ ...options, requestsPerMinute: 1_000_000, ...more });
}

async function connected(endpoints: readonly string[], more?: Partial<ConnectOptions>): Promise<ChainConnection> {
  const connection = await connect(endpoints, more);
  if (isFault(connection)) throw new Error(connection.message);
  return connection;
}

/** So many of the requests for tables are refused. */
function refusingTables(refusal: Reply, times = Number.POSITIVE_INFINITY): Between {
  let left = times;
  return instead((method, params) => {
    if (method !== "state_call" || params[0] !== "Metadata_metadata_at_version" || left === 0) return undefined;
    left -= 1;
    return refusal;
  });
}

describe("tables that a gateway refuses by policy", () => {
  test.each([
    ["-32004", "its usual time", rpcError(-32_004, "go away"), "; it wants to be left alone for 60 s"],
    ["-32005", "a time", rpcError(-32_005, "slow", { retry_after: 90 }), "; it wants to be left alone for 90 s"],
    ["-32005", "no time, of an own node", rpcError(-32_005, "slow"), ""],
  ])("with %s and %s: the fault says so and what to do", async (code, time, refusal, wait) => {
    await using here = await world();
    await using gate = await goBetween(here.node.url, refusingTables(refusal));
    expect(await connect([gate.url], { isPublic: () => time === "its usual time" })).toEqual({
      code: "chain-unreachable",
      blame: "chain",
      retryable: true,
      message: `The gateway of the chain node refuses this traffic (JSON-RPC error ${code})${wait} (endpoint ${gate.host}).`,
      remedy: "Run a node of your own and name it first, or lower chainRequestsPerMinute.",
    });
  });

  test("for a moment are asked for again when it has passed", async () => {
    await using here = await world();
    await using gate = await goBetween(
      here.node.url,
      refusingTables(rpcError(-32_005, "slow", { retry_after: 0.05 }), 1),
    );
    await using connection = await connected([gate.url]);
    expect(
      await chainReader(connection).observe({ netuid: NETUID, mechid: 0, hotkey: null, known: [] }, SIGNAL),
    ).toMatchObject({
      netuid: NETUID,
    });
  });

  test("again and again are not asked for without end", async () => {
    await using here = await world();
    await using gate = await goBetween(here.node.url, refusingTables(rpcError(-32_005, "slow", { retry_after: 0.01 })));
    expect(await connect([gate.url])).toMatchObject({ message: expect.stringContaining("refuses this traffic") });
    const tables = gate.asked.filter(({ params }) => params[0] === "Metadata_metadata_at_version");
    // Three times, and the library asks twice each time.
    expect(tables).toHaveLength(6);
  });

  test("come from an own node in its place", async () => {
    await using here = await world();
    await using gate = await goBetween(here.node.url, refusingTables(rpcError(-32_005, "slow")));
    await using own = await goBetween(here.node.url);
    await using connection = await connected([gate.url, own.url], { isPublic: (url) => url === gate.url });
    expect(connection.endpoint).toBe(own.host);
  });

  test("of a new runtime are not asked for before the time that it named, and come then", async () => {
    await using here = await world();
    await using gate = await goBetween(here.node.url);
    const heard: { readonly name: string; readonly facts: unknown }[] = [];
    const telemetry: Telemetry = {
      event: (_level, name, facts) => heard.push({ name, facts }),
      progress: () => undefined,
    };
    await using connection = await connected([gate.url], { telemetry, tablesRetryMs: 1 });
    const { specVersion } = connection.identity;
    gate.between(refusingTables(rpcError(-32_005, "slow", { retry_after: 0.1 }), 2));
    here.node.upgrade({ specVersion: specVersion + 1 });
    await here.node.advance(2);
    await expect.poll(() => connection.identity.specVersion, { timeout: 5_000 }).toBe(specVersion + 1);
    expect(heard.filter(({ name }) => name === "runtime-tables-failed")).toEqual([
      {
        name: "runtime-tables-failed",
        facts: {
          specVersion: specVersion + 1,
          reason: `The gateway of the chain node refuses this traffic (JSON-RPC error -32005); it wants to be left alone for 1 s (endpoint ${gate.host}).`,
        },
      },
    ]);
  });

  test("of an older runtime: the refusal is what the reader of the block hears", async () => {
    await using here = await world();
    await here.node.advance(5);
    here.node.upgrade({ specVersion: 9_000 });
    await here.node.advance(10);
    await using gate = await goBetween(here.node.url);
    await using connection = await connected([gate.url], { isPublic: () => true });
    const old = (await connection.request("chain_getBlockHash", [2], SIGNAL)) as `0x${string}`;
    gate.between(refusingTables(rpcError(-32_005, "slow")));
    await expect(viewAt(connection, old, SIGNAL)).rejects.toMatchObject({
      name: "PolicyError",
      message: expect.stringContaining("left alone for another 60 s"),
    });
  });
});
