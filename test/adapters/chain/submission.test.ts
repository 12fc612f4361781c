import { describe, expect, test } from "vitest";
import { signExtrinsic, weightsCall } from "../../../src/adapters/chain/extrinsic.ts";
import { weightSubmitter } from "../../../src/adapters/chain/submitter.ts";
import type { Signer } from "../../../src/ports/signer.ts";
import { submit } from "./submitting.ts";
import { NETUID, planFor, SIGNAL, signerFrom, type World, type WorldOptions, world } from "./world.ts";

describe("weights on their way", () => {
  test("are signed, sent, found final and read back", async () => {
    await using here = await world();
    const connection = await here.connect();
    const plan = planFor(await here.observe(connection));
    const { outcome, steps } = await submit(here, connection, plan);
    expect(steps.map((step) => step.state)).toEqual(["signed", "broadcast", "finalized", "reflected"]);
    expect(steps[0]).toMatchObject({ nonce: 0, eraPeriod: 16 });
    const [entry] = here.node.ledger().extrinsics;
    expect(entry).toMatchObject({ call: "SubtensorModule.set_mechanism_weights", result: "ok" });
    expect(outcome).toMatchObject({
      kind: "direct",
      state: "reflected",
      call: "SubtensorModule.set_mechanism_weights",
      extrinsic: entry?.hash,
      block: { number: entry?.block },
      fault: null,
    });
    const after = await here.observe(connection);
    expect(after.row).toMatchObject({ uids: plan.uids, values: plan.values });
  });

  test("twice in a row have two nonces", async () => {
    await using here = await world();
    const connection = await here.connect();
    here.node.setHyperparameter("WeightsSetRateLimit", 0);
    await here.node.advance(1);
    const plan = planFor(await here.observe(connection));
    const first = await submit(here, connection, plan);
    const second = await submit(here, connection, { ...plan, values: [1, 2, 3, 65_535] });
    expect([first.steps[0]?.nonce, second.steps[0]?.nonce]).toEqual([0, 1]);
    expect(second.outcome).toMatchObject({ state: "reflected" });
    expect(here.node.ledger().rpc["system_accountNextIndex"]).toBe(2);
  });

  test("are read back from finalized state with finality 20 blocks behind", async () => {
    await using here = await world({ finalityLag: 20 });
    await here.node.advance(25);
    const connection = await here.connect();
    const { outcome, steps } = await submit(here, connection, planFor(await here.observe(connection)));
    expect(steps[0]?.eraPeriod).toBe(32);
    expect(outcome).toMatchObject({ kind: "direct", state: "reflected" });
    if (outcome.kind !== "direct") return;
    expect(outcome.block.number).toBeLessThanOrEqual(here.node.finalized());
  });

  test("nothing is broadcast before what must be durable is durable", async () => {
    await using here = await world();
    const connection = await here.connect();
    const plan = planFor(await here.observe(connection));
    const broken = weightSubmitter(connection, here.signer).submit(
      plan,
      () => Promise.reject(new Error("disk full")),
      SIGNAL,
    );
    await expect(broken).rejects.toThrow("disk full");
    expect(here.node.ledger().rpc["author_submitAndWatchExtrinsic"]).toBeUndefined();
  });
});

