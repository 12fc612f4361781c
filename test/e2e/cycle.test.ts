import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import type { DryRunShape, OnceShape, ReplayShape } from "../../src/cli/machine-types.ts";
import { recordsOf } from "./bundles.ts";
import { textOf } from "./intermediaries.ts";
import {
  answer,
  authorCalls,
  type Finished,
  type Ledger,
  LONG_EPOCH,
  LocalnetProcess,
  quickNet,
  touchstone,
  until,
} from "./processes.ts";

/** Issue "What must be shown" 1 and 6: one cycle and the next, weights on chain, sealed, replayed. */
describe("a cycle on the localnet", () => {
  let net: LocalnetProcess;
  let first: Finished;
  let again: Finished;
  let later: Finished;
  let afterFirst: Ledger;
  let afterAgain: Ledger;

  beforeAll(async () => {
    net = await quickNet();
    first = await net.run("once");
    afterFirst = await net.ledger();
    again = await net.run("once");
    afterAgain = await net.ledger();
    await net.advance(LONG_EPOCH);
    later = await net.run("once");
  }, 90_000);
  afterAll(() => net[Symbol.asyncDispose]());

  test("answers a document of the form that `schema once` prints", async () => {
    const schema = await touchstone(["schema", "once", "--json"]);
    expect(schema.code).toBe(0);
    const shape = z.fromJSONSchema(schema.document as Parameters<typeof z.fromJSONSchema>[0]);
    expect(() => shape.parse(answer(first))).not.toThrow();
    expect(() => shape.parse({ ...(first.document as object), more: 1 })).toThrow();
  });

  test("names every uid but the validator's own, ascending, each with a score", async () => {
    const { miners } = answer<OnceShape>(first);
    expect(miners.map(({ uid }) => uid)).toEqual((await net.truth()).map(({ uid }) => uid));
    for (const { answered, missed, score } of miners)
      expect([answered, missed, typeof score]).toEqual([16, 0, "number"]);
  });

  test("its weights are on chain, sealed: one accepted call of our hotkey with the commit on record", () => {
    const { bundle, epoch, submission, weights, netuid, mechid } = answer<OnceShape>(first);
    const { commit } = recordsOf(bundle).submission;
    expect(afterFirst.extrinsics).toMatchObject([
      {
        call: "SubtensorModule.commit_timelocked_mechanism_weights",
        signer: net.ready.hotkey,
        result: "ok",
        hash: submission.extrinsic,
        block: submission.block,
        args: { netuid, mecid: mechid, commit: commit?.bytes, reveal_round: String(commit?.round) },
      },
    ]);
    expect(submission).toMatchObject({ kind: "timelocked", state: "reflected", round: commit?.round });
    expect(commit?.epoch).toBe(epoch);
    expect(Math.max(...weights.values)).toBe(65535);
  });

  test("the epoch once more answers the very same document and buys and sends nothing", () => {
    expect(answer(again)).toEqual(answer(first));
    expect(afterAgain.chutes).toEqual(afterFirst.chutes);
    expect(afterAgain.spendMicroUsd).toBe(afterFirst.spendMicroUsd);
    expect(afterAgain.extrinsics).toEqual(afterFirst.extrinsics);
    expect(authorCalls(afterAgain)).toBe(authorCalls(afterFirst));
  });

  test("its bundle lies where the document says, and replay verifies content and signature", async () => {
    const { bundle, epoch, netuid, mechid } = answer<OnceShape>(first);
    expect(isAbsolute(bundle)).toBe(true);
    const { bundles, chain } = answer<ReplayShape>(await touchstone(["replay", bundle, "--json"]));
    expect(bundles).toEqual([{ file: bundle, netuid, mechid, epoch, result: "verified", signature: "verified" }]);
    expect(chain).toBe("verified");
  });

  test("the next epoch's bundle goes on from it, and both verify as a chain", async () => {
    const [one, two] = [answer<OnceShape>(first), answer<OnceShape>(later)];
    expect(two.epoch).toBe(one.epoch + 1);
    const { bundles, chain } = answer<ReplayShape>(await touchstone(["replay", one.bundle, two.bundle, "--json"]));
    expect(bundles.map(({ result, signature }) => [result, signature])).toEqual([
      ["verified", "verified"],
      ["verified", "verified"],
    ]);
    expect(chain).toBe("verified");
    expect(recordsOf(two.bundle).seal.previousSeal).toBe(one.seal);
  });

  test("the next epoch's bundle shows the commit opened into the row that was sealed", () => {
    const { settlement } = recordsOf(answer<OnceShape>(later).bundle);
    const { epoch, weights } = answer<OnceShape>(first);
    expect(settlement).toMatchObject({ epoch, state: "revealed", reveal: { cause: null, row: weights } });
  });

  test("neither the API key nor the hotkey's secret stands in the bundle or in what was said", () => {
    const file = join(net.ready.wallet, "validator", "hotkeys", "default");
    const key = JSON.parse(readFileSync(file, "utf8")) as Readonly<Record<string, string>>;
    const { privateKey = "", secretPhrase = "", secretSeed = "" } = key;
    const secrets = [net.ready.apiKey, privateKey.slice(2), secretPhrase, secretSeed.slice(2)];
    expect(secrets.every((secret) => secret.length > 30)).toBe(true);
    const { bundle } = answer<OnceShape>(first);
    for (const secret of secrets) {
      expect(JSON.stringify(recordsOf(bundle))).not.toContain(secret);
      expect(first.stdout + first.stderr).not.toContain(secret);
    }
  });
});

