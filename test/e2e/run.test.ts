import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DryRunShape } from "../../src/cli/machine-types.ts";
import { recordsOf } from "./bundles.ts";
import { answer, authorCalls, type Ledger, LocalnetProcess, requests, touchstone, until } from "./processes.ts";
import { bundleFiles, Service } from "./service.ts";

const UIDS = [1, 2, 3, 4] as const;
const TASKS = 16;
const JUDGED = 4;

const sends = (ledger: Ledger): readonly Ledger["extrinsics"][number][] =>
  ledger.extrinsics.filter(({ call }) => /set_(mechanism_)?weights|commit_timelocked/.test(call));

describe("run", () => {
  test("commits weights in every epoch, drains on SIGTERM with exit 0, and its bundles are one verified chain", async () => {
    const tempo = 40;
    // An epoch of 16 seconds: from its middle on there must be time for two rounds of the beacon.
    await using net = await LocalnetProcess.start("--miners", "4", "--tempo", String(tempo), "--block-ms", "400");
    // Into the next epoch, finality included; a first cycle somewhere in this one might be too late to commit.
    const { block: height } = await net.ledger();
    await net.advance(tempo + 4 - (height % tempo));
    const service = Service.run(net);
    const { nextEpochBlock } = await service.event("ready");
    const documents = await service.sealed(3);
    expect((await service.end("SIGTERM")).code).toBe(0);
    const [first] = documents;
    expect(documents.slice(0, 3).map(({ epoch }) => epoch - (first?.epoch ?? 0))).toEqual([0, 1, 2]);
    for (const [index, { block, submission }] of documents.slice(0, 3).entries()) {
      const begins = Number(nextEpochBlock) + (index - 1) * tempo;
      expect(block).toBeGreaterThanOrEqual(begins);
      expect(submission).toMatchObject({ kind: "timelocked", state: "reflected" });
      expect(submission.block).toBeGreaterThan(begins + tempo / 2);
      expect(submission.block).toBeLessThan(begins + tempo);
    }
    // Each bundle but the first says that the commit of the one before was opened into its row.
    const settlements = documents.map(({ bundle }) => recordsOf(bundle).settlement);
    expect(settlements.map((settlement) => [settlement?.state, settlement?.reveal?.row])).toEqual(
      documents.map((_, index) => (index === 0 ? [undefined, undefined] : ["revealed", documents[index - 1]?.weights])),
    );
    const ledger = await net.ledger();
    const epochs = sends(ledger).map(({ block }) => Math.floor((block - Number(nextEpochBlock)) / tempo));
    expect(new Set(epochs).size).toBe(epochs.length);
    expect(sends(ledger).every(({ result }) => result === "ok")).toBe(true);
    const replayed = await touchstone(["replay", ...documents.map(({ bundle }) => bundle), "--json"]);
    expect(replayed.document).toMatchObject({ chain: "verified" });
    expect(replayed.code).toBe(0);
  }, 60_000);

  test("sets its weights as they are near the end of the epoch where commit-reveal is off", async () => {
    const tempo = 40;
    const pace = ["--tempo", String(tempo), "--block-ms", "100", "--commit-reveal", "off"];
    await using net = await LocalnetProcess.start("--miners", "4", ...pace);
    const service = Service.run(net);
    const { nextEpochBlock } = await service.event("ready");
    const documents = await service.sealed(3);
    expect((await service.end("SIGTERM")).code).toBe(0);
    for (const [index, { submission }] of documents.slice(1, 3).entries()) {
      const ends = Number(nextEpochBlock) + (index + 1) * tempo;
      expect(submission).toMatchObject({ kind: "direct", state: "reflected" });
      expect(submission.block).toBeGreaterThan(ends - 30);
      expect(submission.block).toBeLessThan(ends);
    }
    // Each bundle but the first says that the weights of the one before stand on chain.
    const settled = documents.map(({ bundle }) => recordsOf(bundle).settlement?.state);
    expect(settled).toEqual(documents.map((_, index) => (index === 0 ? undefined : "standing")));
    expect(sends(await net.ledger()).every(({ result }) => result === "ok")).toBe(true);
  }, 60_000);

  test("stops with exit 66 before anything is bought when its hotkey has no seat", async () => {
    await using net = await LocalnetProcess.start("--miners", "4", "--tempo", "1200", "--block-ms", "100");
    const seed = net.write("seed", `0x${"5e".repeat(32)}\n`);
    const finished = await net.run("run", net.variant("stranger", { wallet: { seedFile: seed } }));
    expect(finished.code).toBe(66);
    expect(finished.stderr.trimEnd().split("\n").at(-1)).toContain("is not registered on subnet");
    expect((await net.ledger()).chutes).toEqual([]);
  }, 30_000);
});