describe("miners that have moved since they were judged", () => {
  test("get their weights at their uid of today, and who took a seat gets nothing", async () => {
    await using here = await world();
    const connection = await here.connect();
    const plan = planFor(await here.observe(connection));
    here.node.setStorage({ item: "SubtensorModule.BlockAtRegistration", keys: [NETUID, 1], value: 61 });
    await here.node.advance(1);
    const { outcome, steps } = await submit(here, connection, plan);
    const resolved = { uids: [2, 3], values: [65_535, 2], dropped: [1], moved: [] };
    expect(steps[0]).toMatchObject({
      state: "signed",
      call: "SubtensorModule.set_mechanism_weights",
      resolved,
      commit: null,
    });
    expect(outcome).toMatchObject({ kind: "direct", state: "reflected", resolved });
    expect((await here.observe(connection)).row).toMatchObject({ uids: [2, 3], values: [65_535, 2] });
  });

  test("few of them are filled up with zeros where the subnet asks for more", async () => {
    await using here = await world();
    const connection = await here.connect();
    here.node.setHyperparameter("MinAllowedWeights", 5);
    await here.node.advance(1);
    const { outcome } = await submit(here, connection, planFor(await here.observe(connection), [65_535, 9]));
    expect(outcome).toMatchObject({ kind: "direct", state: "reflected", resolved: null });
    const row = { uids: [0, 1, 2, 3, 4], values: [0, 65_535, 9, 0, 0] };
    expect((await here.observe(connection)).row).toMatchObject(row);
  });
});

describe("another process with this hotkey", () => {
  test("is found by its update, and nothing is sent", async () => {
    await using here = await world();
    const connection = await here.connect();
    const plan = planFor(await here.observe(connection));
    const { outcome: other } = await submit(here, connection, plan);
    if (other.kind !== "direct") throw new Error("not sent");
    const { outcome, steps } = await submit(here, connection, { ...plan, knownUpdate: other.block.number - 1 });
    expect(outcome).toEqual({ kind: "foreign-update", lastUpdate: other.block.number, known: other.block.number - 1 });
    expect(steps).toEqual([]);
  });
});

describe("weights are withheld", () => {
  const rows: readonly (readonly [string, WorldOptions, (here: World) => void, string])[] = [
    ["below the stake threshold", { stakeRao: 10n }, () => undefined, "stake-too-low"],
    [
      "without a permit",
      {},
      ({ node }) => node.setHyperparameter("ValidatorPermit", [false, false, false, false, false]),
      "no-permit",
    ],
    [
      "when the owner asks for a newer version key",
      {},
      ({ node }) => node.setHyperparameter("WeightsVersionKey", 7),
      "version-key-newer",
    ],
    [
      "when nobody who was judged holds a seat",
      {},
      ({ node }) => {
        for (const uid of [1, 2, 3]) {
          node.setStorage({ item: "SubtensorModule.BlockAtRegistration", keys: [NETUID, uid], value: 61 });
        }
      },
      "uid-changed",
    ],
    ["when the call would cost something", { feeRao: 124_000 }, () => undefined, "fee-not-zero"],
  ];
  test.each(rows)("%s", async (_name, options, change, reason) => {
    await using here = await world(options);
    const connection = await here.connect();
    const plan = planFor(await here.observe(connection));
    change(here);
    await here.node.advance(1);
    const { outcome, steps } = await submit(here, connection, plan);
    expect(outcome).toMatchObject({ kind: "withheld", reason });
    expect(outcome.kind === "withheld" && outcome.detail).toMatch(/^[A-Z].*\.$/);
    expect(steps).toEqual([]);
    expect(Object.keys(here.node.ledger().rpc).filter((method) => method.startsWith("author_"))).toEqual([]);
  });

  test("for a hotkey that is not registered", async () => {
    await using here = await world();
    const connection = await here.connect();
    const plan = planFor(await here.observe(connection));
    const stranger = await signerFrom(`0x${"77".repeat(32)}`);
    const outcome = await weightSubmitter(connection, stranger).submit(plan, () => Promise.resolve(), SIGNAL);
    expect(outcome).toMatchObject({ kind: "withheld", reason: "not-registered" });
  });

  test("until the rate limit allows, with the block", async () => {
    await using here = await world({ tempo: 200 });
    const connection = await here.connect();
    const plan = planFor(await here.observe(connection));
    const { outcome: first } = await submit(here, connection, plan);
    const { outcome } = await submit(here, connection, plan);
    if (first.kind !== "direct") throw new Error("not sent");
    expect(outcome).toMatchObject({ kind: "withheld", reason: "rate-limited" });
    expect(outcome.kind === "withheld" && outcome.detail).toContain(`from block ${first.block.number + 100}`);
  });

  test("on Null without the one permit, even to oneself", async () => {
    await using here = await world();
    const connection = await here.connect();
    const seen = await here.observe(connection);
    here.node.setHyperparameter("SubnetEpochConsensus", { type: "Null", value: undefined });
    here.node.setHyperparameter("ValidatorPermit", [false, true, false, false, false]);
    await here.node.advance(1);
    const [self] = seen.neurons;
    if (self === undefined) throw new Error("no neuron");
    const plan = { ...planFor(seen), targets: [self], uids: [0], values: [65_535] };
    const { outcome } = await submit(here, connection, plan);
    expect(outcome).toMatchObject({ kind: "withheld", reason: "not-elected" });
  });
});

