import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chainReader } from "../../../src/adapters/chain/reader.ts";
import { claimOf } from "../../../src/core/chain/commitments.ts";
import type { Commitment } from "../../../src/core/model/metagraph.ts";
import { encodeSs58 } from "../../../src/core/signing/ss58.ts";
import { minerKey, NETUID, SIGNAL, signerFrom, type World, world } from "./world.ts";

const CHUTE = "398651e1-5f85-5e50-a513-7c5324e8e839";
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const claim = (model: string): Uint8Array => text(JSON.stringify({ model, chute_id: CHUTE }));
const MINERS = [
  { publicKey: minerKey("plain"), commitment: claim("a/b"), commitmentBlock: 11 },
  { publicKey: minerKey("long"), commitment: text(`${new TextDecoder().decode(claim("a/b"))}${" ".repeat(300)}`) },
  {
    publicKey: minerKey("revealed"),
    commitmentBlock: 20,
    revealed: [
      { block: 15, data: text("old") },
      { block: 22, data: claim("c/d") },
    ],
  },
  { publicKey: minerKey("rubbish"), commitment: Uint8Array.from([0xff, 0xfe, 0x00]) },
  { publicKey: minerKey("huge"), commitmentBlock: 3, revealed: [{ block: 4, data: new Uint8Array(100_000).fill(65) }] },
  { publicKey: minerKey("silent") },
  { publicKey: minerKey("sealed") },
];

