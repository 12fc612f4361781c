import { afterEach, describe, expect, test } from "vitest";
import { addressOf } from "../../../src/localnet/chutes/sr25519.ts";
import type { SimNode, SimNodeOptions } from "../../../src/localnet/node/node.ts";
import type { OwnerAction } from "../../../src/localnet/node/owner-action.ts";
import { edwards, miners, NETUID, RawClient, startTestNode, TAO, testOptions, validator } from "./support.ts";

const open: SimNode[] = [];
const { runtime } = testOptions();

afterEach(async () => {
  for (const node of open.splice(0)) await node[Symbol.asyncDispose]();
});

interface World {
  readonly node: SimNode;
  /** The decoded value at the best block, undefined when there is none. */
  readonly read: (item: string, ...keys: unknown[]) => Promise<unknown>;
  /** Names of the events of the best block. */
  readonly events: () => Promise<readonly string[]>;
  /** Does it and makes the block in which it shows. */
  readonly act: (action: OwnerAction) => Promise<number>;
}

async function start(changed: Partial<SimNodeOptions> = {}): Promise<World> {
  const node = await startTestNode(changed);
  open.push(node);
  const client = await RawClient.open(node);
  const raw = async (pallet: string, item: string, keys: unknown[]): Promise<unknown> => {
    const codec = runtime.storage(pallet, item);
    const hex = (await client.result("state_getStorage", [codec.key(...keys)])) as string | null;
    return hex === null ? undefined : codec.decode(new Uint8Array(Buffer.from(hex.slice(2), "hex")));
  };
  return {
    node,
    read: (item, ...keys) => raw("SubtensorModule", item, keys),
    events: async () => {
      const records = (await raw("System", "Events", [])) as { event: { type: string; value: { type: string } } }[];
      return records.map(({ event }) => event.value.type);
    },
    act: async (action) => {
      const { block } = node.owner(action);
      await node.advance(block - node.height());
      return block;
    },
  };
}

/** A waiting commit of the validator, in the queue of this epoch. */
function fileCommit(node: SimNode, epoch: number, mechid = 0): void {
  const value = [[validator.publicKey, node.height(), Uint8Array.of(1, 2), 99_999_999_999n]];
  node.setStorage({ item: "SubtensorModule.TimelockedWeightCommits", keys: [mechid * 4096 + NETUID, epoch], value });
}

describe("settings", () => {
  test.each<[OwnerAction, string, unknown, string]>([
    [{ set: "tempo", value: 30 }, "Tempo", 30, "TempoSet"],
    [{ set: "commit-reveal", value: true }, "CommitRevealWeightsEnabled", true, "CommitRevealEnabled"],
    [{ set: "reveal-period", value: 3 }, "RevealPeriodEpochs", 3n, "CommitRevealPeriodsSet"],
    [{ set: "rate-limit", value: 7 }, "WeightsSetRateLimit", 7n, "WeightsSetRateLimitSet"],
    [{ set: "min-allowed-weights", value: 4 }, "MinAllowedWeights", 4, "MinAllowedWeightSet"],
    [{ set: "version-key", value: 12 }, "WeightsVersionKey", 12n, "WeightsVersionKeySet"],
  ])("%j takes effect in the next block, with its event", async (action, item, value, event) => {
    const { node, read, events, act } = await start();
    expect(await act(action)).toBe(node.height());
    expect(await read(item, NETUID)).toEqual(value);
    expect(await events()).toContain(event);
  });

  test("a new tempo is counted from its block", async () => {
    const { node, read, act } = await start();
    // An epoch has just begun, so that the counter of blocks has nothing to say.
    await node.advance(40 - node.height());
    const block = await act({ set: "tempo", value: 7 });
    const index = Number(await read("SubnetEpochIndex", NETUID));
    await node.advance(6);
    expect(Number(await read("SubnetEpochIndex", NETUID))).toBe(index);
    await node.advance(1);
    expect(Number(await read("LastEpochBlock", NETUID))).toBe(block + 7);
  });

  test("a shorter tempo that the counter of blocks has passed starts an epoch in the next block", async () => {
    const { node, read, act } = await start();
    await node.advance(35 - node.height());
    const block = await act({ set: "tempo", value: 10 });
    expect(Number(await read("LastEpochBlock", NETUID))).toBe(block);
    expect(Number(await read("BlocksSinceLastStep", NETUID))).toBe(16);
    await node.advance(1);
    expect(Number(await read("LastEpochBlock", NETUID))).toBe(block + 1);
    expect(Number(await read("BlocksSinceLastStep", NETUID))).toBe(0);
  });

  test("a triggered epoch comes as announced, whatever the tempo becomes", async () => {
    const { node, read, act } = await start();
    node.setStorage({ item: "SubtensorModule.PendingEpochAt", keys: [NETUID], value: 30n });
    await act({ set: "tempo", value: 50 });
    await node.advance(30 - node.height());
    expect(Number(await read("LastEpochBlock", NETUID))).toBe(30);
  });

  test("an epoch on demand comes one block after the next", async () => {
    const { read, act, events } = await start();
    const block = await act({ trigger: true });
    expect(Number(await read("LastEpochBlock", NETUID))).toBe(block);
    expect(Number(await read("PendingEpochAt", NETUID))).toBe(0);
    expect(await events()).not.toContain("EpochDeferred");
  });

  test("a deferred epoch comes so many blocks late, announced in every one of them", async () => {
    const { node, read, events } = await start();
    await node.advance(45 - node.height());
    node.owner({ defer: 3 });
    await node.advance(14);
    const deferred: boolean[] = [];
    for (let block = 60; block <= 63; block += 1) {
      await node.advance(1);
      deferred.push((await events()).includes("EpochDeferred"));
    }
    expect(deferred).toEqual([true, true, true, false]);
    expect(Number(await read("LastEpochBlock", NETUID))).toBe(63);
    await node.advance(20);
    expect(Number(await read("LastEpochBlock", NETUID))).toBe(83);
  });

  test.each<[unknown, string]>([
    [{}, "is not known"],
    [{ set: "kappa", value: 1 }, 'no setting "kappa"'],
    [{ set: "tempo", value: 1 }, "tempo is 1"],
    [{ set: "commit-reveal", value: 1 }, "commit-reveal is 1"],
    [{ set: "reveal-period", value: 101 }, "RevealPeriodTooLarge"],
    [{ set: "mechanisms", value: 3 }, "InvalidValue"],
    [{ epochMode: "Proof" }, 'no epoch mode "Proof"'],
    [{ epochMode: "Null", prune: 3 }, "is not known"],
    [{ prune: 4 }, "InvalidValue"],
    [{ replace: 6 }, "there is no such uid"],
    [{ trigger: false }, "is not known"],
    [[], "is no object"],
  ])("%j is refused in words", async (action, text) => {
    const { node } = await start();
    expect(() => node.owner(action as OwnerAction)).toThrow(text);
  });
});

