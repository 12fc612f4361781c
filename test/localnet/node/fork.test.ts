import { afterEach, describe, expect, test } from "vitest";
import type { SimNode, SimNodeOptions } from "../../../src/localnet/node/node.ts";
import { connect, NETUID, RawClient, startTestNode, testOptions, validator } from "./support.ts";

const open: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function start(changed: Partial<SimNodeOptions> = {}): Promise<{ node: SimNode; client: RawClient }> {
  const node = await startTestNode({ finalityLag: 5, ...changed });
  open.push(() => Promise.resolve(node[Symbol.asyncDispose]()));
  return { node, client: await RawClient.open(node) };
}

function forkNext(node: SimNode, depth: number): void {
  node.setFaults([{ target: "node", match: "*", kind: "fork", value: depth, count: 1 }]);
}

const hashAt = async (client: RawClient, number: number): Promise<unknown> =>
  await client.result("chain_getBlockHash", [number]);
const numbers = (heads: readonly unknown[]): number[] =>
  heads.map((head) => Number((head as { number: string }).number));

describe("a fork", () => {
  test("gives the last blocks siblings; the old ones are still answered for by hash", async () => {
    const { node, client } = await start();
    const top = node.height();
    const old = await Promise.all([top - 1, top].map((number) => hashAt(client, number)));
    const kept = await hashAt(client, top - 2);
    await client.result("chain_subscribeNewHeads", []);
    await client.result("chain_subscribeAllHeads", []);
    forkNext(node, 2);
    await node.advance(1);
    expect(node.height()).toBe(top + 1);
    expect(await hashAt(client, top - 2)).toBe(kept);
    const now = await Promise.all([top - 1, top].map((number) => hashAt(client, number)));
    expect(now[0]).not.toBe(old[0]);
    expect(now[1]).not.toBe(old[1]);
    // Only the block that makes the new branch the longer one is a new best head.
    expect(numbers(client.notes("chain_newHead"))).toEqual([top, top + 1]);
    expect(numbers(client.notes("chain_allHead"))).toEqual([top, top - 1, top, top + 1]);
    const lost = (await client.result("chain_getHeader", [old[1]])) as { number: string; parentHash: string };
    expect(Number(lost.number)).toBe(top);
    expect(lost.parentHash).toBe(old[0]);
    const child = (await client.result("chain_getHeader", [await hashAt(client, top + 1)])) as { parentHash: string };
    expect(child.parentHash).toBe(now[1]);
    const number = testOptions().runtime.storage("System", "Number");
    expect(await client.result("state_getStorage", [number.key(), old[1]])).toBe(
      `0x${Buffer.from(number.encode(top)).toString("hex")}`,
    );
  });

  test("never reaches a final block", async () => {
    const { node, client } = await start();
    const final = await hashAt(client, node.finalized());
    const next = await hashAt(client, node.finalized() + 1);
    const height = node.finalized();
    forkNext(node, 50);
    await node.advance(1);
    expect(await hashAt(client, height)).toBe(final);
    expect(await hashAt(client, height + 1)).not.toBe(next);
  });

  test("takes extrinsics back into the pool; their watchers see it, and the ledger has them once", async () => {
    const { node, client } = await start();
    const api = await connect(node);
    open.push(() => api.disconnect());
    const call = api.tx["system"]!["remark"]!("0x05");
    const signed = await call.signAsync(validator, { nonce: 0, era: 0 });
    await client.result("author_submitAndWatchExtrinsic", [signed.toHex()]);
    await node.advance(2);
    const lost = await hashAt(client, node.height() - 1);
    forkNext(node, 3);
    await node.advance(1);
    const best = await hashAt(client, node.height());
    await node.advance(8);
    await client.result("system_chain", []);
    expect(client.notes("author_extrinsicUpdate")).toEqual([
      "ready",
      { inBlock: lost },
      { retracted: lost },
      { inBlock: best },
      { finalized: best },
    ]);
    expect(node.ledger().extrinsics).toHaveLength(1);
    expect(await client.result("account_nextIndex", [validator.address])).toBe(1);
  });

  test("what was done to the lost blocks from outside happens again, an upgrade included", async () => {
    const { node, client } = await start();
    node.setHyperparameter("WeightsVersionKey", 99);
    node.owner({ set: "rate-limit", value: 3 });
    node.upgrade({ specVersion: 477 });
    await node.advance(2);
    forkNext(node, 4);
    await node.advance(1);
    const { runtime } = testOptions();
    const read = async (item: string): Promise<unknown> =>
      await client.result("state_getStorage", [runtime.storage("SubtensorModule", item).key(NETUID)]);
    expect(await read("WeightsVersionKey")).toBe("0x6300000000000000");
    expect(await read("WeightsSetRateLimit")).toBe("0x0300000000000000");
    expect(await client.result("state_getRuntimeVersion", [])).toMatchObject({ specVersion: 477 });
  });

  test("over the block of an epoch leaves the epoch where it was", async () => {
    const { node, client } = await start();
    const key = testOptions().runtime.storage("SubtensorModule", "LastEpochBlock").key(NETUID);
    await node.advance(41 - node.height());
    const before = await client.result("state_getStorage", [key]);
    forkNext(node, 3);
    await node.advance(1);
    expect(await client.result("state_getStorage", [key])).toBe(before);
    expect(before).toBe("0x2800000000000000");
  });
});
