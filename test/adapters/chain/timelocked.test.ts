import { describe, expect, test } from "vitest";
import { readReveal } from "../../../src/adapters/chain/reveal-sight.ts";
import { weightSubmitter } from "../../../src/adapters/chain/submitter.ts";
import { fromHex, toHex } from "../../../src/core/determinism/digest.ts";
import type { Commit } from "../../../src/core/model/records.ts";
import { QUICKNET_KEY } from "../../../src/core/timelock/beacon.ts";
import { parseCiphertext } from "../../../src/core/timelock/ciphertext.ts";
import { decodePayload } from "../../../src/core/timelock/payload.ts";
import { decrypt } from "../../../src/core/timelock/timelock.ts";
import { runtimeFromMetadata } from "../../../src/localnet/metadata/registry.ts";
import type { SubmissionPlan } from "../../../src/ports/chain.ts";
import { realMetadata } from "./scripted-node.ts";
import { submit } from "./submitting.ts";
import { minerKey, NETUID, planFor, SIGNAL, type World, type WorldOptions, world } from "./world.ts";

const SEALED = { commitReveal: true } as const;
const CALL = "SubtensorModule.commit_timelocked_mechanism_weights";

async function begin(options: WorldOptions = {}): Promise<{
  readonly here: World;
  readonly connection: Awaited<ReturnType<World["connect"]>>;
  readonly plan: SubmissionPlan;
}> {
  const here = await world({ ...SEALED, ...options });
  const connection = await here.connect();
  return { here, connection, plan: planFor(await here.observe(connection)) };
}

function opened(commit: Commit, pulse: string | null): unknown {
  const parsed = parseCiphertext(fromHex(commit.bytes));
  if (typeof parsed === "string" || pulse === null) return parsed;
  const plaintext = decrypt(parsed, fromHex(pulse));
  return typeof plaintext === "string" ? plaintext : decodePayload(plaintext);
}

const FILES = [null, "subtensor-393.v16.scale", "subtensor-424.v16.scale", "subtensor-461.v15.scale"] as const;

describe.each(FILES)("sealed weights with the tables of %s", (file) => {
  const bytes = file === null ? null : realMetadata(file);
  if (file !== null && bytes === null) {
    test.skip("SUBTENSOR_METADATA_DIR is not set", () => undefined);
    return;
  }
  const options = bytes === null ? {} : { runtime: runtimeFromMetadata(bytes) };

  test("are signed, sent, found in their queue, opened by the chain and seen", async () => {
    const { here, connection, plan } = await begin(options);
    await using _ = here;
    const { outcome, steps } = await submit(here, connection, plan, { blocks: 8 });
    expect(steps.map(({ state }) => state)).toEqual(["signed", "broadcast", "finalized", "reflected"]);
    if (outcome.kind !== "timelocked") throw new Error(JSON.stringify(outcome));
    const { commit } = outcome;
    expect(steps[0]).toMatchObject({ call: CALL, resolved: null, commit });
    expect(outcome).toMatchObject({ state: "reflected", call: CALL, fault: null, resolved: null });
    expect(commit).toMatchObject({ epoch: plan.cycle.epoch, version: 4 });
    // With the old epochs, the next begins where the height says (chain.md §5.2).
    expect(commit.revealBlock).toBe(file === "subtensor-393.v16.scale" ? 61 * 2 - (NETUID + 1) : 120);
    expect(here.node.ledger().extrinsics).toMatchObject([{ call: CALL, result: "ok" }]);

    const query = { netuid: NETUID, mechid: 0, hotkey: here.signer.hotkey, commit };
    const before = await readReveal(connection, query, SIGNAL);
    expect(before).toMatchObject({ queued: true, pulse: null, uid: 0, permit: true, owner: false, neurons: 5 });
    expect(before.row).toEqual({ uids: [], values: [] });

    await here.node.advance(80);
    const after = await readReveal(connection, query, SIGNAL);
    expect(after).toMatchObject({ queued: false, epochIndex: plan.cycle.epoch + 1 });
    expect(after.lastStoredRound).toBeGreaterThanOrEqual(commit.round);
    expect(after.row).toMatchObject({ uids: [1, 2, 3, 4], values: [65_535, 30_000, 1, 0] });
    expect(opened(commit, after.pulse)).toMatchObject({
      hotkey: fromHex(here.signer.publicKey),
      uids: plan.uids,
      values: plan.values,
    });
  });
});

