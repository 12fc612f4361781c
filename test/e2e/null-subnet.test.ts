import { describe, expect, test } from "vitest";
import type { ChainConnection } from "../../src/adapters/chain/connection.ts";
import { chainReader } from "../../src/adapters/chain/reader.ts";
import { weightSubmitter } from "../../src/adapters/chain/submitter.ts";
import { fromHex, sha256 } from "../../src/core/determinism/digest.ts";
import { isFault } from "../../src/core/model/fault.ts";
import type { Ss58 } from "../../src/core/model/ids.ts";
import { encodeSs58 } from "../../src/core/signing/ss58.ts";
import { encodeWeights } from "../../src/core/weights/encode.ts";
import { localRuntime } from "../../src/localnet/metadata/registry.ts";
import type { WeightPairs } from "../../src/localnet/node/items.ts";
import type { LedgerExtrinsic } from "../../src/localnet/node/ledger.ts";
import { type SimNode, type SimNodeOptions, startNode } from "../../src/localnet/node/node.ts";
import type { Observation, SubmissionOutcome, SubmissionPlan } from "../../src/ports/chain.ts";
import { RawClient } from "../localnet/node/support.ts";
import { Bench, recordOf, recordsOf, replayFile, SIGNER } from "../support/cycle-bench.ts";
import { connectTo, LiveService } from "../support/live-service.ts";
import { chuteOf, NETUID } from "../support/scripted-world.ts";

/**
 * Null subnets of the size that chains allow (chain-newest.md §1): the simulated node in this process, a real connection, and
 * the loop of `run` where more than one submission matters.
 */
const SIGNAL = new AbortController().signal;
const TAO = 1_000_000_000n;
const OWN_STAKE = 50_000n * TAO;
const OTHERS = 9;
const runtime = localRuntime({ blockMs: 250 });
const COMMIT = "SubtensorModule.commit_timelocked_mechanism_weights";

const minerKey = (uid: number): Uint8Array => sha256("null miner", String(uid));
const otherKey = (at: number): Uint8Array => sha256("null validator", String(at));

/** Own validator, miners with a chute each, then other validators: `neurons` in all. */
function nodeOf(neurons: number, changed: Partial<SimNodeOptions> = {}): Promise<SimNode> {
  const miners = Array.from({ length: neurons - 1 - OTHERS }, (_, at) => {
    const text = JSON.stringify({ chute_id: chuteOf(at + 1), model: `model-${at + 1}` });
    return { publicKey: minerKey(at + 1), commitment: new TextEncoder().encode(text) };
  });
  const otherValidators = Array.from({ length: OTHERS }, (_, at) => ({
    publicKey: otherKey(at),
    stakeRao: (2_000n + 1_000n * BigInt(at)) * TAO,
  }));
  return startNode({
    seed: 1,
    runtime,
    netuid: NETUID,
    tempo: 100,
    commitReveal: true,
    mode: "Null",
    validator: { publicKey: fromHex(SIGNER.publicKey), stakeRao: OWN_STAKE },
    miners,
    otherValidators,
    blockMs: 250,
    finalityLag: 3,
    virtual: true,
    port: 0,
    ...changed,
  });
}

async function observe(connection: ChainConnection, mechid = 0): Promise<Observation> {
  const seen = await chainReader(connection).observe(
    { netuid: NETUID, mechid, hotkey: SIGNER.hotkey, known: [] },
    SIGNAL,
  );
  if (isFault(seen)) throw new Error(seen.message);
  return seen;
}

/** Every miner gets something, no two neighbours the same. */
function planFor(seen: Observation, salt = 0): SubmissionPlan {
  const targets = seen.neurons.filter(({ uid, permit, stakeRao }) => uid > 0 && !permit && stakeRao === "0");
  const weights = targets.map(({ uid }) => ({ uid, weight: 1 + ((uid * 37 + salt) % 101) }));
  const { uids, values } = encodeWeights(weights);
  return {
    cycle: { netuid: NETUID, mechid: seen.mechid, epoch: seen.epochState.index },
    targets: targets.map(({ uid, hotkey, registeredAt }) => ({ uid, hotkey, registeredAt })),
    uids,
    values,
    versionKey: "0",
    vectorDigest: `0x${"00".repeat(32)}`,
    snapshotBlock: seen.block.number,
    knownUpdate: null,
  };
}