describe("epoch modes", () => {
  test("Null elects the largest stake at once and keeps the former number of validators", async () => {
    const { node, read, act, events } = await start();
    await act({ epochMode: "Null" });
    expect(await read("SubnetEpochConsensus", NETUID)).toEqual({ type: "Null" });
    expect(node.validatorHotkeys()).toEqual([validator.address]);
    expect(await read("MaxAllowedValidators", NETUID)).toBe(1);
    expect(await read("SavedYumaMaxAllowedValidators", NETUID)).toBe(64);
    expect(await events()).toContain("EpochConsensusSet");
    await act({ epochMode: "Yuma" });
    expect(await read("MaxAllowedValidators", NETUID)).toBe(64);
    expect(await read("SavedYumaMaxAllowedValidators", NETUID)).toBeUndefined();
    await node.advance(20);
    expect(node.validatorHotkeys()).toEqual([validator.address, edwards.address]);
  });

  test("the permit moves with the stake at the next epoch", async () => {
    const { node } = await start({ mode: "Null" });
    expect(node.validatorHotkeys()).toEqual([validator.address]);
    const stake = { item: "SubtensorModule.TotalHotkeyAlpha", keys: [edwards.publicKey, NETUID], value: 90_000n * TAO };
    node.setStorage(stake);
    await node.advance(5);
    expect(node.validatorHotkeys()).toEqual([validator.address]);
    await node.advance(20);
    expect(node.validatorHotkeys()).toEqual([edwards.address]);
  });

  test("pays by the raw row of the elected, keeps bonds, knows no consensus", async () => {
    const { node, read } = await start({ mode: "Null" });
    node.setStorage({
      item: "SubtensorModule.Weights",
      keys: [NETUID, 0],
      value: [
        [1, 30],
        [2, 10],
      ],
    });
    node.setStorage({ item: "SubtensorModule.Bonds", keys: [NETUID, 5], value: [[1, 77]] });
    node.setStorage({ item: "SubtensorModule.LastUpdate", keys: [NETUID], value: [30, 0, 0, 0, 0, 0] });
    await node.advance(20);
    // Three quarters and one quarter of 65535, cut.
    expect(node.incentives()).toEqual([0, 49_151, 16_383, 0, 0, 0]);
    expect(await read("Consensus", NETUID)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await read("ValidatorTrust", NETUID)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await read("Bonds", NETUID, 5)).toEqual([[1, 77]]);
    // 50,000 and 10,000 of 60,000 TAO: five sixths and one sixth.
    expect(await read("Dividends", NETUID)).toEqual([54_612, 0, 0, 0, 0, 10_922]);
    // 41 % of 20 blocks of 1 TAO each for miners and for validators.
    const half = 8_200_000_000n;
    const emission = (await read("Emission", NETUID)) as bigint[];
    expect(emission.reduce((sum, part) => sum + part, 0n)).toBe(2n * half);
    expect(emission.slice(1, 3)).toEqual([(half * 3n) / 4n, half / 4n]);
  });

  test("a switch is refused while a commit of any mechanism waits", async () => {
    const { node, act } = await start({ commitReveal: true });
    fileCommit(node, 2, 3);
    await node.advance(1);
    expect(() => node.owner({ epochMode: "Null" })).toThrow("commits wait");
    await node.advance(1);
    node.setStorage({
      item: "SubtensorModule.TimelockedWeightCommits",
      keys: [3 * 4096 + NETUID, 2],
      value: undefined,
    });
    await node.advance(1);
    await act({ epochMode: "Null" });
    expect(node.validatorHotkeys()).toEqual([validator.address]);
  });

  test("more uids than Yuma has room for keep a subnet on Null", async () => {
    const many = Array.from({ length: 300 }, (_, uid) => ({ publicKey: Buffer.alloc(32, `miner ${uid}`) }));
    const { node } = await start({ mode: "Null", miners: many });
    expect(() => node.owner({ epochMode: "Yuma" })).toThrow("more uids than the mode allows");
  });

  test("a second mechanism is paid its half, and the columns of the subnet are the sum", async () => {
    const { node, read, act } = await start();
    await act({ set: "mechanisms", value: 2 });
    node.setStorage({ item: "SubtensorModule.Weights", keys: [NETUID, 0], value: [[1, 65_535]] });
    node.setStorage({ item: "SubtensorModule.Weights", keys: [4096 + NETUID, 0], value: [[2, 65_535]] });
    for (const index of [NETUID, 4096 + NETUID]) {
      node.setStorage({ item: "SubtensorModule.LastUpdate", keys: [index], value: [BigInt(node.height())] });
    }
    await node.advance(20);
    expect(await read("Incentive", NETUID)).toEqual([0, 65_535, 0, 0, 0, 0]);
    expect(await read("Incentive", 4096 + NETUID)).toEqual([0, 0, 65_535, 0, 0, 0]);
    expect(await read("ConsensusByMechanism", 4096 + NETUID)).toEqual([0, 0, 65_535, 0, 0, 0]);
    // 65535 is split into 32768 and 32767.
    expect(await read("Consensus", NETUID)).toEqual([0, 32_768, 32_767, 0, 0, 0]);
    await act({ set: "mechanisms", value: 1 });
    expect(await read("Incentive", 4096 + NETUID)).toBeUndefined();
    expect(await read("Weights", 4096 + NETUID, 0)).toBeUndefined();
  });
});