const LATE: Commit = { bytes: "0x0102", round: 1, epoch: 1, version: 4, revealBlock: 1 };

describe("a commit", () => {
  test("has randomness of its own each time, and the round of the one before it in the same epoch", async () => {
    const { here, connection, plan } = await begin();
    await using _ = here;
    here.node.setHyperparameter("WeightsSetRateLimit", 0);
    await here.node.advance(1);
    const first = await submit(here, connection, plan, { blocks: 8 });
    const second = await submit(here, connection, plan, { blocks: 8 });
    const [a, b] = [first, second].map(({ outcome }) => (outcome.kind === "timelocked" ? outcome.commit : null));
    expect(b?.round).toBe(a?.round);
    expect(b?.bytes).not.toBe(a?.bytes);
    expect(second.outcome).toMatchObject({ state: "reflected" });
  });

  test("does not take over the round of one that slipped into the epoch: that opens a whole epoch sooner", async () => {
    const { here, connection, plan } = await begin({ blockMs: 12_000 });
    await using _ = here;
    const { lastStoredRound } = await readReveal(
      connection,
      { netuid: NETUID, mechid: 0, hotkey: here.signer.hotkey, commit: LATE },
      SIGNAL,
    );
    const round = lastStoredRound + 40;
    const late = [fromHex(here.signer.publicKey), here.node.height(), fromHex(LATE.bytes), round];
    here.node.setStorage({
      item: "SubtensorModule.TimelockedWeightCommits",
      keys: [NETUID, plan.cycle.epoch],
      value: [late],
    });
    await here.node.advance(1);
    const { outcome } = await submit(here, connection, plan, { blocks: 8 });
    if (outcome.kind !== "timelocked") throw new Error(JSON.stringify(outcome));
    expect(outcome.state).toBe("reflected");
    // A tempo of 60 blocks of 12 seconds has 240 rounds.
    expect(outcome.commit.round - round).toBeGreaterThan(120);
  });

  test("is the same with the same randomness", async () => {
    const ephemeral = (): { key: Uint8Array; sigma: Uint8Array; nonce: Uint8Array } => ({
      key: new Uint8Array(32).fill(1),
      sigma: new Uint8Array(32).fill(2),
      nonce: new Uint8Array(12).fill(3),
    });
    const made: string[] = [];
    for (let run = 0; run < 2; run += 1) {
      const { here, connection, plan } = await begin();
      await using _ = here;
      const { outcome } = await submit(here, connection, plan, { blocks: 8, options: { ephemeral } });
      if (outcome.kind === "timelocked") made.push(outcome.commit.bytes);
    }
    expect(made).toHaveLength(2);
    expect(made[0]).toBe(made[1]);
  });

  test("carries those who are still there, at their uid of today", async () => {
    const { here, connection, plan } = await begin();
    await using _ = here;
    here.node.setStorage({ item: "SubtensorModule.BlockAtRegistration", keys: [NETUID, 1], value: 61 });
    await here.node.advance(1);
    const { outcome } = await submit(here, connection, plan, { blocks: 8 });
    expect(outcome).toMatchObject({
      kind: "timelocked",
      resolved: { uids: [2, 3], values: [65_535, 2], dropped: [1] },
    });
    await here.node.advance(80);
    expect((await here.observe(connection)).row).toMatchObject({ uids: [2, 3], values: [65_535, 2] });
  });

  test("that slips into the next epoch is found there, and it is said what that means", async () => {
    const { here, connection, plan } = await begin({ blockMs: 12_000 });
    await using _ = here;
    await here.node.advance(118 - here.node.height());
    const { outcome } = await submit(here, connection, plan, { at: { signed: () => here.node.advance(3) }, blocks: 8 });
    expect(outcome).toMatchObject({
      kind: "timelocked",
      state: "finalized",
      commit: { epoch: plan.cycle.epoch + 1 },
      fault: { code: "chain-unconfirmed", message: expect.stringMatching(/filed under epoch 2/) },
    });
  });

  test("of a mechanism is filed under it", async () => {
    const here = await world(SEALED);
    await using _ = here;
    const connection = await here.connect();
    here.node.setHyperparameter("MechanismCountCurrent", 2);
    await here.node.advance(4);
    const seen = await here.observe(connection);
    const plan = { ...planFor(seen), cycle: { netuid: NETUID, mechid: 1, epoch: seen.epochState.index } };
    const { outcome } = await submit(here, connection, plan, { blocks: 8 });
    if (outcome.kind !== "timelocked") throw new Error(JSON.stringify(outcome));
    expect(outcome.state).toBe("reflected");
    const query = { netuid: NETUID, hotkey: here.signer.hotkey, commit: outcome.commit };
    expect(await readReveal(connection, { ...query, mechid: 1 }, SIGNAL)).toMatchObject({ queued: true });
    expect(await readReveal(connection, { ...query, mechid: 0 }, SIGNAL)).toMatchObject({ queued: false });
  });
});