describe("a snapshot of the simulated node", () => {
  let here: World;
  const other = minerKey("other validator");

  beforeAll(async () => {
    here = await world({
      miners: MINERS,
      otherValidators: [
        {
          publicKey: other,
          stakeRao: 5n * 10n ** 13n,
          weights: [
            [1, 65_535],
            [2, 7],
          ],
        },
      ],
    });
    const fields = [
      { type: "TimelockEncrypted", value: { encrypted: Uint8Array.of(1, 2, 3), reveal_round: 99n } },
      { type: "Sha256", value: new Uint8Array(32).fill(9) },
      { type: "ResetBondsFlag", value: undefined },
    ];
    const value = { deposit: 0n, block: 61, info: { fields } };
    here.node.setStorage({ item: "Commitments.CommitmentOf", keys: [NETUID, minerKey("sealed")], value });
    const stranger = { deposit: 0n, block: 2, info: { fields: [{ type: "Raw5", value: text("hello") }] } };
    here.node.setStorage({ item: "Commitments.CommitmentOf", keys: [NETUID, minerKey("stranger")], value: stranger });
    await here.node.advance(5);
  });

  afterAll(() => here[Symbol.asyncDispose]());

  test("names one finalized block in every read of state", async () => {
    const connection = await here.connect();
    const before = here.node.ledger().hashes;
    const seen = await here.observe(connection);
    const after = here.node.ledger().hashes;
    expect(Object.keys(after).filter((hash) => after[hash] !== before[hash])).toEqual([seen.block.hash]);
    expect(seen.block.number).toBeLessThanOrEqual(here.node.height() - 3);
    expect(here.node.ledger().rpc["chain_getFinalizedHead"]).toBe(1);
  });

  test("holds what the chain holds", async () => {
    const seen = await here.observe(await here.connect());
    expect(seen.neurons.map((neuron) => neuron.uid)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(seen.neurons[0]).toMatchObject({ hotkey: here.signer.hotkey, permit: true, stakeRao: "10000000000000" });
    expect(seen.neurons[1]).toMatchObject({ hotkey: encodeSs58(minerKey("plain")), permit: false, stakeRao: "0" });
    expect(seen.hyperparameters).toMatchObject({ tempo: 60, weightsRateLimit: 30, stakeThresholdRao: "1000000000000" });
    expect(seen.hyperparameters).toMatchObject({
      commitRevealEnabled: false,
      commitRevealVersion: 4,
      mechanismCount: 1,
    });
    expect(seen.epochState).toMatchObject({ mode: "yuma", index: 1, lastEpochBlock: 60, nextEpochBlock: 120 });
    expect(seen.block.timeMs).toBeGreaterThan(1_700_000_000_000);
  });

  test("brings every miner's commitment, decoded and bounded, and no stranger's", async () => {
    const { commitments } = await here.observe(await here.connect());
    const of = (name: string): Commitment | undefined =>
      commitments.find((one) => one.hotkey === encodeSs58(minerKey(name)));
    expect(of("stranger")).toBeUndefined();
    expect(of("silent")).toBeUndefined();
    expect(commitments.map((one) => one.hotkey)).toEqual(commitments.map((one) => one.hotkey).toSorted());
    const read = (name: string): unknown => {
      const found = of(name);
      return found === undefined ? undefined : claimOf(found);
    };
    expect(read("plain")).toEqual({ kind: "claim", claim: { chuteId: CHUTE, model: "a/b" }, block: 11 });
    expect(read("long")).toMatchObject({ kind: "claim", block: 1 });
    expect(read("revealed")).toEqual({ kind: "claim", claim: { chuteId: CHUTE, model: "c/d" }, block: 20 });
    expect(read("rubbish")).toEqual({ kind: "unreadable", detail: "not-utf8" });
    expect(read("huge")).toEqual({ kind: "unreadable", detail: "too-long" });
    expect(of("huge")?.revealed[0]?.data.length).toBe(2 + 2 * 1025);
    expect(read("sealed")).toEqual({ kind: "sealed" });
    expect(of("sealed")?.fields.map((field) => field.kind)).toEqual(["timelocked", "hash", "other"]);
  });

  test("compares with the own row, and without a wallet with the row of the richest permitted validator", async () => {
    const connection = await here.connect();
    const own = await chainReader(connection).observe(
      { netuid: NETUID, mechid: 0, hotkey: here.signer.hotkey, known: [] },
      SIGNAL,
    );
    expect(own).toMatchObject({ row: { uid: 0, hotkey: here.signer.hotkey, uids: [], values: [] } });
    const foreign = await chainReader(connection).observe(
      { netuid: NETUID, mechid: 0, hotkey: null, known: [] },
      SIGNAL,
    );
    expect(foreign).toMatchObject({ row: { uid: 8, hotkey: encodeSs58(other), uids: [1, 2], values: [65_535, 7] } });
  });

  test.each([
    ["subnet", 99, 0, /no subnet 99/],
    ["mechanism", NETUID, 5, /no mechanism 5 of subnet 7/],
  ])("a missing %s ends in a sentence", async (_name, netuid, mechid, message) => {
    const connection = await here.connect();
    const seen = chainReader(connection).observe({ netuid, mechid, hotkey: null, known: [] }, SIGNAL);
    await expect(seen).rejects.toThrow(message);
    await expect(seen).rejects.toMatchObject({ code: "subnet-not-found", exit: "configuration" });
  });

  test("follows the finalized head", async () => {
    const connection = await here.connect();
    const reader = chainReader(connection);
    const first = await reader.finalized(SIGNAL);
    if (!("finalized" in first)) throw new Error(first.message);
    const moved = connection.heads.beyond(first.finalized, 20_000, SIGNAL);
    await here.node.advance(2);
    await moved;
    const second = await reader.finalized(SIGNAL);
    if (!("finalized" in second)) throw new Error(second.message);
    expect(second.finalized).toBeGreaterThan(first.finalized);
    const asked = here.node.ledger().rpc["chain_getFinalizedHead"];
    await reader.finalized(SIGNAL);
    expect(here.node.ledger().rpc["chain_getFinalizedHead"]).toBe(asked);
  });
});

test.each([
  ["Null", { type: "Null", value: undefined }, "null"],
  ["Yuma", { type: "Yuma", value: undefined }, "yuma"],
])("the epoch mode %s is part of the snapshot", async (_name, value, mode) => {
  await using here = await world();
  here.node.setHyperparameter("SubnetEpochConsensus", value);
  await here.node.advance(6);
  const seen = await here.observe(await here.connect());
  expect(seen.epochState.mode).toBe(mode);
});

test("vectors shorter than the number of neurons are filled with zeros", async () => {
  await using here = await world();
  for (const item of ["LastUpdate", "Incentive", "Active", "ValidatorPermit"]) {
    here.node.setHyperparameter(item, []);
  }
  await here.node.advance(6);
  const seen = await here.observe(await here.connect());
  expect(seen.neurons).toHaveLength(5);
  expect(seen.neurons[4]).toMatchObject({ lastUpdate: 0, incentive: 0, active: false, permit: false });
});

test("a key from a well-known secret is known as such to the tests below", async () => {
  expect((await signerFrom("//Alice", "mnemonic-file")).wellKnown).toBe(true);
});
