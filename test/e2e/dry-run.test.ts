import { existsSync, renameSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DryRunShape, OnceShape, ReplayShape } from "../../src/cli/machine-types.ts";
import { SHAPES } from "../../src/cli/shapes.ts";
import { recordsOf } from "./bundles.ts";
import {
  answer,
  authorCalls,
  type Ledger,
  LONG_EPOCH,
  type LocalnetProcess,
  quickNet,
  requests,
  touchstone,
} from "./processes.ts";

/** Issue "What must be shown" 3: the whole cycle with an API key alone. */
describe("a dry run on a machine without any wallet", () => {
  let net: LocalnetProcess;
  let empty: DryRunShape;
  let afterEmpty: Ledger;
  let once: OnceShape;
  let beforeSecond: Ledger;
  let second: DryRunShape;
  let afterSecond: Ledger;

  beforeAll(async () => {
    net = await quickNet();
    const { wallet } = net.ready;
    const away = `${wallet}-away`;
    renameSync(wallet, away);
    empty = answer(await net.run("dry-run", net.variant("no-wallet", { wallet: undefined })));
    afterEmpty = await net.ledger();
    renameSync(away, wallet);
    once = answer(await net.run("once"));
    renameSync(wallet, away);
    // The next epoch opens what was sealed.
    await net.advance(LONG_EPOCH);
    beforeSecond = await net.ledger();
    second = answer(await net.run("dry-run", net.variant("no-wallet-again", { wallet: undefined })));
    afterSecond = await net.ledger();
  }, 90_000);
  afterAll(() => net[Symbol.asyncDispose]());

  test("ends well, in the documented form, with every miner asked and scored", () => {
    expect(existsSync(net.ready.wallet)).toBe(false);
    expect(SHAPES["dry-run"]?.safeParse(empty).error).toBeUndefined();
    expect(empty.submission).toEqual({ kind: "dry-run", state: "planned" });
    expect(requests(afterEmpty, "invoke", 200)).toBe(64);
    expect(empty.miners.filter(({ score }) => score !== null)).toHaveLength(4);
  });

  test("makes no author call at all", () => {
    expect(authorCalls(afterEmpty)).toBe(0);
    expect(afterEmpty.extrinsics).toEqual([]);
    expect(authorCalls(afterSecond)).toBe(authorCalls(beforeSecond));
    expect(afterSecond.extrinsics).toEqual(beforeSecond.extrinsics);
  });

  test("its bundle is unsigned and replay verifies what follows in it", async () => {
    expect(recordsOf(empty.bundle).seal).toMatchObject({ signature: "absent", hotkey: null, cryptoType: null });
    const { bundles, chain } = answer<ReplayShape>(await touchstone(["replay", empty.bundle, "--json"]));
    expect(bundles).toMatchObject([{ result: "verified", signature: "absent" }]);
    expect(chain).toBe("verified");
  });

  test("differs in everything from a chain without a row", () => {
    expect(empty.chain).toEqual({ uids: [], values: [] });
    expect(empty.difference).toEqual(
      empty.weights.uids.map((uid, index) => ({ uid, ours: empty.weights.values[index], chain: 0 })),
    );
  });

  test("in the epoch after `once` shows the row that was opened, and where its own vector differs", () => {
    expect(second.chain).toEqual(once.weights);
    const ours = new Map(second.weights.uids.map((uid, index) => [uid, second.weights.values[index] ?? 0]));
    const theirs = new Map(once.weights.uids.map((uid, index) => [uid, once.weights.values[index] ?? 0]));
    const expected = [0, 1, 2, 3, 4]
      .map((uid) => ({ uid, ours: ours.get(uid) ?? 0, chain: theirs.get(uid) ?? 0 }))
      .filter((entry) => entry.ours !== entry.chain);
    expect(second.difference).toEqual(expected);
  });
});