describe("dry-run --loop", () => {
  test("shadows epoch after epoch without a key: a document each with the difference to the chain, nothing sent", async () => {
    await using net = await LocalnetProcess.start("--miners", "4", "--tempo", "40", "--block-ms", "100");
    const config = net.variant("shadow", { wallet: undefined });
    const service = new Service<DryRunShape>(["dry-run", "--loop", "--config", config], net.dir);
    const [, one, two] = await service.sealed(3);
    expect((await service.end("SIGINT")).code).toBe(0);
    expect((two?.epoch ?? 0) - (one?.epoch ?? 0)).toBe(1);
    // The first cycle begins somewhere in an epoch, perhaps too late to ask anything.
    for (const { submission, difference, weights } of service.documents.slice(1, 3)) {
      expect(submission).toEqual({ kind: "dry-run", state: "planned" });
      expect(difference.map(({ uid }) => uid)).toEqual(weights.uids);
    }
    expect(authorCalls(await net.ledger())).toBe(0);
  }, 60_000);
});

/** Issue "What must be shown" 1: whatever is killed when, nothing is bought twice and nothing is submitted twice. */
describe("run that was cut off", () => {
  const TEMPO = 1200;
  let net: LocalnetProcess;
  beforeEach(async () => {
    net = await LocalnetProcess.start("--miners", "4", "--tempo", String(TEMPO), "--block-ms", "1000");
  }, 30_000);
  afterEach(() => net[Symbol.asyncDispose]());

  const invoked = (ledger: Ledger, status?: number): number => requests(ledger, "invoke", status);

  /** To where weights are due; what is left of the epoch lasts some seconds. */
  async function toTheWindow(service: Service): Promise<void> {
    const { nextEpochBlock } = await service.event("ready");
    await net.advance(Number(nextEpochBlock) - 28 - (await net.ledger()).block);
  }

  async function allJudged(): Promise<void> {
    await until(
      () => net.ledger(),
      (ledger) =>
        invoked(ledger, 200) === UIDS.length * TASKS && requests(ledger, "judge", 200) === UIDS.length * JUDGED,
    );
  }

  /** Starts again, lets the epoch end in a seal, stops; no question was asked twice and the weights are there once. */
  async function finish(): Promise<{ readonly bundle: string; readonly ledger: Ledger }> {
    await net.faults([]);
    const service = Service.run(net);
    await service.event("progress", ({ stage, done, total }) => stage === "ask and judge" && done === total);
    await toTheWindow(service);
    const [document] = await service.sealed(1);
    expect((await service.end("SIGTERM")).code).toBe(0);
    const ledger = await net.ledger();
    for (const uid of UIDS) expect(requests(ledger, "invoke", undefined, uid)).toBeLessThanOrEqual(TASKS);
    expect(sends(ledger).map(({ result }) => result)).toEqual(["ok"]);
    expect(document?.submission.state).toBe("reflected");
    expect(document?.submission.extrinsic).toBe(sends(ledger)[0]?.hash);
    expect((await touchstone(["replay", document?.bundle ?? ""])).code).toBe(0);
    return { bundle: document?.bundle ?? "", ledger };
  }

  test("by SIGTERM while it asks waits for the answers under way, and the next start asks only the rest", async () => {
    await net.faults([{ target: "chutes", match: "invoke", kind: "delay", value: 500 }]);
    const service = Service.run(net);
    await until(
      () => net.ledger(),
      (ledger) => invoked(ledger) > 20,
    );
    expect((await service.end("SIGTERM")).code).toBe(0);
    const asked = invoked(await net.ledger());
    expect(asked).toBeLessThan(UIDS.length * TASKS);
    const { bundle, ledger } = await finish();
    expect(invoked(ledger)).toBe(UIDS.length * TASKS);
    const { responses } = recordsOf(bundle);
    expect(responses.filter(({ outcome }) => outcome.answered)).toHaveLength(UIDS.length * TASKS);
  }, 60_000);

  test("by SIGTERM, and a second one while it drains, ends at once", async () => {
    await net.faults([{ target: "chutes", match: "invoke", kind: "half-open" }]);
    const service = Service.run(net);
    await until(
      () => net.ledger(),
      (ledger) => requests(ledger, "invoke", 0) > 0,
    );
    const ended = service.end("SIGTERM");
    const again = setInterval(() => void service.end("SIGTERM"), 100);
    expect((await ended).signal).toBe("SIGTERM");
    clearInterval(again);
  }, 30_000);

  // So few that the others are enough for a vector.
  const LOST = 3;
  test("by SIGKILL while it asks excuses what nobody knows, and buys none of it again", async () => {
    await net.faults([
      { target: "chutes", match: "invoke", kind: "half-open", value: 1, from: UIDS.length * TASKS - LOST },
    ]);
    const service = Service.run(net);
    await until(
      () => net.ledger(),
      (ledger) => requests(ledger, "invoke", 0) === LOST && invoked(ledger, 200) === UIDS.length * TASKS - LOST,
    );
    await service.kill();
    const { bundle } = await finish();
    const faults = recordsOf(bundle).responses.flatMap(({ outcome }) => (outcome.answered ? [] : [outcome.fault.code]));
    expect(new Set(faults)).toEqual(new Set(["fate-unknown"]));
    expect(faults.length).toBeGreaterThanOrEqual(LOST);
  }, 60_000);

  test("by SIGKILL while it judges asks the judge on, with a prompt of its own", async () => {
    await net.faults([{ target: "chutes", match: "judge", kind: "half-open" }]);
    const service = Service.run(net);
    await until(
      () => net.ledger(),
      (ledger) => requests(ledger, "judge", 0) > 0,
    );
    await service.kill();
    const { bundle, ledger } = await finish();
    expect(invoked(ledger)).toBe(UIDS.length * TASKS);
    expect(recordsOf(bundle).judgements.every(({ score }) => score !== null)).toBe(true);
  }, 60_000);

  test.each([
    ["after the node took the weights", []],
    [
      "after the node took the weights and said nothing",
      [{ match: "author_submitAndWatchExtrinsic", kind: "half-open", value: 1 }],
    ],
    ["before the node took the weights", [{ match: "author_submitAndWatchExtrinsic", kind: "half-open", value: 0 }]],
  ])(
    "by SIGKILL %s finds out what became of them and sends none twice",
    async (_when, rules) => {
      const service = Service.run(net);
      await allJudged();
      await net.faults(rules.map((rule) => ({ target: "node", ...rule })));
      await toTheWindow(service);
      expect(await service.event("submission")).toMatchObject({ state: "signed" });
      await service.kill();
      await finishWhereItStands();
    },
    60_000,
  );

  test("by SIGKILL while it seals ends in the same bundle", async () => {
    const service = Service.run(net);
    await allJudged();
    await toTheWindow(service);
    await until(
      async () => bundleFiles(join(net.dir, "data")),
      (files) => files.length > 0,
    );
    await service.kill();
    const replaced = await net.run("once");
    const document = answer<{ readonly bundle: string; readonly submission: { readonly state: string } }>(replaced);
    expect(document.submission.state).toBe("reflected");
    expect((await touchstone(["replay", document.bundle])).code).toBe(0);
    expect(sends(await net.ledger())).toHaveLength(1);
  }, 60_000);

  async function finishWhereItStands(): Promise<void> {
    await net.faults([]);
    const service = Service.run(net);
    await service.event("ready");
    // Weights that may be on their way are waited for until they cannot come any more; that is 16 blocks.
    await net.advance(14);
    const [document] = await service.sealed(1);
    expect((await service.end("SIGTERM")).code).toBe(0);
    const ledger = await net.ledger();
    for (const uid of UIDS) expect(requests(ledger, "invoke", undefined, uid)).toBe(TASKS);
    expect(sends(ledger).map(({ result }) => result)).toEqual(["ok"]);
    expect(document?.submission).toMatchObject({ state: "reflected", extrinsic: sends(ledger)[0]?.hash });
  }
});
