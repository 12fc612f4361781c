import { describe, expect, test } from "vitest";
import { connectChain } from "../../../src/adapters/chain/connection.ts";
import { weightSubmitter } from "../../../src/adapters/chain/submitter.ts";
import { isFault } from "../../../src/core/model/fault.ts";
import type { SettleFacts, SubmissionPlan, SubmissionProgress } from "../../../src/ports/chain.ts";
import { SILENT } from "../../../src/ports/telemetry.ts";
import { discarding, goBetween } from "./go-between.ts";
import { NETUID, planFor, SIGNAL, type World, type WorldOptions, world } from "./world.ts";

type Step = Parameters<SubmissionProgress>[0];

const NOTHING = { extrinsic: null, eraBirth: null, eraPeriod: null, call: null, resolved: null, commit: null } as const;

/** A process that is killed at a step: what it had made durable by then. */
async function killedAt(here: World, plan: SubmissionPlan, state: Step["state"]): Promise<SettleFacts> {
  const steps: Step[] = [];
  const kill = new AbortController();
  const connection = await here.connect();
  const submission = weightSubmitter(connection, here.signer).submit(
    plan,
    (step) => {
      steps.push(step);
      if (step.state === state) kill.abort(new Error("killed"));
      return state === step.state ? Promise.reject(new Error("killed")) : Promise.resolve();
    },
    kill.signal,
  );
  await expect(submission).rejects.toThrow("killed");
  await connection[Symbol.asyncDispose]();
  const [signed] = steps;
  return {
    state: steps.at(-1)?.state ?? "claimed",
    extrinsic: signed?.extrinsic ?? null,
    eraBirth: signed?.eraBirth ?? null,
    eraPeriod: signed?.eraPeriod ?? null,
    call: signed?.call ?? null,
    resolved: signed?.resolved ?? null,
    commit: signed?.commit ?? null,
    again: signed?.bytes ?? null,
  };
}