describe("what changes under way", () => {
  test.each([
    ["switched on", false, "timelocked", "CommitRevealEnabled"],
    ["switched off", true, "direct", "CommitRevealDisabled"],
  ] as const)("commit-reveal %s: made anew, once, the other way", async (_name, commitReveal, kind, refused) => {
    const { here, connection, plan } = await begin({ commitReveal });
    await using _ = here;
    let switched = false;
    const signed = (): void => {
      if (!switched) here.node.setHyperparameter("CommitRevealWeightsEnabled", !commitReveal);
      switched = true;
    };
    const { outcome, steps } = await submit(here, connection, plan, { at: { signed }, blocks: 8 });
    expect(outcome).toMatchObject({ kind, state: "reflected" });
    expect(here.node.ledger().extrinsics.map(({ result }) => result)).toEqual([refused, "ok"]);
    expect(steps.filter(({ state }) => state === "signed")).toHaveLength(2);
  });

  test("a switch that goes on being thrown is given up after the second time", async () => {
    const { here, connection, plan } = await begin({ commitReveal: false });
    await using _ = here;
    let on = false;
    const signed = (): void => {
      on = !on;
      here.node.setHyperparameter("CommitRevealWeightsEnabled", on);
    };
    const { outcome } = await submit(here, connection, plan, { at: { signed }, blocks: 8 });
    expect(outcome).toMatchObject({ kind: "failed", path: "timelocked", state: "finalized", open: false });
    expect(here.node.ledger().extrinsics).toHaveLength(2);
  });

  test("the epoch is put off and the round comes first: sealed anew for the new round", async () => {
    const { here, connection, plan } = await begin({ blockMs: 500 });
    await using _ = here;
    await here.node.advance(112 - here.node.height());
    let signings = 0;
    const signed = async (): Promise<void> => {
      signings += 1;
      if (signings > 1) return;
      here.node.setHyperparameter("LastEpochBlock", 100);
      here.node.setHyperparameter("BlocksSinceLastStep", 12);
      await here.node.advance(11);
    };
    const { outcome, steps } = await submit(here, connection, plan, { at: { signed }, blocks: 8 });
    const rounds = steps.flatMap(({ state, commit }) => (state === "signed" ? [commit?.round ?? 0] : []));
    expect(rounds).toHaveLength(2);
    expect(rounds[1]).toBeGreaterThan(rounds[0] ?? 0);
    expect(outcome).toMatchObject({ kind: "timelocked", state: "reflected", commit: { round: rounds[1] } });
    expect(here.node.ledger().extrinsics).toHaveLength(1);
  });
});

