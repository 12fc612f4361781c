import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OnceShape } from "../../src/cli/machine-types.ts";
import type { Response } from "../../src/core/model/answers.ts";
import { BLAMES, FAULT_CODES } from "../../src/core/model/fault.ts";
import { estimate } from "../../src/core/scoring/estimate.ts";
import { type Records, recordsOf } from "./bundles.ts";
import { answer, LocalnetProcess, requests, type Truth, touchstone } from "./processes.ts";

const MINERS = 64;
const TASKS = { verifiable: 15, judged: 5 };
const MEMORY_MIB = 600;

/** Everything the platform can do wrong, to everybody, at random; a cold chute (503) is the miner's and comes by itself. */
const STORM = [
  { target: "chutes", match: "invoke", kind: "drop", probability: 0.03 },
  { target: "chutes", match: "invoke", kind: "drop", value: 1, probability: 0.02 },
  { target: "chutes", match: "invoke", kind: "half-open", probability: 0.005 },
  { target: "chutes", match: "invoke", kind: "status", value: 429, probability: 0.03 },
  { target: "chutes", match: "invoke", kind: "status", value: "500-exhausted", probability: 0.03 },
  { target: "chutes", match: "invoke", kind: "status", value: "502-attestation", probability: 0.02 },
  { target: "chutes", match: "invoke", kind: "status", value: "504-edge", probability: 0.02 },
  { target: "chutes", match: "invoke", kind: "truncate", probability: 0.04 },
  { target: "chutes", match: "invoke", kind: "error", probability: 0.03 },
  { target: "chutes", match: "invoke", kind: "delay", value: 300, probability: 0.1 },
  { target: "chutes", match: "judge", kind: "status", value: 503, probability: 0.1 },
  { target: "chutes", match: "judge", kind: "truncate", probability: 0.1 },
  { target: "chutes", match: "judge", kind: "drop", probability: 0.05 },
  { target: "chutes", match: "GET /chutes/{id}", kind: "status", value: 500, probability: 0.1 },
];

function missedBy({ outcome }: Response): string | undefined {
  return outcome.answered ? undefined : outcome.fault.blame;
}