async function send(node: SimNode, connection: ChainConnection, plan: SubmissionPlan): Promise<SubmissionOutcome> {
  return weightSubmitter(connection, SIGNER).submit(
    plan,
    async ({ state }) => {
      if (state === "broadcast") await node.advance(8);
    },
    SIGNAL,
  );
}

function timelocked(outcome: SubmissionOutcome): Extract<SubmissionOutcome, { kind: "timelocked" }> {
  if (outcome.kind !== "timelocked") throw new Error(`no commit: ${JSON.stringify(outcome)}`);
  return outcome;
}

interface Storage {
  row(mechid?: number): Promise<WeightPairs | null>;
  hotkeys(count: number): Promise<readonly Ss58[]>;
  queued(epoch: number, mechid?: number): Promise<number>;
}

async function storageOf(node: SimNode): Promise<Storage> {
  const raw = await RawClient.open(node);
  const read = async (item: string, ...keys: unknown[]): Promise<unknown> => {
    const codec = runtime.storage("SubtensorModule", item);
    const hex = (await raw.result("state_getStorage", [codec.key(...keys)])) as string | null;
    return hex === null ? null : codec.decode(new Uint8Array(Buffer.from(hex.slice(2), "hex")));
  };
  const index = (mechid: number): number => mechid * 4096 + NETUID;
  return {
    row: async (mechid = 0) => (await read("Weights", index(mechid), 0)) as WeightPairs | null,
    hotkeys: async (count) => {
      const keys = await Promise.all(Array.from({ length: count }, (_, uid) => read("Keys", NETUID, uid)));
      return keys.map((key) => encodeSs58(key as Uint8Array));
    },
    queued: async (epoch, mechid = 0) =>
      ((await read("TimelockedWeightCommits", index(mechid), epoch)) as readonly unknown[] | null)?.length ?? 0,
  };
}

const pairs = ({
  uids,
  values,
}: {
  readonly uids: readonly number[];
  readonly values: readonly number[];
}): WeightPairs => uids.map((uid, at) => [uid, values[at] ?? 0]);

function calls(node: SimNode): readonly Pick<LedgerExtrinsic, "call" | "result" | "signer">[] {
  return node.ledger().extrinsics.map(({ call, result, signer }) => ({ call, result, signer }));
}

const commitOk = { call: COMMIT, result: "ok", signer: SIGNER.hotkey };

function setStake(node: SimNode, key: Uint8Array, stake: bigint): void {
  node.setStorage({ item: "SubtensorModule.TotalHotkeyAlpha", keys: [key, NETUID], value: stake });
}

/** Into the next epoch, far enough for its reveals. */
async function nextEpoch(node: SimNode, seen: Observation): Promise<void> {
  const next = seen.epochState.nextEpochBlock ?? 0;
  await node.advance(next + 20 - node.height());
}

