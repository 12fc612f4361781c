import { afterEach, describe, expect, test } from "vitest";
import { localRuntime } from "../../../src/localnet/metadata/registry.ts";
import type { SimNode, SimNodeOptions } from "../../../src/localnet/node/node.ts";
import { miners, NETUID, RawClient, startTestNode, stranger, TAO, testOptions, validator } from "./support.ts";

const open: SimNode[] = [];

async function start(changed: Partial<SimNodeOptions> = {}): Promise<{ node: SimNode; client: RawClient }> {
  const node = await startTestNode(changed);
  open.push(node);
  return { node, client: await RawClient.open(node) };
}

afterEach(async () => {
  for (const node of open.splice(0)) await node[Symbol.asyncDispose]();
});

async function hashes(client: RawClient): Promise<unknown> {
  return await client.result("chain_getBlockHash", [Array.from({ length: 30 }, (_, number) => number)]);
}

describe("blocks", () => {
  test("the same seed gives the same hashes, whatever is in the blocks; another seed or runtime gives others", async () => {
    const first = await start();
    const second = await start({ miners: [], finalityLag: 5 });
    const otherSeed = await start({ seed: 2 });
    const otherRuntime = await start({ runtime: localRuntime({ blockMs: 500 }) });
    for (const { node } of [first, second, otherSeed, otherRuntime]) await node.advance(20);
    const expected = await hashes(first.client);
    expect(await hashes(second.client)).toEqual(expected);
    expect(second.node.genesis).toBe(first.node.genesis);
    for (const { node, client } of [otherSeed, otherRuntime]) {
      expect(node.genesis).not.toBe(first.node.genesis);
      expect((await hashes(client)) as string[]).not.toContain((expected as string[])[7]);
    }
  });

  test("starts behind its first epoch, with a parent for every head that clients see", async () => {
    const { node, client } = await start({ finalityLag: 20 });
    expect(node.finalized()).toBeGreaterThanOrEqual(20);
    expect(node.height() - node.finalized()).toBeGreaterThanOrEqual(20);
    const head = (await client.result("chain_getHeader", [])) as { parentHash: string };
    expect(await client.result("state_getRuntimeVersion", [head.parentHash])).toMatchObject({ specVersion: 475 });
  });

  test("finality follows at its lag or one more, jumps now and then, never goes back", async () => {
    const { node } = await start({ finalityLag: 4 });
    const steps: number[] = [];
    let last = node.finalized();
    for (let block = 0; block < 200; block += 1) {
      await node.advance(1);
      const lag = node.height() - node.finalized();
      expect(lag).toBeGreaterThanOrEqual(4);
      expect(lag).toBeLessThanOrEqual(5);
      steps.push(node.finalized() - last);
      last = node.finalized();
    }
    expect(new Set(steps)).toEqual(new Set([0, 1, 2]));
  });

  test("time moves by the block time, from the same start in every run", async () => {
    const { node, client } = await start();
    const key = testOptions().runtime.storage("Timestamp", "Now").key();
    const read = async (): Promise<bigint> =>
      Buffer.from(String(await client.result("state_getStorage", [key])).slice(2), "hex").readBigUInt64LE();
    const before = await read();
    expect(before).toBe(BigInt(Date.UTC(2026, 0, 1) + node.height() * 250));
    await node.advance(4);
    expect(await read()).toBe(before + 1000n);
  });

  test("old state is discarded, old headers and blocks are not", async () => {
    const { node, client } = await start();
    const number = node.height();
    const hash = await client.result("chain_getBlockHash", [number]);
    await node.advance(300);
    for (const [method, params] of [
      ["state_getStorage", ["0x00", hash]],
      ["state_getRuntimeVersion", [hash]],
      ["state_getKeysPaged", ["0x", 1, null, hash]],
    ] as const) {
      const { error } = await client.call(method, params);
      expect(error?.code).toBe(4003);
      expect(error?.message).toContain("State already discarded");
    }
    expect(await client.result("chain_getHeader", [hash])).toMatchObject({ number: `0x${number.toString(16)}` });
    expect(await client.result("chain_getBlock", [hash])).toMatchObject({
      block: { extrinsics: [expect.any(String)] },
    });
  });
});