describe("uids", () => {
  test("a replaced neuron begins anew, and weights on its uid become zero", async () => {
    const { node, read, act, events } = await start();
    node.setStorage({
      item: "SubtensorModule.Weights",
      keys: [NETUID, 0],
      value: [
        [1, 65_535],
        [2, 5],
      ],
    });
    node.setStorage({
      item: "SubtensorModule.Bonds",
      keys: [NETUID, 0],
      value: [
        [1, 9],
        [2, 9],
      ],
    });
    await node.advance(1);
    const block = await act({ replace: 1 });
    expect(node.isRegistered(miners[0]!.address)).toBe(false);
    expect(await read("Uids", NETUID, miners[0]!.publicKey)).toBeUndefined();
    const hotkey = (await read("Keys", NETUID, 1)) as Uint8Array;
    expect(node.isRegistered(addressOf(hotkey))).toBe(true);
    expect(Number(await read("BlockAtRegistration", NETUID, 1))).toBe(block);
    expect(await read("LastUpdate", NETUID)).toEqual([0n, BigInt(block), 0n, 0n, 0n, 1n]);
    expect(await read("Weights", NETUID, 0)).toEqual([
      [1, 0],
      [2, 5],
    ]);
    expect(await read("Bonds", NETUID, 0)).toEqual([[2, 9]]);
    expect(await events()).toContain("NeuronRegistered");
  });

  test("a swapped hotkey keeps uid, registration and stake; the chain notes who followed whom", async () => {
    const { node, read, act } = await start();
    await act({ swap: 0 });
    const first = (await read("Keys", NETUID, 0)) as Uint8Array;
    expect(await read("HotkeySuccessor", NETUID, validator.publicKey)).toEqual(first);
    expect(await read("HotkeyRoot", NETUID, first)).toEqual(validator.publicKey);
    expect(await read("TotalHotkeyAlpha", first, NETUID)).toBe(50_000n * TAO);
    expect(Number(await read("BlockAtRegistration", NETUID, 0))).toBe(0);
    await act({ swap: 0 });
    const second = (await read("Keys", NETUID, 0)) as Uint8Array;
    expect(await read("HotkeyRoot", NETUID, second)).toEqual(validator.publicKey);
    expect(node.isRegistered(validator.address)).toBe(false);
  });
});

