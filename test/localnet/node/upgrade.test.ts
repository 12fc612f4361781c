import { createRequire } from "node:module";
import type * as Api from "@polkadot/api";
import type { ApiPromise } from "@polkadot/api";
import type { SubmittableExtrinsic } from "@polkadot/api/types";
import { afterEach, describe, expect, test } from "vitest";
import { buildMetadata } from "../../../src/localnet/metadata/build.ts";
import { map } from "../../../src/localnet/metadata/notation.ts";
import { runtimeFromMetadata } from "../../../src/localnet/metadata/registry.ts";
import type { SimNode } from "../../../src/localnet/node/node.ts";
import { ownerKeyPair } from "../../../src/localnet/node/owner-key.ts";
import type { UpgradeOrder } from "../../../src/localnet/node/upgrade.ts";
import { defineRuntime } from "../../../src/localnet/runtime/definition.ts";
import { connect, miners, NETUID, RawClient, startTestNode, testOptions, validator } from "./support.ts";

const { Keyring } = createRequire(import.meta.url)("@polkadot/api") as typeof Api;
const open: (() => Promise<unknown>)[] = [];

async function start(): Promise<{ node: SimNode; client: RawClient }> {
  const node = await startTestNode();
  open.push(() => Promise.resolve(node[Symbol.asyncDispose]()));
  return { node, client: await RawClient.open(node) };
}

async function connected(node: SimNode): Promise<ApiPromise> {
  const api = await connect(node);
  open.push(() => api.disconnect());
  return api;
}

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const specOf = async (client: RawClient, hash?: unknown): Promise<unknown> =>
  ((await client.result("state_getRuntimeVersion", [hash])) as { specVersion: number }).specVersion;

/** Our runtime, in which `MinAllowedWeights` has become a u32. */
function widerMetadata(): Uint8Array {
  const definition = defineRuntime({ blockMs: 250 });
  const pallets = definition.pallets.map((pallet) => {
    if (pallet.name !== "SubtensorModule") return pallet;
    return { ...pallet, storage: { ...pallet.storage, MinAllowedWeights: map([["Identity", "NetUid"]], "u32", 1024) } };
  });
  return buildMetadata({ ...definition, pallets });
}