describe("epochs", () => {
  const read = async (client: RawClient, item: string): Promise<number> => {
    const codec = testOptions().runtime.storage("SubtensorModule", item);
    const value = (await client.result("state_getStorage", [codec.key(NETUID)])) as string | null;
    return Number(value === null ? codec.decode(codec.fallback) : codec.decode(Buffer.from(value.slice(2), "hex")));
  };

  test("fire every tempo, count up, and pay by the rows", async () => {
    const { node, client } = await start();
    await node.advance(40 - node.height());
    expect(await read(client, "LastEpochBlock")).toBe(40);
    expect(await read(client, "LastMechansimStepBlock")).toBe(40);
    expect(await read(client, "SubnetEpochIndex")).toBe(2);
    expect(await read(client, "BlocksSinceLastStep")).toBe(0);
    await node.advance(19);
    expect(await read(client, "SubnetEpochIndex")).toBe(2);
    expect(await read(client, "BlocksSinceLastStep")).toBe(19);
    await node.advance(1);
    expect(await read(client, "SubnetEpochIndex")).toBe(3);
    // One of 60,000 TAO votes with 10,000: the silent majority clips its row to nothing (chain.md §8 step 8).
    expect(node.incentives()).toEqual([0, 0, 0, 0, 0, 0]);
    node.setStorage({ item: "SubtensorModule.Weights", keys: [NETUID, 0], value: [[1, 65_535]] });
    // As old as the registrations a row does not count (step 2).
    await node.advance(20);
    expect(node.incentives()).toEqual([0, 0, 0, 0, 0, 0]);
    node.setStorage({ item: "SubtensorModule.LastUpdate", keys: [NETUID], value: [60n, 0n, 0n, 0n, 0n, 1n] });
    await node.advance(20);
    expect(node.incentives()).toEqual([0, 65_535, 0, 0, 0, 0]);
  });

  test("a pending epoch fires at its block and moves the next one", async () => {
    const { node, client } = await start();
    await node.advance(41 - node.height());
    node.setHyperparameter("PendingEpochAt", 45);
    await node.advance(4);
    expect(await read(client, "LastEpochBlock")).toBe(45);
    expect(await read(client, "PendingEpochAt")).toBe(0);
    await node.advance(20);
    expect(await read(client, "LastEpochBlock")).toBe(65);
  });

  test("a validator whose stake falls below the threshold loses its permit with the next epoch", async () => {
    const { node } = await start();
    expect(node.validatorHotkeys()).toContain(validator.address);
    node.setStorage({ item: "SubtensorModule.TotalHotkeyAlpha", keys: [validator.publicKey, NETUID], value: 5n * TAO });
    await node.advance(20);
    expect(node.validatorHotkeys()).not.toContain(validator.address);
  });

  test("knows who is registered", async () => {
    const { node } = await start();
    expect(node.isRegistered(miners[0]!.address)).toBe(true);
    expect(node.isRegistered(stranger.address)).toBe(false);
    expect(node.isRegistered("no address")).toBe(false);
  });
});

describe("options that do not fit", () => {
  test.each<[string, Partial<SimNodeOptions>]>([
    ["the root network", { netuid: 0 }],
    ["a tempo of one block", { tempo: 1 }],
    ["two neurons with one key", { otherValidators: [{ publicKey: validator.publicKey, stakeRao: 1n }] }],
    ["a short key", { validator: { publicKey: new Uint8Array(31), stakeRao: 1n } }],
    [
      "a commitment beyond what one field holds",
      { miners: [{ publicKey: stranger.publicKey, commitment: new Uint8Array(513) }] },
    ],
    [
      "a commitment in the future",
      { miners: [{ publicKey: stranger.publicKey, commitment: new Uint8Array(5), commitmentBlock: 21 }] },
    ],
  ])("%s is refused in words", async (_name, changed) => {
    await expect(startTestNode(changed)).rejects.toThrow("the localnet cannot have");
  });

  test("a taken port is refused in words", async () => {
    const { node } = await start();
    await expect(startTestNode({ port: Number(new URL(node.url).port) })).rejects.toThrow("cannot listen on port");
  });
});

describe("real time", () => {
  test("blocks come by themselves", async () => {
    const { node, client } = await start({ virtual: false, blockMs: 10 });
    await client.result("chain_subscribeNewHeads", []);
    await client.until(() => (client.notes("chain_newHead").length >= 4 ? true : undefined));
    const numbers = client.notes("chain_newHead").map((head) => Number((head as { number: string }).number));
    expect(numbers.slice(0, 4)).toEqual([0, 1, 2, 3].map((step) => (numbers[0] ?? 0) + step));
    expect(node.height()).toBeGreaterThanOrEqual(numbers[3] ?? 0);
  });
});