/** Blocks by hand, so that it can be said what was final at which moment. */
describe("with finality 20 blocks behind", () => {
  const LAG = 20;
  let net: LocalnetProcess;
  let dry: DryRunShape;
  let readByDryRun: readonly string[];
  let once: Finished;
  let height: number;
  let included: number;
  let beforeFinality: Ledger;

  beforeAll(async () => {
    net = await LocalnetProcess.start("--miners", "4", "--block-ms", "60000", "--finality-lag", String(LAG));
    dry = answer<DryRunShape>(await net.run("dry-run"));
    ({ block: height } = await net.ledger());
    readByDryRun = Object.keys((await net.ledger()).hashes);
    const running = net.start("once");
    await until(
      () => net.ledger(),
      (ledger) => (ledger.rpc["author_submitAndWatchExtrinsic"] ?? 0) > 0,
    );
    included = await net.advance(1);
    await net.advance(LAG - 1);
    beforeFinality = await net.ledger();
    await net.advance(1);
    once = await running.finished;
  }, 90_000);
  afterAll(() => net[Symbol.asyncDispose]());

  test("all reads of a snapshot name one block, and it is the finalized one", () => {
    const { block } = recordsOf(dry.bundle).snapshot;
    expect(readByDryRun).toEqual([block.hash]);
    expect(block.number).toBe(height - LAG);
  });

  test("the row is read back when its block is final, from that block", async () => {
    const { submission } = answer<OnceShape>(once);
    expect(submission).toMatchObject({ kind: "timelocked", state: "reflected", block: included });
    const hash = await rpc<string>(net, "chain_getBlockHash", [included]);
    expect(Object.keys(beforeFinality.hashes)).not.toContain(hash);
    const { hashes, block } = await net.ledger();
    expect(block).toBe(included + LAG);
    expect(Object.keys(hashes)).toContain(hash);
    for (const read of Object.keys(hashes)) {
      const { number } = await rpc<{ readonly number: string }>(net, "chain_getHeader", [read]);
      expect(Number(number)).toBeLessThanOrEqual(block - LAG);
    }
  });
});

describe("where the subnet has commit-reveal off", () => {
  test("weights are on chain as they are, and the document says direct", async () => {
    await using net = await LocalnetProcess.start("--miners", "4", "--commit-reveal", "off");
    const { netuid, mechid, submission, weights, bundle } = answer<OnceShape>(await net.run("once"));
    expect(submission).toMatchObject({ kind: "direct", state: "reflected" });
    expect(submission.round).toBeUndefined();
    expect((await net.ledger()).extrinsics).toMatchObject([
      {
        call: "SubtensorModule.set_mechanism_weights",
        result: "ok",
        args: { netuid, mecid: mechid, dests: weights.uids, weights: weights.values },
      },
    ]);
    expect((await touchstone(["replay", bundle])).code).toBe(0);
  }, 60_000);
});

async function rpc<T>(net: LocalnetProcess, method: string, params: readonly unknown[]): Promise<T> {
  const socket = new WebSocket(net.ready.node);
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  socket.once("error", reject);
  socket.once("open", () => socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })));
  socket.once("message", (data) => resolve((JSON.parse(textOf(data)) as { readonly result: T }).result));
  try {
    return await promise;
  } finally {
    socket.close();
  }
}