describe("weights that the chain refuses", () => {
  test("in a block: the dispatch error by name, with a sentence", async () => {
    await using here = await world();
    const connection = await here.connect();
    const { outcome } = await submit(here, connection, planFor(await here.observe(connection)), {
      at: { signed: () => here.node.setHyperparameter("WeightsVersionKey", 7) },
    });
    expect(here.node.ledger().extrinsics.map(({ result }) => result)).toEqual(["IncorrectWeightVersionKey"]);
    expect(outcome).toMatchObject({
      kind: "failed",
      path: "direct",
      state: "finalized",
      open: false,
      fault: { code: "chain-refused", retryable: false, evidence: { detail: "IncorrectWeightVersionKey" } },
    });
  });

  test("at the pool: the custom error's sentence", async () => {
    await using here = await world();
    const connection = await here.connect();
    const { outcome } = await submit(here, connection, planFor(await here.observe(connection)), {
      at: {
        signed: () => {
          here.node.setStorage({ item: "SubtensorModule.StakeThreshold", keys: [], value: 10n ** 18n });
          return here.node.advance(1);
        },
      },
    });
    expect(outcome).toMatchObject({
      kind: "failed",
      state: "signed",
      fault: { code: "chain-refused", blame: "validator", retryable: false },
    });
    expect(outcome.kind === "failed" && outcome.fault.message).toMatch(/stake is below/);
  });

  test("an empty or all-zero vector is never sent", async () => {
    await using here = await world();
    const connection = await here.connect();
    const seen = await here.observe(connection);
    for (const values of [[], [0, 0]]) {
      await expect(submit(here, connection, planFor(seen, values))).rejects.toMatchObject({ code: "vector-invalid" });
    }
  });
});

test.each([
  ["sr25519", "01"],
  ["ed25519", "00"],
] as const)("a signature of %s is marked %s", async (cryptoType, mark) => {
  await using here = await world();
  const { api } = await here.connect();
  const signature = "c5".repeat(64);
  const signer: Signer = { ...here.signer, cryptoType, sign: () => `0x${signature}` };
  const { call } = weightsCall(api, planFor(await here.observe(await here.connect()))) ?? {};
  if (call === undefined) throw new Error("the runtime has no such call");
  const era = { birth: 60, birthHash: here.node.genesis, period: 16 };
  const signed = signExtrinsic(api, signer, { call, nonce: 0, era });
  expect(signed.bytes).toContain(`${here.signer.publicKey.slice(2)}${mark}${signature}`);
});

test("a key that everybody knows signs on a localnet and nowhere else", async () => {
  await using here = await world();
  const connection = await here.connect();
  const alice = await signerFrom("//Alice", "mnemonic-file");
  expect(alice.wellKnown).toBe(true);
  expect(() => weightSubmitter(connection, alice)).not.toThrow();
  const elsewhere = { ...connection, identity: { ...connection.identity, local: false } };
  expect(() => weightSubmitter(elsewhere, alice)).toThrow(
    expect.objectContaining({ code: "well-known-key", exit: "key" }),
  );
});
