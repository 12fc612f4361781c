import { describe, expect, test } from "vitest";
import { weightSubmitter } from "../../../src/adapters/chain/submitter.ts";
import type { SubmissionOutcome } from "../../../src/ports/chain.ts";
import { submit } from "./submitting.ts";
import { planFor, SIGNAL, type World, type WorldOptions, world } from "./world.ts";

/** What a node's pool answers to an extrinsic, each by the book (chain.md §3.7, §10). */
async function begin(options: WorldOptions = {}): Promise<{
  readonly here: World;
  readonly connection: Awaited<ReturnType<World["connect"]>>;
  readonly plan: ReturnType<typeof planFor>;
}> {
  const here = await world(options);
  const connection = await here.connect();
  return { here, connection, plan: planFor(await here.observe(connection)) };
}

describe.each([false, true])("with commit-reveal %s", (commitReveal) => {
  test("1012, banned for a while: a pool bans what it has seen in a block, so its era is looked through first", async () => {
    const { here, connection, plan } = await begin({ commitReveal });
    await using _ = here;
    here.node.setFaults([
      { target: "node", match: "author_submitAndWatchExtrinsic", kind: "error", value: 1012, count: 1 },
      { target: "node", match: "author_submitExtrinsic", kind: "error", value: 1012 },
    ]);
    let done = false;
    const refused = submit(here, connection, plan).finally(() => {
      done = true;
    });
    while ((here.node.ledger().rpc["author_submitAndWatchExtrinsic"] ?? 0) < 1) await connection.heads.ask(SIGNAL);
    const refusedAt = here.node.finalized();
    while (!done) await here.node.advance(1);
    expect(here.node.finalized()).toBeGreaterThanOrEqual(refusedAt + 16);
    expect((await refused).outcome).toMatchObject({
      kind: "failed",
      state: "signed",
      open: false,
      fault: { code: "chain-refused", retryable: true },
    });
    expect(here.node.ledger().extrinsics).toHaveLength(0);
  });

  test.each([
    ["banned for a while", 1012],
    ["another one waits with that nonce", 1014],
    ["nothing of use, and the extrinsic is gone", -32_603],
  ])("%s, and it is not so any more: the same bytes are handed over again, and land in time", async (_name, value) => {
    const { here, connection, plan } = await begin({ commitReveal });
    await using _ = here;
    here.node.setFaults([{ target: "node", match: "author_submitAndWatchExtrinsic", kind: "error", value, count: 1 }]);
    let done = false;
    const landed = submit(here, connection, plan, { blocks: 0 }).finally(() => {
      done = true;
    });
    const handed = (method: string): number => here.node.ledger().rpc[method] ?? 0;
    while (handed("author_submitAndWatchExtrinsic") < 1) await connection.heads.ask(SIGNAL);
    await here.node.advance(5);
    while (handed("author_submitExtrinsic") < 1) await connection.heads.ask(SIGNAL);
    await here.node.advance(6);
    while (!done) await connection.heads.ask(SIGNAL);
    expect((await landed).outcome).toMatchObject({ state: "reflected", fault: null });
    expect(here.node.ledger().extrinsics).toMatchObject([{ result: "ok" }]);
  });

  test("1016, its pool full: certainly not taken, and may be tried again", async () => {
    const { here, connection, plan } = await begin({ commitReveal });
    await using _ = here;
    here.node.setFaults([
      { target: "node", match: "author_submitAndWatchExtrinsic", kind: "error", value: 1016, count: 1 },
    ]);
    const { outcome, steps } = await submit(here, connection, plan);
    expect(outcome).toMatchObject({
      kind: "failed",
      state: "signed",
      open: false,
      fault: { code: "chain-refused", retryable: true },
    });
    expect(outcome).toMatchObject({ path: commitReveal ? "timelocked" : "direct" });
    expect(steps.map(({ state }) => state)).toEqual(["signed"]);
    expect((await submit(here, connection, plan)).outcome).toMatchObject({ state: "reflected" });
    expect(here.node.ledger().extrinsics).toHaveLength(1);
  });

  test("1013, imported already: it counts as sent", async () => {
    const { here, connection, plan } = await begin({ commitReveal });
    await using _ = here;
    here.node.setFaults([
      { target: "node", match: "author_submitAndWatchExtrinsic", kind: "error", value: 1013, count: 1 },
    ]);
    const { outcome, steps } = await submit(here, connection, plan);
    expect(steps.map(({ state }) => state)).toEqual(["signed", "broadcast"]);
    expect(outcome).toMatchObject({ kind: "failed", state: "broadcast", fault: { code: "chain-unconfirmed" } });
  });

  test("1014, another one waits with that nonce: its era and ours are waited for, and then nothing is open", async () => {
    const { here, connection, plan } = await begin({ commitReveal });
    await using _ = here;
    const other = weightSubmitter(await here.connect(), here.signer);
    const { promise: sent, resolve } = Promise.withResolvers<void>();
    let theirs: Promise<SubmissionOutcome> | undefined;
    const signed = async (): Promise<void> => {
      theirs = other.submit(
        { ...plan, values: [65_535, 1, 1, 1] },
        (step) => {
          if (step.state === "broadcast") resolve();
          return Promise.resolve();
        },
        SIGNAL,
      );
      await sent;
    };
    let done = false;
    const ours = submit(here, connection, plan, { at: { signed } }).finally(() => {
      done = true;
    });
    await sent;
    while ((here.node.ledger().rpc["author_submitAndWatchExtrinsic"] ?? 0) < 2) await connection.heads.ask(SIGNAL);
    const refusedAt = here.node.finalized();
    while (!done) await here.node.advance(1);
    expect(here.node.finalized()).toBeGreaterThanOrEqual(refusedAt + 16);
    expect((await ours).outcome).toMatchObject({
      kind: "failed",
      state: "signed",
      open: false,
      fault: { code: "chain-refused", retryable: true },
    });
    expect(await theirs).toMatchObject({ state: "reflected" });
    expect(here.node.ledger().extrinsics).toHaveLength(1);
    // Whose it was shows now: nothing is signed beside it.
    const again = await submit(here, connection, { ...plan, knownUpdate: plan.snapshotBlock });
    expect(again.outcome).toMatchObject({ kind: "foreign-update" });
  });

  test("1010 Stale, and an earlier one of ours is what used the nonce: that one counts", async () => {
    const { here, connection, plan } = await begin({ commitReveal });
    await using _ = here;
    const submitter = weightSubmitter(connection, here.signer);
    let first: SubmissionOutcome | undefined;
    const second = await submitter.submit(
      plan,
      async (step) => {
        if (step.state !== "signed" || first !== undefined) return;
        first = await submitter.submit(
          plan,
          async (inner) => {
            if (inner.state === "broadcast") await here.node.advance(8);
          },
          SIGNAL,
        );
      },
      SIGNAL,
    );
    expect(first).toMatchObject({ state: "reflected" });
    expect(second).toEqual(first);
    expect(here.node.ledger().extrinsics).toHaveLength(1);
  });

  test("1010 Stale by somebody else's: the nonce is asked for again, and nothing is open", async () => {
    const { here, connection, plan } = await begin({ commitReveal });
    await using _ = here;
    here.node.setHyperparameter("WeightsSetRateLimit", 0);
    await here.node.advance(1);
    const { promise: hasLanded, resolve: landed } = Promise.withResolvers<void>();
    const signed = async (): Promise<void> => {
      await submit(here, await here.connect(), { ...plan, values: [1, 1, 1, 65_535] }, { blocks: 4 });
      landed();
    };
    const refused = submit(here, connection, plan, { at: { signed } });
    // Its own blocks are looked through first: a gateway may have handed it on and asked again.
    let done = false;
    const settled = refused.finally(() => {
      done = true;
    });
    await hasLanded;
    // The refusal comes at once; blocks pass only while the node is asked for them.
    while ((here.node.ledger().rpc["author_submitAndWatchExtrinsic"] ?? 0) < 2) await connection.heads.ask(SIGNAL);
    while (!done) await here.node.advance(1);
    const { outcome } = await settled;
    expect(outcome).toMatchObject({
      kind: "failed",
      state: "signed",
      open: false,
      fault: { retryable: true, message: expect.stringMatching(/nonce/) },
    });
    expect(here.node.ledger().extrinsics).toHaveLength(1);
  });
});
