import { constants } from "node:os";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OnceShape } from "../../src/cli/machine-types.ts";
import { recordsOf } from "./bundles.ts";
import {
  answer,
  errorOf,
  type Ledger,
  LONG_EPOCH,
  type LocalnetProcess,
  quickNet,
  type Running,
  requests,
  touchstone,
  until,
} from "./processes.ts";

const UIDS = [1, 2, 3, 4] as const;
/** 12 verifiable and 4 judged ones. */
const TASKS = 16;
const JUDGED = 4;
/** Calls in flight in the localnet's configuration. */
const CONCURRENCY = 16;

/** Issue "What must be shown" 5: whatever is killed when, nothing is bought twice and nothing is lost. */
describe("a cycle that was cut off", () => {
  let net: LocalnetProcess;
  beforeEach(async () => {
    net = await quickNet();
  }, 60_000);
  afterEach(() => net[Symbol.asyncDispose]());

  /** Every answer bought, the judge silent: the moment between a paid response and the next stage. */
  async function stalledAtTheJudge(): Promise<Running> {
    await net.faults([{ target: "chutes", match: "judge", kind: "half-open" }]);
    const running = net.start("once");
    await until(
      () => net.ledger(),
      (ledger) =>
        requests(ledger, "invoke", 200) === UIDS.length * TASKS &&
        requests(ledger, "judge", 0) === UIDS.length * JUDGED,
    );
    return running;
  }

  async function startAgain(): Promise<{ readonly document: OnceShape; readonly ledger: Ledger }> {
    await net.faults([]);
    const document = answer<OnceShape>(await net.run("once"));
    expect((await touchstone(["replay", document.bundle])).code).toBe(0);
    return { document, ledger: await net.ledger() };
  }

  test("by SIGKILL between paid answers and their judgement goes on, and each answer was bought once", async () => {
    const running = await stalledAtTheJudge();
    running.child.kill("SIGKILL");
    expect((await running.finished).signal).toBe("SIGKILL");
    const { document, ledger } = await startAgain();
    for (const uid of UIDS) {
      expect(requests(ledger, "invoke", undefined, uid)).toBe(TASKS);
      expect(requests(ledger, "invoke", 200, uid)).toBe(TASKS);
    }
    expect(document.submission.state).toBe("reflected");
    const { responses, judgements } = recordsOf(document.bundle);
    expect(responses.filter(({ outcome }) => outcome.answered)).toHaveLength(UIDS.length * TASKS);
    // The judge's calls that were under way are not repeated either: the next attempt has a prompt of its own.
    const asked = judgements.filter(({ judge }) => judge.kind === "model");
    expect(asked.map(({ attempts }) => attempts.map(({ fault }) => fault?.code ?? null))).toEqual(
      asked.map(() => ["fate-unknown", null]),
    );
    expect(asked.every(({ score }) => score !== null)).toBe(true);
  }, 120_000);

  test("by SIGTERM waits for what is under way, says how to go on, and loses nothing that was paid", async () => {
    await net.faults([{ target: "chutes", match: "judge", kind: "delay", value: 3000 }]);
    const running = net.start("once");
    await until(
      () => net.ledger(),
      (ledger) => requests(ledger, "invoke", 200) === UIDS.length * TASKS,
    );
    running.child.kill("SIGTERM");
    const ended = await running.finished;
    expect(ended.code).toBe(128 + constants.signals.SIGTERM);
    expect(errorOf(ended)).toMatchObject({ code: "stopped", blame: "nobody" });
    expect(ended.stderr).toContain("start it again");
    const { document, ledger } = await startAgain();
    for (const uid of UIDS) expect(requests(ledger, "invoke", undefined, uid)).toBe(TASKS);
    expect(requests(ledger, "judge")).toBe(UIDS.length * JUDGED);
    const { judgements } = recordsOf(document.bundle);
    expect(judgements.flatMap(({ attempts }) => attempts.map(({ fault }) => fault?.code ?? null))).toEqual(
      Array.from({ length: UIDS.length * JUDGED }, () => null),
    );
  }, 120_000);

  test("while questions are under way excuses those whose fate nobody knows and buys none of them again", async () => {
    // From the 20th on the model answers (and is paid), but the answer never arrives.
    await net.faults([{ target: "chutes", match: "invoke", kind: "half-open", value: 1, from: 20 }]);
    const running = net.start("once");
    await until(
      () => net.ledger(),
      (ledger) => requests(ledger, "invoke", 0) === CONCURRENCY,
    );
    running.child.kill("SIGKILL");
    await running.finished;
    const { document, ledger } = await startAgain();
    for (const uid of UIDS) expect(requests(ledger, "invoke", undefined, uid)).toBeLessThanOrEqual(TASKS);
    const { responses, sheet } = recordsOf(document.bundle);
    const missed = responses.flatMap(({ outcome }) => (outcome.answered ? [] : [outcome.fault]));
    expect(new Set(missed.map(({ code, blame }) => `${code} by ${blame}`))).toEqual(
      new Set(["fate-unknown by validator"]),
    );
    // Those in flight, and those announced that still waited for a place.
    expect(missed.length).toBeGreaterThanOrEqual(CONCURRENCY);
    expect(missed.length).toBeLessThanOrEqual(2 * CONCURRENCY);
    expect(requests(ledger, "invoke", 200)).toBeGreaterThanOrEqual(UIDS.length * TASKS - missed.length);
    expect(sheet.miners.reduce((sum, { excused }) => sum + excused, 0)).toBe(missed.length);
    expect(sheet.miners.every(({ minerFaults }) => minerFaults === 0)).toBe(true);
  }, 120_000);

  test("is finished in the next epoch without buying anything more, and the next bundle goes on from it", async () => {
    const running = await stalledAtTheJudge();
    running.child.kill("SIGKILL");
    await running.finished;
    await net.advance(LONG_EPOCH);
    await net.faults([]);
    const document = answer<OnceShape>(await net.run("once"));
    const ledger = await net.ledger();
    // The old cycle's answers and the new one's, none of either twice.
    for (const uid of UIDS) expect(requests(ledger, "invoke", undefined, uid)).toBe(2 * TASKS);
    const older = document.bundle.replace(/-(\d+)\.jsonl\.zst$/, (_, epoch) => `-${Number(epoch) - 1}.jsonl.zst`);
    const { judgements, submission } = recordsOf(older);
    expect(judgements.filter(({ score }) => score === null)).toHaveLength(UIDS.length * JUDGED);
    const replayed = await touchstone(["replay", older, document.bundle, "--json"]);
    expect(replayed.document).toMatchObject({
      bundles: [{ result: "verified" }, { result: "verified" }],
      chain: "verified",
    });
    expect(replayed.code).toBe(0);
    // The fresher row alone is sent.
    expect(submission).toMatchObject({ submission: "withheld", reason: "epoch-over" });
    expect(document.submission.state).toBe("reflected");
    expect(ledger.extrinsics).toHaveLength(1);
  }, 120_000);

  test("while it is running another process on its data folder stops with exit 68 and touches nothing", async () => {
    const running = await stalledAtTheJudge();
    const before = await net.ledger();
    const other = await net.run("once");
    expect(other.code).toBe(68);
    expect(errorOf(other)).toMatchObject({ code: "folder-locked", blame: "validator" });
    expect((await net.ledger()).chutes).toEqual(before.chutes);
    running.child.kill("SIGKILL");
    await running.finished;
    const { ledger } = await startAgain();
    for (const uid of UIDS) expect(requests(ledger, "invoke", undefined, uid)).toBe(TASKS);
  }, 120_000);
});
