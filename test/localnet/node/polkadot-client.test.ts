import type { ApiPromise } from "@polkadot/api";
import type { SubmittableExtrinsic } from "@polkadot/api/types";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../src/core/determinism/digest.ts";
import { encodePayload } from "../../../src/core/timelock/payload.ts";
import { revealRound } from "../../../src/core/timelock/reveal-round.ts";
import { encryptTo } from "../../../src/core/timelock/timelock.ts";
import type { SimNode } from "../../../src/localnet/node/node.ts";
import { connect, edwards, miners, NETUID, startTestNode, validator } from "./support.ts";

let node: SimNode;
let api: ApiPromise;

beforeAll(async () => {
  node = await startTestNode();
  api = await connect(node);
});

afterAll(async () => {
  await api.disconnect();
  await node[Symbol.asyncDispose]();
});

function weightsCall(uids: number[], values: number[]): SubmittableExtrinsic<"promise"> {
  return api.tx["subtensorModule"]!["setMechanismWeights"]!(NETUID, 0, uids, values, 0);
}

interface Outcome {
  readonly inBlock: string | undefined;
  readonly finalized: string;
  readonly events: readonly string[];
  readonly error: string | undefined;
}

/** Signs, sends, makes blocks until the transaction is final. */
async function submit(extrinsic: SubmittableExtrinsic<"promise">, pair = validator): Promise<Outcome> {
  let inBlock: string | undefined;
  return await new Promise<Outcome>((resolve, reject) => {
    extrinsic
      .signAndSend(pair, { nonce: -1, era: 16 }, ({ status, events, dispatchError }) => {
        if (status.isReady) void node.advance(1);
        if (status.isInBlock) {
          inBlock = status.asInBlock.toHex();
          void node.advance(6);
        }
        if (!status.isFinalized) return;
        const error = dispatchError?.isModule
          ? api.registry.findMetaError(dispatchError.asModule).name
          : dispatchError?.toString();
        const names = events.map(({ event }) => `${event.section}.${event.method}`);
        resolve({ inBlock, finalized: status.asFinalized.toHex(), events: names, error });
      })
      .catch(reject);
  });
}