describe("nothing is sealed", () => {
  const beacon = (change: object): Parameters<World["node"]["setStorage"]>[0] => ({
    item: "Drand.BeaconConfig",
    keys: [],
    value: {
      public_key: QUICKNET_KEY,
      period: 3,
      genesis_time: 1_692_803_367,
      hash: new Uint8Array(0),
      group_hash: new Uint8Array(0),
      scheme_id: new Uint8Array(0),
      metadata: { beacon_id: new Uint8Array(0) },
      ...change,
    },
  });
  test.each<[string, Parameters<World["node"]["setStorage"]>[0], string]>([
    [
      "for a version of the payload that nobody here knows",
      { item: "SubtensorModule.CommitRevealWeightsVersion", keys: [], value: 5 },
      "commit-version-unknown",
    ],
    ["for a beacon of another period", beacon({ period: 30 }), "beacon-unknown"],
    ["for a beacon of another beginning", beacon({ genesis_time: 1 }), "beacon-unknown"],
    ["for a key that is no point", beacon({ public_key: new Uint8Array(96).fill(7) }), "beacon-unknown"],
    ["without a key", beacon({ public_key: new Uint8Array(0) }), "beacon-unknown"],
  ])("%s", async (_name, write, reason) => {
    const { here, connection, plan } = await begin();
    await using _ = here;
    here.node.setStorage(write);
    await here.node.advance(1);
    const { outcome, steps } = await submit(here, connection, plan);
    expect(outcome).toMatchObject({ kind: "withheld", reason });
    expect(steps).toEqual([]);
  });

  test("on a public network for another beacon than quicknet's", async () => {
    const { here, connection, plan } = await begin();
    await using _ = here;
    const genesis = "0x2f0555cc76fc2840a25a6ea3b9637146806f1f44b090c175ffde2a7e5ab36c03" as const;
    const elsewhere = { ...connection, identity: { ...connection.identity, genesis } };
    const outcome = await weightSubmitter(elsewhere, here.signer).submit(plan, () => Promise.resolve(), SIGNAL);
    expect(outcome).toMatchObject({ kind: "withheld", reason: "beacon-unknown" });
  });

  test("for a round that the chain has already", async () => {
    const { here, connection, plan } = await begin();
    await using _ = here;
    here.node.setStorage({ item: "Drand.LastStoredRound", keys: [], value: 2 ** 40 });
    await here.node.advance(1);
    const { outcome, steps } = await submit(here, connection, plan);
    expect(outcome).toMatchObject({ kind: "failed", state: "claimed", open: false, fault: { retryable: true } });
    expect(steps).toEqual([]);
  });
});

describe("a crowd", () => {
  const miners = Array.from({ length: 2_499 }, (_, at) => ({ publicKey: minerKey(String(at)) }));

  test("of 2,500 on Null: committed, found and opened", async () => {
    const { here, connection, plan: few } = await begin({ miners, mode: "Null" });
    await using _ = here;
    const seen = await here.observe(connection);
    const plan = planFor(
      seen,
      Array.from({ length: 2_499 }, (__, at) => 65_535 - at),
    );
    expect(plan.cycle).toEqual(few.cycle);
    const { outcome } = await submit(here, connection, plan, { blocks: 8 });
    if (outcome.kind !== "timelocked") throw new Error(JSON.stringify(outcome).slice(0, 500));
    expect(outcome.state).toBe("reflected");
    expect(outcome.commit.bytes.length / 2 - 1).toBeGreaterThan(10_000);
    await here.node.advance(80);
    const query = { netuid: NETUID, mechid: 0, hotkey: here.signer.hotkey, commit: outcome.commit };
    const sight = await readReveal(connection, query, SIGNAL);
    expect(sight).toMatchObject({ queued: false, mode: "null", neurons: 2_500 });
    expect(sight.row?.values).toEqual(plan.values);
  });

  test("of 2,500 on Yuma makes a commit that the chain would not take: it is not sent", async () => {
    const { here, connection } = await begin({ miners });
    await using _ = here;
    const plan = planFor(
      await here.observe(connection),
      Array.from({ length: 2_499 }, () => 65_535),
    );
    const { outcome, steps } = await submit(here, connection, plan);
    expect(outcome).toMatchObject({ kind: "withheld", reason: "commit-too-large" });
    expect(steps).toEqual([]);
  });
});

test("a reveal is looked at in two dependent waves after the head, all at one block", async () => {
  const { here, connection, plan } = await begin();
  await using _ = here;
  const { outcome } = await submit(here, connection, plan, { blocks: 8 });
  if (outcome.kind !== "timelocked") throw new Error("not sealed");
  const before = here.node.ledger().hashes;
  const query = { netuid: NETUID, mechid: 0, hotkey: here.signer.hotkey, commit: outcome.commit };
  const sight = await readReveal(connection, query, SIGNAL);
  const after = here.node.ledger().hashes;
  const asked = Object.entries(after).filter(([hash, count]) => count > (before[hash] ?? 0));
  expect(asked.map(([hash]) => hash)).toEqual([sight.block.hash]);
  expect(toHex(fromHex(sight.block.hash))).toBe(sight.block.hash);
});