async function settled(here: World, plan: SubmissionPlan, known: SettleFacts): Promise<unknown> {
  const connection = await here.connect();
  return weightSubmitter(connection, here.signer, { lookMs: 200 }).settle(plan, known, SIGNAL);
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

async function start(options: WorldOptions = {}): Promise<{ readonly here: World; readonly plan: SubmissionPlan }> {
  const here = await world(options);
  return { here, plan: planFor(await here.observe(await here.connect())) };
}

describe("what a killed process left behind", () => {
  test("sent: it is found in the block that has it, and nothing is sent again", async () => {
    const { here, plan } = await start();
    await using _ = here;
    const known = await killedAt(here, plan, "broadcast");
    await here.node.advance(8);
    expect(await settled(here, plan, known)).toMatchObject({
      kind: "direct",
      state: "reflected",
      extrinsic: known.extrinsic,
      fault: null,
    });
    expect(here.node.ledger().extrinsics).toHaveLength(1);
  });

  test("sent and not yet final: it is waited for", async () => {
    const { here, plan } = await start();
    await using _ = here;
    const known = await killedAt(here, plan, "broadcast");
    const outcome = settled(here, plan, known);
    for (let block = 0; block < 8; block += 1) await here.node.advance(1);
    expect(await outcome).toMatchObject({ kind: "direct", state: "reflected" });
  });

  test.each([false, true])(
    "signed and never sent: the same extrinsic is handed to the node at once (commit-reveal %s)",
    async (commitReveal) => {
      const { here, plan } = await start({ commitReveal });
      await using _ = here;
      const known = await killedAt(here, plan, "signed");
      const outcome = settled(here, plan, known);
      await until(() => (here.node.ledger().rpc["author_submitExtrinsic"] ?? 0) > 0);
      await here.node.advance(8);
      expect(await outcome).toMatchObject({ state: "reflected", extrinsic: known.extrinsic, fault: null });
      expect(here.node.ledger().extrinsics).toMatchObject([{ hash: known.extrinsic, result: "ok" }]);
    },
  );

  test.each<[string, (here: World) => void]>([
    ["the subnet has another way now", ({ node }) => node.setHyperparameter("CommitRevealWeightsEnabled", true)],
    ["the chain would refuse it", ({ node }) => node.setHyperparameter("WeightsVersionKey", 99n)],
    ["another epoch has begun", ({ node }) => node.setHyperparameter("SubnetEpochIndex", 9n)],
  ])("signed and never sent: it is left alone when %s", async (_when, change) => {
    const { here, plan } = await start();
    await using _ = here;
    const known = await killedAt(here, plan, "signed");
    change(here);
    await here.node.advance(4);
    const outcome = settled(here, plan, known);
    await until(() => (here.node.ledger().rpc["chain_getBlock"] ?? 0) > 0);
    await here.node.advance(30);
    expect(await outcome).toMatchObject({ kind: "failed", open: false });
    expect(here.node.ledger().rpc["author_submitExtrinsic"]).toBeUndefined();
  });

  test("sent and not known to be: the second copy does no harm", async () => {
    const { here, plan } = await start();
    await using _ = here;
    const known = await killedAt(here, plan, "broadcast");
    await here.node.advance(1);
    const outcome = settled(here, plan, { ...known, state: "signed" });
    await until(() => (here.node.ledger().rpc["chain_getBlock"] ?? 0) > 0);
    await here.node.advance(20);
    expect(await outcome).toMatchObject({ kind: "direct", state: "reflected", extrinsic: known.extrinsic });
    expect(here.node.ledger().extrinsics).toHaveLength(1);
  });

  test("signed and not to be sent: gone when its era is over", async () => {
    const { here, plan } = await start();
    await using _ = here;
    const known = { ...(await killedAt(here, plan, "signed")), again: null };
    const early = settled(here, plan, known);
    await here.node.advance(30);
    expect(await early).toMatchObject({
      kind: "failed",
      state: "signed",
      fault: { code: "chain-unconfirmed", retryable: true, message: expect.stringMatching(/did not include/) },
    });
  });

  test("claimed and not signed: nothing was sent", async () => {
    const { here, plan } = await start();
    await using _ = here;
    const known = { ...NOTHING, state: "claimed" } as const;
    expect(await settled(here, plan, known)).toMatchObject({
      kind: "failed",
      state: "claimed",
      fault: { retryable: true, blame: "nobody" },
    });
  });

  test("sent and refused in its block: the refusal is told", async () => {
    const { here, plan } = await start();
    await using _ = here;
    const known = await killedAt(here, plan, "broadcast");
    here.node.setHyperparameter("CommitRevealWeightsEnabled", true);
    await here.node.advance(8);
    expect(await settled(here, plan, known)).toMatchObject({
      kind: "failed",
      state: "finalized",
      fault: { code: "chain-refused" },
    });
  });
});

describe("sealed weights that a killed process left behind", () => {
  test("sent: they are found in their queue, with what was signed", async () => {
    const { here, plan } = await start({ commitReveal: true });
    await using _ = here;
    const known = await killedAt(here, plan, "broadcast");
    await here.node.advance(8);
    expect(await settled(here, plan, known)).toMatchObject({
      kind: "timelocked",
      state: "reflected",
      extrinsic: known.extrinsic,
      call: "SubtensorModule.commit_timelocked_mechanism_weights",
      commit: known.commit,
      fault: null,
    });
    expect(here.node.ledger().extrinsics).toHaveLength(1);
  });

  test("sent, included and opened long ago: the block that took them says so", async () => {
    const { here, plan } = await start({ commitReveal: true });
    await using _ = here;
    const known = await killedAt(here, plan, "broadcast");
    await here.node.advance(150);
    expect(await settled(here, plan, known)).toMatchObject({ kind: "timelocked", state: "reflected", fault: null });
  });

  test("signed and never sent: gone when the era is over", async () => {
    const { here, plan } = await start({ commitReveal: true });
    await using _ = here;
    const known = await killedAt(here, plan, "signed");
    await here.node.advance(30);
    expect(await settled(here, plan, known)).toMatchObject({
      kind: "failed",
      path: "timelocked",
      commit: known.commit,
      state: "signed",
      open: false,
      fault: { retryable: true },
    });
  });
});

describe("blocks that a node has discarded", () => {
  test.each([false, true])(
    "are not needed to know what became of the weights (commit-reveal %s)",
    async (commitReveal) => {
      const { here, plan } = await start({ commitReveal, tempo: 400, finalityLag: 3 });
      await using _ = here;
      const known = await killedAt(here, plan, "broadcast");
      // The node keeps 256 states below the finalized one.
      await here.node.advance(300);
      expect(await settled(here, plan, known)).toMatchObject({
        state: "reflected",
        extrinsic: known.extrinsic,
        fault: null,
      });
    },
  );

  test("and where the row has changed since, what stands in a block and moved the update has landed: none is signed beside it", async () => {
    const { here, plan } = await start({ tempo: 400 });
    await using _ = here;
    const known = await killedAt(here, plan, "broadcast");
    await here.node.advance(8);
    here.node.setStorage({ item: "SubtensorModule.Weights", keys: [NETUID, 0], value: [[1, 5]] });
    await here.node.advance(300);
    expect(here.node.ledger().extrinsics).toMatchObject([{ result: "ok" }]);
    expect(await settled(here, plan, known)).toMatchObject({
      kind: "direct",
      state: "finalized",
      block: { number: here.node.ledger().extrinsics[0]?.block },
      fault: { message: expect.stringMatching(/row is not the one/) },
    });
  });

  test("and where nothing has moved the update, nothing is waited for any more", async () => {
    const { here, plan } = await start({ tempo: 400 });
    await using _ = here;
    const known = await killedAt(here, plan, "broadcast");
    here.node.setHyperparameter("CommitRevealWeightsEnabled", true);
    await here.node.advance(300);
    expect(await settled(here, plan, known)).toMatchObject({ kind: "failed", open: false });
  });

  /** Through a node that has discarded all but the newest blocks, with the whole chain as its archive. */
  async function settledByArchive(here: World, plan: SubmissionPlan, known: SettleFacts): Promise<unknown> {
    const direct = await here.connect();
    const old = Array.from({ length: here.node.finalized() - 5 }, (_, number) => number);
    const hashes = await Promise.all(old.map((number) => direct.request("chain_getBlockHash", [number], SIGNAL)));
    await using lite = await goBetween(here.node.url, discarding(new Set(hashes)));
    await using archive = await goBetween(here.node.url);
    const nodes = { endpoints: [lite.url], archiveEndpoints: [archive.url], expectedGenesis: here.node.genesis };
    const connection = await connectChain({ ...nodes, signal: SIGNAL, telemetry: SILENT });
    if (isFault(connection)) throw new Error(connection.message);
    await using _ = connection;
    const outcome = await weightSubmitter(connection, here.signer).settle(plan, known, SIGNAL);
    const [genesis, ...rest] = archive.asked.map(({ method }) => method);
    expect(genesis).toBe("chain_getBlockHash");
    expect(rest.filter((method) => !method.startsWith("state_"))).toEqual([]);
    return outcome;
  }

  test("are shown by an archive: the weights landed, whatever has become of the row since", async () => {
    const { here, plan } = await start({ tempo: 400 });
    await using _ = here;
    const known = await killedAt(here, plan, "broadcast");
    await here.node.advance(8);
    here.node.setStorage({ item: "SubtensorModule.Weights", keys: [NETUID, 0], value: [[1, 5]] });
    await here.node.advance(80);
    expect(await settledByArchive(here, plan, known)).toMatchObject({
      kind: "direct",
      state: "reflected",
      extrinsic: known.extrinsic,
      fault: null,
    });
  });

  test("are shown by an archive: the chain refused the weights, and why", async () => {
    const { here, plan } = await start({ tempo: 400 });
    await using _ = here;
    const known = await killedAt(here, plan, "broadcast");
    here.node.setHyperparameter("CommitRevealWeightsEnabled", true);
    await here.node.advance(80);
    expect(await settledByArchive(here, plan, known)).toMatchObject({
      kind: "failed",
      state: "finalized",
      fault: { code: "chain-refused" },
    });
  });
});

describe("a fork", () => {
  test.each([false, true])(
    "puts the block aside: the weights are followed to where they end (commit-reveal %s)",
    async (commitReveal) => {
      const { here, plan } = await start({ commitReveal, finalityLag: 6 });
      await using _ = here;
      const connection = await here.connect();
      const outcome = await weightSubmitter(connection, here.signer).submit(
        plan,
        async (step) => {
          if (step.state !== "broadcast") return;
          await here.node.advance(1);
          here.node.setFaults([{ target: "node", match: "*", kind: "fork", value: 2, count: 1 }]);
          await here.node.advance(30);
        },
        SIGNAL,
      );
      expect(outcome).toMatchObject({ kind: commitReveal ? "timelocked" : "direct", state: "reflected" });
      const accepted = here.node.ledger().extrinsics.filter(({ result }) => result === "ok");
      expect(new Set(accepted.map(({ hash }) => hash)).size).toBe(1);
    },
  );
});

/** Resolves when the node has been asked that. */
async function once(method: string, { node }: World): Promise<void> {
  while (node.ledger().rpc[method] === undefined) await new Promise(setImmediate);
}

describe("a link that breaks at the worst moment", () => {
  const BREAKS = [
    ["after the node took the extrinsic", { kind: "drop", value: 1 }],
    ["while the answer is written", { kind: "truncate" }],
  ] as const;
  test.each(BREAKS)("%s: one extrinsic, found all the same", async (_name, fault) => {
    const { here, plan } = await start();
    await using _ = here;
    const connection = await here.connect();
    here.node.setFaults([{ target: "node", match: "author_submitAndWatchExtrinsic", count: 1, ...fault }]);
    const outcome = await weightSubmitter(connection, here.signer).submit(
      plan,
      async (step) => {
        if (step.state === "broadcast") await here.node.advance(8);
      },
      SIGNAL,
    );
    expect(outcome).toMatchObject({ kind: "direct", state: "reflected" });
    expect(here.node.ledger().extrinsics).toHaveLength(1);
  });

  test("before the node took it: the next link gets the same bytes, and the chain takes them once", async () => {
    const { here, plan } = await start();
    await using _ = here;
    const connection = await here.connect();
    here.node.setFaults([{ target: "node", match: "author_submitAndWatchExtrinsic", count: 1, kind: "drop" }]);
    const outcome = await weightSubmitter(connection, here.signer).submit(
      plan,
      async (step) => {
        if (step.state === "broadcast") void once("author_submitExtrinsic", here).then(() => here.node.advance(8));
      },
      SIGNAL,
    );
    expect(outcome).toMatchObject({ kind: "direct", state: "reflected" });
    expect(here.node.ledger().extrinsics).toHaveLength(1);
  });

  test("and no node takes it: nothing else is sent, and the era's end settles it", async () => {
    const { here, plan } = await start();
    await using _ = here;
    const connection = await here.connect();
    here.node.setFaults([
      { target: "node", match: "author_submitAndWatchExtrinsic", count: 1, kind: "drop" },
      { target: "node", match: "author_submitExtrinsic", kind: "error" },
    ]);
    const outcome = await weightSubmitter(connection, here.signer).submit(
      plan,
      async (step) => {
        if (step.state === "broadcast") await here.node.advance(30);
      },
      SIGNAL,
    );
    expect(outcome).toMatchObject({ kind: "failed", fault: { code: "chain-unconfirmed", retryable: true } });
    expect(here.node.ledger().rpc["author_submitAndWatchExtrinsic"]).toBeUndefined();
    expect(here.node.ledger().extrinsics).toHaveLength(0);
  });

  test("a node that dies while it is followed: unconfirmed, never given up for lost or sent again", async () => {
    const { here, plan } = await start();
    await using _ = here;
    const connection = await here.connect({ requestMs: 2_000 });
    const outcome = await weightSubmitter(connection, here.signer, { patienceMs: 300 }).submit(
      plan,
      async (step) => {
        if (step.state === "broadcast") await here.node[Symbol.asyncDispose]();
      },
      SIGNAL,
    );
    expect(outcome).toMatchObject({
      kind: "failed",
      state: "broadcast",
      fault: { code: "chain-unconfirmed", retryable: true },
    });
  });
});