describe("2,500 neurons", () => {
  test("are read in two round trips, committed to by the elected validator, and the row is stored as it was sent", async () => {
    await using node = await nodeOf(2500);
    await using connection = await connectTo(node);
    const storage = await storageOf(node);
    await observe(connection);
    node.markWaves();
    const seen = await observe(connection);
    expect(node.waves()).toBeLessThanOrEqual(2);
    expect(seen.neurons).toHaveLength(2500);
    expect(seen.commitments).toHaveLength(2490);
    expect(seen).toMatchObject({ epochState: { mode: "null" }, hyperparameters: { commitRevealEnabled: true } });

    const plan = planFor(seen);
    expect(plan.uids).toHaveLength(2490);
    const outcome = timelocked(await send(node, connection, plan));
    expect(outcome).toMatchObject({ state: "reflected", fault: null, resolved: null });
    const bytes = (outcome.commit.bytes.length - 2) / 2;
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(11_000);
    expect(await storage.row()).toBeNull();
    await nextEpoch(node, seen);
    expect(await storage.row()).toEqual(pairs(plan));
    expect(calls(node)).toEqual([commitOk]);
    const reveal = await chainReader(connection).reveal(
      { netuid: NETUID, mechid: 0, hotkey: SIGNER.hotkey, commit: outcome.commit },
      SIGNAL,
    );
    expect(reveal).toMatchObject({ queued: false, row: { uids: plan.uids, values: plan.values } });
  });

  test("who is not elected signs nothing, says who is and by how much, and follows the next election", async () => {
    await using node = await nodeOf(2500);
    await using connection = await connectTo(node);
    const rival = otherKey(OTHERS - 1);
    setStake(node, rival, OWN_STAKE + 7n);
    await nextEpoch(node, await observe(connection));
    const before = await observe(connection);
    expect(before.neurons.filter(({ permit }) => permit).map(({ uid }) => uid)).toEqual([2499]);
    const refused = await send(node, connection, planFor(before));
    expect(refused).toMatchObject({ kind: "withheld", reason: "not-elected" });
    const detail = refused.kind === "withheld" ? refused.detail : "";
    expect(detail).toContain("uid 2499 with a stake of 50000000000007 rao");
    expect(detail).toContain("uid 0 is 50000000000000 rao");

    // More stake alone does not do: the election is at the end of the epoch.
    setStake(node, fromHex(SIGNER.publicKey), OWN_STAKE + 8n);
    await node.advance(5);
    expect(await send(node, connection, planFor(await observe(connection)))).toMatchObject({ reason: "not-elected" });
    expect(calls(node)).toEqual([]);

    await nextEpoch(node, before);
    const after = await observe(connection);
    expect(after.neurons.filter(({ permit }) => permit).map(({ uid }) => uid)).toEqual([0]);
    expect(timelocked(await send(node, connection, planFor(after)))).toMatchObject({ state: "reflected" });
    expect(calls(node)).toEqual([commitOk]);
  });

  test("a validator that loses the election while its commit waits is not revealed", async () => {
    await using node = await nodeOf(300);
    await using connection = await connectTo(node);
    const storage = await storageOf(node);
    node.owner({ set: "reveal-period", value: 2 });
    await node.advance(5);
    const seen = await observe(connection);
    timelocked(await send(node, connection, planFor(seen)));
    setStake(node, otherKey(0), 2n * OWN_STAKE);
    await nextEpoch(node, seen);
    await nextEpoch(node, await observe(connection));
    await node.advance(20);
    expect(await storage.row()).toBeNull();
    expect(await storage.queued(seen.epochState.index)).toBe(0);
    expect(calls(node)).toEqual([commitOk]);
  });
});

test("two mechanisms have their own commit and their own row, and share the bytes", async () => {
  await using node = await nodeOf(1250);
  node.owner({ set: "mechanisms", value: 2 });
  await node.advance(5);
  await using connection = await connectTo(node);
  const storage = await storageOf(node);
  const [first, second] = [await observe(connection, 0), await observe(connection, 1)];
  expect(second.hyperparameters.mechanismCount).toBe(2);
  const plans = [planFor(first, 3), planFor(second, 50)] as const;
  expect(pairs(plans[0])).not.toEqual(pairs(plans[1]));
  for (const plan of plans) {
    expect(timelocked(await send(node, connection, plan))).toMatchObject({ state: "reflected" });
  }
  expect(await storage.queued(first.epochState.index, 0)).toBe(1);
  expect(await storage.queued(first.epochState.index, 1)).toBe(1);
  await nextEpoch(node, first);
  expect(await storage.row(0)).toEqual(pairs(plans[0]));
  expect(await storage.row(1)).toEqual(pairs(plans[1]));
  const made = node.ledger().extrinsics.map(({ args }) => (args as { readonly mecid: number }).mecid);
  expect(calls(node)).toEqual([commitOk, commitOk]);
  expect(made).toEqual([0, 1]);
});

