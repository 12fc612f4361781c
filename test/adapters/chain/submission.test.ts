import { describe, expect, test } from "vitest";
import type { ChainConnection } from "../../../src/adapters/chain/connection.ts";
import { signExtrinsic, weightsCall } from "../../../src/adapters/chain/extrinsic.ts";
import { weightSubmitter } from "../../../src/adapters/chain/submitter.ts";
import type { SubmissionOutcome, SubmissionPlan, SubmissionProgress } from "../../../src/ports/chain.ts";
import type { Signer } from "../../../src/ports/signer.ts";
import { minerKey, NETUID, planFor, SIGNAL, signerFrom, type World, type WorldOptions, world } from "./world.ts";

type Step = Parameters<SubmissionProgress>[0];

/** Submits and lets blocks pass as soon as the node has the extrinsic; `at` does something more at a step. */
async function submit(
  here: World,
  connection: ChainConnection,
  plan: SubmissionPlan,
  at: Partial<Record<Step["state"], () => unknown>> = {},
): Promise<{ readonly outcome: SubmissionOutcome; readonly steps: readonly Step[] }> {
  const steps: Step[] = [];
  const progress: SubmissionProgress = async (step) => {
    steps.push(step);
    await at[step.state]?.();
    if (step.state === "broadcast") await here.node.advance(45);
  };
  const outcome = await weightSubmitter(connection, here.signer).submit(plan, progress, SIGNAL);
  return { outcome, steps };
}

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

describe("weights are withheld", () => {
  const rows: readonly (readonly [string, WorldOptions, (here: World) => void, string])[] = [
    ["while commit-reveal is on", { commitReveal: true }, () => undefined, "commit-reveal-on"],
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
      "when the subnet asks for more weights than there are",
      {},
      ({ node }) => node.setHyperparameter("MinAllowedWeights", 5),
      "too-few-weights",
    ],
    [
      "when a uid has a new owner",
      {},
      ({ node }) => node.setStorage({ item: "SubtensorModule.Keys", keys: [NETUID, 2], value: minerKey("newcomer") }),
      "uid-changed",
    ],
    [
      "when a miner was registered again under its old uid",
      {},
      ({ node }) => node.setStorage({ item: "SubtensorModule.BlockAtRegistration", keys: [NETUID, 3], value: 61 }),
      "uid-changed",
    ],
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
    expect(outcome).toMatchObject({ kind: "withheld", reason: "no-permit" });
  });
});

describe("weights that the chain refuses", () => {
  test("in a block: the dispatch error by name, with a sentence", async () => {
    await using here = await world();
    const connection = await here.connect();
    const { outcome } = await submit(here, connection, planFor(await here.observe(connection)), {
      signed: () => here.node.setHyperparameter("CommitRevealWeightsEnabled", true),
    });
    expect(here.node.ledger().extrinsics[0]?.result).toBe("CommitRevealEnabled");
    expect(outcome).toMatchObject({
      kind: "failed",
      state: "finalized",
      fault: { code: "chain-refused", retryable: true, evidence: { detail: "CommitRevealEnabled" } },
    });
  });

  test("at the pool: the custom error's sentence", async () => {
    await using here = await world();
    const connection = await here.connect();
    const { outcome } = await submit(here, connection, planFor(await here.observe(connection)), {
      signed: () => {
        here.node.setStorage({ item: "SubtensorModule.StakeThreshold", keys: [], value: 10n ** 18n });
        return here.node.advance(1);
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
  const { call } = weightsCall(api, planFor(await here.observe(await here.connect())));
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