describe("the unmodified @polkadot/api", () => {
  test("sees the genesis, the version and metadata V15 of the node", () => {
    expect(api.genesisHash.toHex()).toBe(node.genesis);
    expect(api.runtimeMetadata.version).toBe(15);
    expect(api.runtimeVersion.specName.toString()).toBe("node-subtensor");
    expect(api.registry.chainSS58).toBe(42);
  });

  test("reads a whole metagraph at one old finalized hash, and only what it asked for", async () => {
    const old = await api.rpc.chain.getBlockHash(node.finalized() - 2);
    const at = await api.at(old);
    const call = at.call["subnetInfoRuntimeApi"]!["getSelectiveMetagraph"]!;
    const graph = (await call(NETUID, [0, 7, 52, 57, 59, 66, 69, 73])).toJSON() as Record<string, unknown>;
    expect(graph).toMatchObject({ netuid: NETUID, block: node.finalized() - 2, tempo: null, incentives: null });
    expect(graph["hotkeys"]).toEqual([validator, ...miners, edwards].map(({ address }) => address));
    expect(graph["validatorPermit"]).toEqual([true, false, false, false, false, true]);
    expect((graph["commitments"] as unknown[]).length).toBe(2);
    const without = (await call(NETUID, [52])).toJSON() as Record<string, unknown>;
    expect(without["netuid"]).toBe(0);
    expect((await call(NETUID + 1, [0])).toJSON()).toBeNull();
  });

  test.each([
    ["getMetagraph", [NETUID]],
    ["getMechagraph", [NETUID, 0]],
    ["getSelectiveMechagraph", [NETUID, 0, Array.from({ length: 77 }, (_, index) => index)]],
    ["getSubnetHyperparamsV2", [NETUID]],
    ["getSubnetHyperparamsV3", [NETUID]],
    ["getSubnetState", [NETUID]],
  ])("decodes %s", async (method, args) => {
    const answer = (await api.call["subnetInfoRuntimeApi"]![method]!(...args)).toJSON();
    expect(answer).not.toBeNull();
    expect(JSON.stringify(answer).length).toBeGreaterThan(500);
  });

  test("gets every column of the metagraph when it asks for all", async () => {
    const all = Array.from({ length: 77 }, (_, index) => index);
    const graph = await api.call["subnetInfoRuntimeApi"]!["getSelectiveMetagraph"]!(NETUID, all);
    const missing = Object.entries(graph.toJSON() as Record<string, unknown>).filter(([, value]) => value === null);
    expect(missing).toEqual([]);
  });

  test("reads neurons, next epoch and the fee of a weight call", async () => {
    const neurons = (await api.call["neuronInfoRuntimeApi"]!["getNeuronsLite"]!(NETUID)).toJSON() as unknown[];
    expect(neurons).toHaveLength(6);
    const next = (await api.call["subnetInfoRuntimeApi"]!["getNextEpochStartBlock"]!(NETUID)).toJSON();
    expect(next).toBe(Math.floor(node.height() / 20) * 20 + 20);
    const info = await weightsCall([1], [1]).paymentInfo(validator);
    expect(info.partialFee.toBigInt()).toBe(0n);
  });

  test("walks maps: commitments with their blocks, revealed ones with their length in front", async () => {
    const entries = await api.query["commitments"]!["commitmentOf"]!.entries(NETUID);
    const rows = new Map(entries.map(([key, value]) => [key.args[1]!.toString(), value.toJSON()]));
    expect(rows.get(miners[0]!.address)).toEqual({
      deposit: 0,
      block: 2,
      info: { fields: [{ raw16: `0x${Buffer.from('{"chute_id":"a"}').toString("hex")}` }] },
    });
    expect(rows.get(miners[1]!.address)).toMatchObject({ block: 5, info: { fields: [{ bigRaw: expect.anything() }] } });
    const revealed = await api.query["commitments"]!["revealedCommitments"]!(NETUID, miners[2]!.publicKey);
    expect(revealed.toJSON()).toEqual([[`0x${Buffer.from('\x40{"chute_id":"c"}').toString("hex")}`, 4]]);
  });

  test("hears of finalized heads whose hash is the hash of their header, parents chaining", async () => {
    const heads: { number: number; hash: string; parent: string }[] = [];
    const stop = await api.rpc.chain.subscribeFinalizedHeads((header) => {
      heads.push({
        number: header.number.toNumber(),
        hash: header.hash.toHex(),
        parent: header.parentHash.toHex(),
      });
    });
    await node.advance(12);
    await api.rpc.system.health();
    stop();
    expect(heads.length).toBeGreaterThan(6);
    for (const { number, hash, parent } of heads) {
      expect(hash).toBe((await api.rpc.chain.getBlockHash(number)).toHex());
      expect(parent).toBe((await api.rpc.chain.getBlockHash(number - 1)).toHex());
    }
    expect(heads.at(-1)!.number).toBe(node.finalized());
  });

  test("sets weights: in a block, final, with its events, the row stored and scaled up, LastUpdate moved", async () => {
    const outcome = await submit(weightsCall([1, 2, 3], [100, 50, 0]));
    expect(outcome.error).toBeUndefined();
    expect(outcome.finalized).toBe(outcome.inBlock);
    expect(outcome.events).toEqual(["subtensorModule.WeightsSet", "system.ExtrinsicSuccess"]);
    const at = await api.at(outcome.finalized);
    const row = await at.query["subtensorModule"]!["weights"]!(NETUID, 0);
    expect(row.toJSON()).toEqual([
      [1, 65_535],
      [2, 32_767],
      [3, 0],
    ]);
    const block = (await api.rpc.chain.getHeader(outcome.finalized)).number.toNumber();
    const updates = (await at.query["subtensorModule"]!["lastUpdate"]!(NETUID)).toJSON() as number[];
    expect(updates[0]).toBe(block);
    const entry = node.ledger().extrinsics.at(-1);
    expect(entry).toMatchObject({ block, index: 1, signer: validator.address, result: "ok" });
    expect(entry?.call).toBe("SubtensorModule.set_mechanism_weights");
  });

  test("sees a failing call fail by name, its nonce used up, and an ed25519 hotkey accepted", async () => {
    const before = (await api.rpc.system.accountNextIndex(edwards.address)).toNumber();
    const outcome = await submit(weightsCall([1, 1], [1, 1]), edwards);
    expect(outcome.error).toBe("DuplicateUids");
    expect(outcome.events).toEqual(["system.ExtrinsicFailed"]);
    expect((await api.rpc.system.accountNextIndex(edwards.address)).toNumber()).toBe(before + 1);
    expect(node.ledger().extrinsics.at(-1)?.result).toBe("DuplicateUids");
  });

  test("sends a commitment of its own and reads it back", async () => {
    const data = `0x${Buffer.from("hello").toString("hex")}`;
    const call = api.tx["commitments"]!["setCommitment"]!(NETUID, { fields: [{ Raw5: data }] });
    const outcome = await submit(call, miners[3]);
    expect(outcome.events).toEqual(["commitments.Commitment", "system.ExtrinsicSuccess"]);
    const at = await api.at(outcome.finalized);
    const row = await at.query["commitments"]!["commitmentOf"]!(NETUID, miners[3]!.publicKey);
    expect(row.toJSON()).toMatchObject({ info: { fields: [{ raw5: data }] } });
  });

  test("commits sealed weights where commit-reveal is on, and is refused plain ones", async () => {
    node.setHyperparameter("CommitRevealWeightsEnabled", true);
    await node.advance(30);
    expect((await submit(weightsCall([1], [1]))).error).toBe("CommitRevealEnabled");
    const last = Number((await api.query["drand"]!["lastStoredRound"]!()).toString());
    const round = last + 1000;
    const call = api.tx["subtensorModule"]!["commitTimelockedMechanismWeights"]!(NETUID, 0, "0x010203", round, 4);
    const outcome = await submit(call);
    expect(outcome.events).toEqual(["subtensorModule.TimelockedWeightsCommitted", "system.ExtrinsicSuccess"]);
    const at = await api.at(outcome.finalized);
    const entries = await at.query["subtensorModule"]!["timelockedWeightCommits"]!.entries(NETUID);
    expect(entries.map(([, value]) => value.toJSON())).toEqual([
      [[validator.address, expect.any(Number), "0x010203", round]],
    ]);
  });

  test("seals a row to the chain's own beacon and sees it revealed", async () => {
    node.setHyperparameter("CommitRevealWeightsEnabled", true);
    node.setHyperparameter("WeightsSetRateLimit", 0);
    node.setHyperparameter("RevealPeriodEpochs", 2);
    await node.advance(1);
    const hyper = await api.call["subnetInfoRuntimeApi"]!["getSubnetHyperparamsV2"]!(NETUID);
    expect(hyper.toJSON()).toMatchObject({ commitRevealWeightsEnabled: true, commitRevealPeriod: 2 });
    const number = async (pallet: string, item: string, ...keys: readonly unknown[]): Promise<number> =>
      Number((await api.query[pallet]![item]!(...keys)).toString());
    const schedule = {
      index: await number("subtensorModule", "subnetEpochIndex", NETUID),
      lastEpochBlock: await number("subtensorModule", "lastEpochBlock", NETUID),
      pendingEpochAt: await number("subtensorModule", "pendingEpochAt", NETUID),
      blocksSinceLastStep: await number("subtensorModule", "blocksSinceLastStep", NETUID),
      tempo: await number("subtensorModule", "tempo", NETUID),
      period: 2,
    };
    const nowSeconds = (await number("timestamp", "now")) / 1000;
    const reveal = revealRound(schedule, { head: node.height(), nowSeconds, blockSeconds: 0.25 });
    if (typeof reveal === "string") throw new Error(reveal);
    const beacon = (await api.query["drand"]!["beaconConfig"]!()).toJSON() as { readonly publicKey: string };
    const payload = { hotkey: validator.publicKey, uids: [2, 4], values: [65_535, 100], versionKey: "0" };
    const random = { key: new Uint8Array(32).fill(1), sigma: new Uint8Array(32).fill(2), nonce: new Uint8Array(12) };
    const sealed = encryptTo(reveal.round, encodePayload(payload), random, fromHex(beacon.publicKey));
    const commit = api.tx["subtensorModule"]!["commitTimelockedMechanismWeights"]!;
    const outcome = await submit(commit(NETUID, 0, toHex(sealed), reveal.round, 4));
    expect(outcome.error).toBeUndefined();
    await node.advance(reveal.firstBlock - node.height());
    const at = await api.at(await api.rpc.chain.getBlockHash(reveal.firstBlock));
    const events = (await at.query["system"]!["events"]!()) as unknown as {
      readonly phase: { readonly isInitialization: boolean };
      readonly event: { readonly method: string };
    }[];
    const own = events.filter(({ phase }) => phase.isInitialization).map(({ event }) => event.method);
    expect(own).toEqual(["WeightsSet", "TimelockedWeightsRevealed"]);
    const row = (await at.query["subtensorModule"]!["weights"]!(NETUID, 0)).toJSON();
    expect(row).toEqual([
      [2, 65_535],
      [4, 100],
    ]);
  });
});