describe("the mode is switched between the snapshot and the signature", () => {
  test.each([
    ["to Null, where we are elected", OWN_STAKE],
    ["to Null, where another is", 3_000n * TAO],
  ])("%s", async (_where, stakeRao) => {
    await using node = await nodeOf(200, {
      mode: "Yuma",
      commitReveal: false,
      validator: { publicKey: fromHex(SIGNER.publicKey), stakeRao },
    });
    await using connection = await connectTo(node);
    const storage = await storageOf(node);
    await node.advance(10);
    const seen = await observe(connection);
    expect(seen.epochState.mode).toBe("yuma");
    node.owner({ epochMode: "Null" });
    await node.advance(5);
    const plan = planFor(seen);
    const outcome = await send(node, connection, plan);
    if (stakeRao === OWN_STAKE) {
      expect(outcome).toMatchObject({ kind: "direct", state: "reflected" });
      expect(await storage.row()).toEqual(pairs(plan));
    } else {
      expect(outcome).toMatchObject({ kind: "withheld", reason: "not-elected" });
      expect(calls(node)).toEqual([]);
    }
    // Permits are given anew by the next epoch.
    const back = await observe(connection);
    node.owner({ epochMode: "Yuma" });
    await nextEpoch(node, back);
    const again = planFor(await observe(connection), 9);
    expect(await send(node, connection, again)).toMatchObject({ kind: "direct", state: "reflected" });
    expect(await storage.row()).toEqual(pairs(again));
  });
});

/** Commits that were found in finalized blocks so far. */
const included = (service: LiveService): number =>
  service.named("submission").filter(({ facts }) => facts["state"] === "finalized").length;

/** The row on chain, by hotkey. */
async function paid(storage: Storage, count: number): Promise<ReadonlyMap<Ss58, number>> {
  const hotkeys = await storage.hotkeys(count);
  return new Map((await storage.row())?.map(([uid, value]) => [hotkeys[uid] ?? "", value]));
}

/** What a bundle's vector says, by the hotkeys of its own snapshot. */
function meant(
  { records }: LiveService["sealed"][number],
  leftOut: (hotkey: Ss58) => boolean,
): ReadonlyMap<Ss58, number> {
  const { neurons } = recordOf(records, "snapshot");
  const { uids, values } = recordOf(records, "weight-vector");
  return new Map(
    uids.flatMap((uid, at) => {
      const hotkey = neurons[uid]?.hotkey ?? "";
      return leftOut(hotkey) ? [] : [[hotkey, values[at] ?? 0] as const];
    }),
  );
}

test("a pause lets an owner switch to Null and back in mid-epoch, and every row is the right one", async () => {
  // Epochs begin with multiples of 60; commits wait from the middle of an epoch on for the next one's begin.
  await using node = await nodeOf(60, { mode: "Yuma", tempo: 60 });
  using bench = new Bench();
  const storage = await storageOf(node);
  const modes: string[] = [];
  let pausedAt = 0;
  const rows: ReturnType<typeof paid>[] = [];
  const service = new LiveService({
    node,
    block: (self) => {
      const height = node.height();
      const mode = modes.length === 0 ? "Null" : "Yuma";
      if (height % 60 === 40 && height > 120) rows.push(paid(storage, 60));
      if (self.pause === null && modes.length < 2 && included(self) === modes.length + 1) {
        expect(() => node.owner({ epochMode: mode })).toThrow("commits wait for their reveal");
        self.pause = { since: null, reason: "the owner switches modes" };
        pausedAt = height;
      } else if (self.pause !== null && height % 60 === 45 && Math.floor(height / 60) > Math.floor(pausedAt / 60)) {
        // The window is open and nothing was sent, so that the queue is empty.
        node.owner({ epochMode: mode });
        modes.push(mode);
        self.pause = null;
      }
    },
  });
  await service.run(bench, ({ sealed }) => sealed.length === 5);
  expect(modes).toEqual(["Null", "Yuma"]);
  const sealed = service.sealed.map(({ records }) => ({
    mode: recordOf(records, "snapshot").epochState.mode,
    submission: recordOf(records, "submission"),
    settled: recordsOf(records, "settlement").map(({ state }) => state),
  }));
  expect(sealed.map(({ mode }) => mode)).toEqual(["yuma", "yuma", "null", "yuma", "yuma"]);
  for (const { submission } of sealed) {
    expect(submission).toMatchObject({ submission: "timelocked", state: "reflected", reason: null, resolved: null });
  }
  expect(sealed.flatMap(({ settled }) => settled)).toEqual(["revealed", "revealed", "revealed", "revealed"]);
  const stored = await Promise.all([...rows, paid(storage, 60)]);
  expect(stored).toEqual(service.sealed.slice(0, 4).map((cycle) => meant(cycle, () => false)));
  expect(calls(node)).toEqual([commitOk, commitOk, commitOk, commitOk, commitOk]);
  for (const { bundle } of service.sealed) expect(await replayFile(bundle)).toMatchObject({ result: "verified" });
}, 60_000);