/** 200 miners; uid 0 is elected and pays the even uids, uid 201 is another validator. */
async function crowd(): Promise<World> {
  const many = Array.from({ length: 200 }, (_, uid) => ({ publicKey: Buffer.alloc(32, `miner ${uid + 1} `) }));
  const world = await start({ mode: "Null", miners: many, commitReveal: true });
  const row = Array.from({ length: 100 }, (_, at) => [2 * (at + 1), 100 + at]);
  world.node.setStorage({ item: "SubtensorModule.Weights", keys: [NETUID, 0], value: row });
  world.node.setStorage({ item: "SubtensorModule.LastUpdate", keys: [NETUID], value: [30] });
  await world.node.advance(20);
  return world;
}

describe("pruning on Null", () => {
  test("goes in batches of 64, least emission first; the last ones fill the holes, and the row follows them", async () => {
    const { node, read, act, events } = await crowd();
    const before = new Map<string, number>();
    for (let uid = 0; uid <= 201; uid += 1) {
      before.set(Buffer.from((await read("Keys", NETUID, uid)) as Uint8Array).toString("hex"), uid);
    }
    fileCommit(node, 3, 0);
    fileCommit(node, 3, 1);
    await node.advance(1);
    await act({ prune: 120 });
    expect(await events()).toContain("NullUidsPruningProgress");
    expect(await read("SubnetworkN", NETUID)).toBe(138);
    expect(await read("MaxAllowedUids", NETUID)).toBe(138);
    expect(await read("NullPruningTarget", NETUID)).toBe(120);
    expect(await read("TimelockedWeightCommits", NETUID, 3)).toBeUndefined();
    expect(await read("TimelockedWeightCommits", 4096 + NETUID, 3)).toBeUndefined();
    expect(() => node.owner({ prune: 100 })).toThrow("InvalidValue");
    await act({ prune: 120 });
    expect(await read("SubnetworkN", NETUID)).toBe(120);
    expect(await read("NullPruningTarget", NETUID)).toBeUndefined();
    const row = new Map((await read("Weights", NETUID, 0)) as [number, number][]);
    expect(row.size).toBe(100);
    for (let uid = 0; uid < 120; uid += 1) {
      const hotkey = (await read("Keys", NETUID, uid)) as Uint8Array;
      expect(await read("Uids", NETUID, hotkey)).toBe(uid);
      const old = before.get(Buffer.from(hotkey).toString("hex")) ?? -1;
      // Whoever was paid is still there, and with the same weight; nobody moved but into a hole from behind.
      expect(row.get(uid)).toBe(old % 2 === 0 && old > 0 ? 100 + old / 2 - 1 : undefined);
      expect(old === uid || old >= 120).toBe(true);
    }
    expect(await read("Keys", NETUID, 120)).toBeUndefined();
    expect(node.validatorHotkeys()).toEqual([validator.address]);
    expect((await read("Incentive", NETUID)) as number[]).toHaveLength(120);
    const incentives = node.incentives();
    await node.advance(20);
    expect(node.incentives()).toEqual(incentives);
  });

  test("with the present number of uids it only cancels what waits", async () => {
    const { node, read, act } = await crowd();
    fileCommit(node, 3);
    await node.advance(1);
    await act({ prune: 202 });
    expect(await read("SubnetworkN", NETUID)).toBe(202);
    expect(await read("TimelockedWeightCommits", NETUID, 3)).toBeUndefined();
    expect(await read("NullPruningTarget", NETUID)).toBeUndefined();
  });

  test("is refused when too many would be immune", async () => {
    const { node } = await crowd();
    node.setHyperparameter("ImmunityPeriod", 4096);
    await node.advance(1);
    expect(() => node.owner({ prune: 150 })).toThrow("four fifths");
  });
});

test("a Null subnet of 2,500 miners runs its epochs, and prunes", async () => {
  const many = Array.from({ length: 2500 }, (_, uid) => ({ publicKey: Buffer.alloc(32, `miner ${uid} .`) }));
  const { node, read, act } = await start({ mode: "Null", miners: many });
  const row = many.map((_, at) => [at + 1, 1 + (at % 100)]);
  node.setStorage({ item: "SubtensorModule.Weights", keys: [NETUID, 0], value: row });
  await node.advance(40);
  expect(node.incentives()).toHaveLength(2502);
  expect(node.incentives()[100]).toBeGreaterThan(node.incentives()[1] ?? 0);
  await act({ prune: 2400 });
  expect(await read("SubnetworkN", NETUID)).toBe(2438);
  await act({ epochMode: "Null" });
});