describe("a live upgrade", () => {
  test("holds from the next block on: version, metadata and code; older blocks keep theirs", async () => {
    const { node, client } = await start();
    const before = await client.result("chain_getBlockHash", []);
    const code = await client.result("state_getStorageHash", ["0x3a636f6465"]);
    const metadata = await client.result("state_getMetadata", []);
    expect(node.upgrade({ specVersion: 476 })).toEqual({ block: node.height() + 1, specVersion: 476 });
    expect(await specOf(client)).toBe(475);
    await node.advance(1);
    expect(await specOf(client)).toBe(476);
    expect(await specOf(client, before)).toBe(475);
    expect(await client.result("state_getMetadata", [before])).toBe(metadata);
    expect(await client.result("state_getMetadata", [])).not.toBe(metadata);
    expect(await client.result("state_getStorageHash", ["0x3a636f6465"])).not.toBe(code);
    expect(await client.result("state_getStorageHash", ["0x3a636f6465", before])).toBe(code);
    await node.advance(30);
    expect(await specOf(client)).toBe(476);
  });

  test.each<[UpgradeOrder, readonly string[]]>([
    ["version-first", ["state_runtimeVersion", "chain_newHead"]],
    ["head-first", ["chain_newHead", "state_runtimeVersion"]],
  ])("is announced %s", async (order, expected) => {
    const { node, client } = await start();
    await client.result("chain_subscribeNewHeads", []);
    await client.result("state_subscribeRuntimeVersion", []);
    await client.until(() => client.notes("state_runtimeVersion")[0]);
    node.upgrade({ order });
    const seen = client.texts.length;
    await node.advance(1);
    await client.result("system_chain", []);
    const methods = client.texts.slice(seen).flatMap((text) => {
      const { method } = JSON.parse(text) as { method?: string };
      return method === undefined ? [] : [method];
    });
    expect(methods).toEqual(expected);
    expect(client.notes("state_runtimeVersion").at(-1)).toMatchObject({ specVersion: 476 });
  });

  test("values whose type changed are written again by the first block of the new runtime", async () => {
    const { node, client } = await start();
    const metadata = widerMetadata();
    const key = runtimeFromMetadata(metadata).storage("SubtensorModule", "MinAllowedWeights").key(NETUID);
    node.setHyperparameter("MinAllowedWeights", 7);
    node.upgrade({ specVersion: 480, metadata });
    await node.advance(1);
    // The block of the upgrade was made by the old runtime, although it answers the new version.
    expect(await client.result("state_getStorage", [key])).toBe("0x0700");
    expect(await specOf(client)).toBe(480);
    await node.advance(1);
    expect(await client.result("state_getStorage", [key])).toBe("0x07000000");
    const { runtime } = testOptions();
    const tempo = runtime.storage("SubtensorModule", "Tempo").key(NETUID);
    expect(await client.result("state_getStorage", [tempo])).toBe("0x1400");
  });

  test("what was signed for the old version is refused, in the pool it becomes invalid", async () => {
    const { node } = await start();
    const api = await connected(node);
    const remark = (): SubmittableExtrinsic<"promise"> => api.tx["system"]!["remark"]!("0x01");
    const waiting = await remark().signAsync(validator, { nonce: 0, era: 0 });
    // Nonce 1 waits for nonce 0, so that it is still in the pool when the upgrade comes.
    const second = await remark().signAsync(validator, { nonce: 1, era: 0 });
    const client = await RawClient.open(node);
    await client.result("author_submitAndWatchExtrinsic", [second.toHex()]);
    node.upgrade({ specVersion: 476 });
    await node.advance(1);
    await client.result("system_chain", []);
    expect(client.notes("author_extrinsicUpdate")).toEqual(["future", "invalid"]);
    const refused = await client.call("author_submitExtrinsic", [waiting.toHex()]);
    expect(refused.error).toMatchObject({ code: 1010, data: "Transaction has a bad signature" });
  });

  test("the unmodified @polkadot/api, connected afterwards, reads both sides of it", async () => {
    const { node } = await start();
    node.upgrade({ specVersion: 480, metadata: widerMetadata() });
    await node.advance(6);
    const api = await connected(node);
    expect(api.runtimeVersion.specVersion.toNumber()).toBe(480);
    const least = api.query["subtensorModule"]!["minAllowedWeights"]!;
    expect((await least(NETUID)).toString()).toBe("1");
    const old = await api.at(await api.rpc.chain.getBlockHash(node.height() - 6));
    expect((await old.query["subtensorModule"]!["minAllowedWeights"]!(NETUID)).toString()).toBe("1");
    const graph = await api.call["subnetInfoRuntimeApi"]!["getSelectiveMetagraph"]!(NETUID, [52]);
    expect((graph.toJSON() as { hotkeys: unknown[] }).hotkeys).toHaveLength(miners.length + 2);
  });

  test.each([
    [{ specVersion: 475 }, "is there already"],
    [{ metadata: Uint8Array.of(1, 2, 3) }, "the metadata cannot be used"],
    [{ specVersion: -1 }, "is no u32"],
  ])("%j is refused in words", async (request, text) => {
    const { node } = await start();
    expect(() => node.upgrade(request)).toThrow(text);
  });
});

describe("an owner's call", () => {
  test("signed with the coldkey from the seed does what the chain lets an owner do", async () => {
    const { node } = await start();
    const api = await connected(node);
    const pair = ownerKeyPair(1);
    const owner = new Keyring({ type: "sr25519" }).addFromPair({ publicKey: pair.publicKey, secretKey: pair.secret });
    const results = async (pairs: typeof owner): Promise<string | undefined> => {
      const call = api.tx["adminUtils"]!["sudoSetEpochConsensus"]!(NETUID, "Null");
      await call.signAndSend(pairs, { nonce: -1, era: 0 });
      await node.advance(1);
      return node.ledger().extrinsics.at(-1)?.result;
    };
    expect(await results(validator)).toBe("BadOrigin");
    // Height 26 or so of a tempo of 20: the epoch at 40 is more than the freeze window away.
    expect(node.height()).toBeLessThan(30);
    expect(await results(owner)).toBe("ok");
    expect(node.validatorHotkeys()).toEqual([validator.address]);
    await node.advance(35 - node.height());
    expect(await results(owner)).toBe("AdminActionProhibitedDuringWeightsWindow");
  });
});