describe("a pruning in batches of 64 cancels the commit; it is sent again in the same epoch to the hotkeys' new uids", () => {
  test.each([
    ["of 2,500", 2500, 1],
    ["of 400, and the next bundle settles what was revealed", 400, 2],
  ])(
    "%s",
    async (_size, neurons, cycles) => {
      const target = neurons - 128;
      await using node = await nodeOf(neurons, { tempo: 120 });
      node.owner({ set: "rate-limit", value: 5 });
      // Those with least emission go first: the lowest uids here, so that neurons from the end move into their places.
      const emission = Array.from({ length: neurons }, (_, uid) => (uid > 0 && uid <= 128 ? 0n : 1_000n + BigInt(uid)));
      node.setStorage({ item: "SubtensorModule.Emission", keys: [NETUID], value: emission });
      await node.advance(1);
      using bench = new Bench();
      const storage = await storageOf(node);
      let pruned = 0;
      let prunedAt = 0;
      const prune = (): void => {
        node.owner({ prune: target });
        pruned += 1;
        prunedAt = node.height();
      };
      let found: ReturnType<typeof paid> | undefined;
      const service = new LiveService({
        node,
        scoring: { tasks: { verifiable: 1, judged: 0 }, judgedWeight: 0 },
        block: (self) => {
          // Two batches with blocks between, in which nothing is sent; and later a third call that only cancels.
          if (pruned === 0 && included(self) === 1) prune();
          else if (pruned === 1 && node.height() === prunedAt + 12) prune();
          else if (pruned === 2 && included(self) === 2) prune();
          // In the middle of the next epoch, before its own row is there.
          if (self.sealed.length === 1 && node.height() === 300) found = paid(storage, target);
        },
      });
      await service.run(bench, ({ sealed }) => sealed.length === cycles);
      if (cycles === 1) await node.advance(300 - node.height());
      const row = await (found ?? paid(storage, target));
      expect(pruned).toBe(3);
      expect(service.named("commit-cancelled")).toHaveLength(2);
      expect(service.named("submission-waits").length).toBeGreaterThan(0);
      expect(calls(node).slice(0, 3)).toEqual([commitOk, commitOk, commitOk]);
      const [first, second] = service.sealed;
      if (first === undefined) throw new Error("not sealed");
      const submission = recordOf(first.records, "submission");
      expect(submission).toMatchObject({ submission: "timelocked", state: "reflected", reason: null, fault: null });
      expect(recordOf(first.records, "snapshot").neurons).toHaveLength(neurons);
      expect(submission.resolved?.dropped.length).toBeGreaterThan(90);
      expect(submission.resolved?.moved.length).toBeGreaterThan(90);

      const there = new Set(await storage.hotkeys(target));
      const wanted = [...meant(first, (hotkey) => !there.has(hotkey))];
      expect(new Set(row.keys())).toEqual(new Set(wanted.map(([hotkey]) => hotkey)));
      const largest = Math.max(...wanted.map(([, value]) => value));
      for (const [hotkey, value] of wanted) {
        expect(Math.abs((row.get(hotkey) ?? -9) - (value * 65_535) / largest)).toBeLessThanOrEqual(1);
      }
      const settlements = second === undefined ? [] : recordsOf(second.records, "settlement");
      expect(settlements.map(({ state }) => state)).toEqual(cycles === 1 ? [] : ["revealed"]);
      for (const { bundle } of service.sealed) expect(await replayFile(bundle)).toMatchObject({ result: "verified" });
    },
    90_000,
  );
});