/** Issue "What must be shown" 4. */
describe("64 miners with 20 tasks each in a storm of platform faults", () => {
  let net: LocalnetProcess;
  let document: OnceShape;
  let records: Records;
  let truth: ReadonlyMap<number, Truth>;
  let peakKiB: number;

  beforeAll(async () => {
    net = await LocalnetProcess.start("--miners", String(MINERS), "--tempo", "2400", "--block-ms", "100");
    await net.faults(STORM);
    const config = net.variant("storm", {
      tasks: TASKS,
      chutes: {
        apiKeyFile: `${net.dir}/chutes-api-key`,
        api: net.ready.chutes,
        llm: net.ready.chutes,
        invoke: net.ready.chutes,
        requestsPerMinute: 100_000,
        concurrency: 128,
      },
      limits: { attempts: 2, answerSeconds: 8 },
    });
    const running = net.start("once", config);
    const watch = { peakKiB: 0 };
    const sampling = setInterval(() => {
      watch.peakKiB = Math.max(watch.peakKiB, peakOf(running.child.pid ?? 0));
    }, 50);
    const finished = await running.finished;
    clearInterval(sampling);
    peakKiB = watch.peakKiB;
    document = answer(finished);
    records = recordsOf(document.bundle);
    truth = new Map((await net.truth()).map((miner) => [miner.uid, miner]));
  }, 120_000);
  afterAll(() => net[Symbol.asyncDispose]());

  test("ends well, with weights on chain and a bundle that replay verifies", async () => {
    expect(document.submission).toMatchObject({ kind: "timelocked", state: "reflected" });
    expect((await touchstone(["replay", document.bundle])).code).toBe(0);
  });

  test("met every kind of trouble that was made", async () => {
    const ledger = await net.ledger();
    for (const status of [0, 429, 500, 502, 504]) expect(requests(ledger, "invoke", status)).toBeGreaterThan(0);
    for (const status of [0, 503]) expect(requests(ledger, "judge", status)).toBeGreaterThan(0);
    expect(records.responses.filter((response) => missedBy(response) === "platform").length).toBeGreaterThan(20);
  });

  test("every question has one response, and every missing answer a fault with code, blame, sentence and remedy", () => {
    const eligible = records.roster.entries.filter((entry) => entry.eligible);
    expect(eligible.length).toBeGreaterThan(50);
    expect(records.responses).toHaveLength(eligible.length * 20);
    for (const { outcome } of records.responses) {
      if (outcome.answered) continue;
      expect(BLAMES).toContain(outcome.fault.blame);
      expect(FAULT_CODES).toContain(outcome.fault.code);
      expect(outcome.fault.message).toMatch(/^[A-Z].*\.$/s);
      expect(outcome.fault.remedy).toMatch(/^[A-Z].*\.$/s);
    }
  });

  test("every answer has one judgement: a number in [0, 1], or none with a fault that is the judge's or our own", () => {
    const answered = records.responses.filter(({ outcome }) => outcome.answered);
    expect(records.judgements.map(({ uid, taskId }) => [uid, taskId])).toEqual(
      answered.map(({ uid, taskId }) => [uid, taskId]),
    );
    for (const { fault, score } of records.judgements) {
      if (score === null) expect(["judge", "validator"]).toContain(fault?.blame);
      else expect([fault, score >= 0 && score <= 1]).toEqual([null, true]);
    }
  });

  test("none is blamed for it: only chutes that were cold have faults of their own", () => {
    for (const { answered, availability, carried, minerFaults, uid } of records.sheet.miners) {
      if (truth.get(uid)?.kind === "cold") continue;
      expect(minerFaults, `uid ${uid}`).toBe(0);
      expect(availability, `uid ${uid}`).toBe(answered > 0 && !carried ? 1 : null);
    }
  });

  test("the sheet is the one of a cycle in which the questions that met a platform fault were never asked", () => {
    const { challenge, header, judgements, roster, sheet, snapshot } = records;
    const responses = records.responses.filter((response) => [undefined, "miner"].includes(missedBy(response)));
    expect(responses.length).toBeLessThan(records.responses.length);
    const { before } = sheet;
    const asked = estimate({
      snapshot,
      ownHotkey: header.hotkey,
      roster,
      challenge,
      responses,
      judgements: judgements.filter(({ score }) => score !== null),
      before,
      config: header.scoring,
    });
    expect(asked.after).toEqual(sheet.after);
    const judged = (miners: typeof sheet.miners): unknown =>
      miners.map(({ score, stderr, uid }) => ({ uid, score, stderr }));
    expect(judged(asked.miners)).toEqual(judged(sheet.miners));
  });

  test("no excused observation is a zero: each miner's evidence is as many numbers as answers were judged", () => {
    const channels = new Map(records.challenge.tasks.map(({ id, channel }) => [id, channel]));
    for (const { hotkey, uid, carried } of records.sheet.miners) {
      if (carried) continue;
      const state = records.sheet.after.miners.find((miner) => miner.hotkey === hotkey);
      const judged = (channel: string): number =>
        records.judgements.filter(
          (judgement) =>
            judgement.uid === uid && judgement.score !== null && channels.get(judgement.taskId) === channel,
        ).length;
      expect([state?.verifiable.count ?? 0, state?.judged.count ?? 0], `uid ${uid}`).toEqual([
        judged("verifiable"),
        judged("judged"),
      ]);
    }
  });

  test("its memory stays bounded", () => {
    expect(peakKiB / 1024).toBeGreaterThan(50);
    expect(peakKiB / 1024).toBeLessThan(MEMORY_MIB);
  });
});

/** The kernel's high-water mark of a process; 0 when it is gone. */
function peakOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
