import { describe, expect, test } from "vitest";
import type { Blame, Fault, FaultCode } from "../../src/core/model/fault.ts";
import type { CycleRecord } from "../../src/core/model/records.ts";
import {
  Bench,
  goodScript,
  recordOf,
  recordsOf,
  replayFile,
  SIGNER,
  sealedOf,
  verdict,
} from "../support/cycle-bench.ts";
import type { Script } from "../support/scripted-ports.ts";
import { chuteOf, evidenceOf, observationOf, SCORING } from "../support/scripted-world.ts";

function fault(blame: Blame, code: FaultCode, retryable = false): Fault {
  return { code, blame, retryable, message: `It was ${code}.`, remedy: "Wait." };
}

async function cycleOf(script: Script, settings: Parameters<Bench["run"]>[1] = {}): Promise<readonly CycleRecord[]> {
  using bench = new Bench();
  const { result } = await bench.run(script, settings);
  const sealed = sealedOf(result);
  expect(await replayFile(sealed.bundle)).toMatchObject({ result: "verified" });
  return sealed.records;
}

describe("a cycle", () => {
  test("goes from the snapshot to a bundle that replay verifies", async () => {
    using bench = new Bench();
    const { result, ports } = await bench.run(goodScript({ miners: 3 }));
    const { records, bundle } = sealedOf(result);
    expect(await replayFile(bundle)).toMatchObject({ result: "verified", signature: "verified" });
    expect(recordsOf(records, "response")).toHaveLength(9);
    expect(recordOf(records, "submission")).toMatchObject({ submission: "direct", state: "reflected", fault: null });
    const scores = recordOf(records, "score-sheet").miners.map(({ score }) => score ?? Number.NaN);
    expect(scores).toEqual(scores.toSorted((a, b) => a - b));
    expect(ports.progress.at(-1)).toBe("ask and judge 9/9");
    expect(recordOf(records, "seal").spend).toEqual({ requests: 12, tokens: 150, microUsd: 150 });
  });

  test("of an epoch that was sealed answers what was recorded and touches nothing", async () => {
    using bench = new Bench();
    const first = sealedOf((await bench.run(goodScript())).result);
    const { result, ports } = await bench.run({ observation: goodScript().observation });
    expect(result).toMatchObject({ kind: "recorded", cycle: { seal: first.seal, bundle: first.bundle } });
    expect(ports.wire.calls).toEqual(["observe", "open"]);
  });

  test("starts from what the cycle before it learnt, and names its seal", async () => {
    using bench = new Bench();
    const first = sealedOf((await bench.run(goodScript({ epoch: 3 }))).result);
    const second = sealedOf((await bench.run(goodScript({ epoch: 4 }))).result);
    expect(recordOf(second.records, "score-sheet").before).toEqual(recordOf(first.records, "score-sheet").after);
    expect(recordOf(second.records, "seal").previousSeal).toBe(first.seal);
  });

  test("without a key is unsigned and leaves nobody out", async () => {
    using bench = new Bench();
    const script = { ...goodScript(), submissions: [{ kind: "dry-run" } as const] };
    const { result } = await bench.run(script, { signer: null, settings: { mode: "dry-run" } });
    const { records, bundle } = sealedOf(result);
    expect(recordOf(records, "seal")).toMatchObject({ signature: "absent", hotkey: null });
    expect(recordOf(records, "score-sheet").miners.map(({ uid }) => uid)).toEqual([0, 1, 2]);
    expect(await replayFile(bundle)).toMatchObject({ result: "verified", signature: "absent" });
  });
});

describe("what fails in a stage", () => {
  test("a chain that cannot be observed ends the cycle before it begins", async () => {
    using bench = new Bench();
    const unreachable = fault("chain", "chain-unreachable", true);
    const { result, ports } = await bench.run({ observation: unreachable });
    expect(result).toEqual({ kind: "fault", fault: unreachable });
    expect(ports.wire.calls).toEqual(["observe"]);
  });

  test("a hotkey without a seat ends it before anything is bought", async () => {
    using bench = new Bench();
    const observation = observationOf({ epoch: 3, miners: 2, own: evidenceOf(chuteOf(9)).chuteId });
    await expect(bench.run({ observation })).rejects.toMatchObject({ exit: "unregistered", code: "not-registered" });
    expect(bench.ledger.bought).toEqual([]);
  });

  test("a catalogue that does not answer costs no miner anything", async () => {
    const records = await cycleOf({
      ...goodScript(),
      evidence: (chuteId) =>
        chuteId === chuteOf(1)
          ? { chuteId, found: false, fault: fault("platform", "gateway-failed", true) }
          : evidenceOf(chuteId),
    });
    expect(recordOf(records, "roster").entries[1]).toMatchObject({ eligible: false, reason: "chute-unchecked" });
    expect(recordOf(records, "score-sheet").miners[0]).toMatchObject({ minerFaults: 0, carried: true });
  });

  test.each([
    ["miner", "chute-cold", 3],
    ["miner", "answer-empty", 3],
    ["platform", "timeout", 0],
    ["validator", "budget-exhausted", 0],
  ] as const)("a miss whose blame is %s's (%s) counts %i faults of the miner", async (blame, code, minerFaults) => {
    const script = goodScript();
    const records = await cycleOf({
      ...script,
      answer: (question) => (question.uid === 1 ? fault(blame, code) : (script.answer?.(question) ?? "")),
    });
    expect(recordOf(records, "score-sheet").miners[0]).toMatchObject({ answered: 0, missed: 3, minerFaults });
    expect(recordsOf(records, "judgement")).toHaveLength(3);
  });

  test("a judge that answers rubbish is asked again with other letters, then the answer is left out", async () => {
    using bench = new Bench();
    const { result } = await bench.run({ ...goodScript(), judge: () => "I would say it is rather good" });
    const judgement = recordsOf(sealedOf(result).records, "judgement").find(({ judge }) => judge.kind === "model");
    expect(judgement).toMatchObject({ score: null, fault: { code: "verdict-unreadable", blame: "judge" } });
    expect(judgement?.attempts).toHaveLength(SCORING.judge.attempts);
    expect(new Set(bench.ledger.judged).size).toBe(bench.ledger.judged.length);
  });

  test.each([
    ["once when the fault is final", false, 1],
    ["as often as allowed when it may pass", true, 2],
  ])("a judge that fails is asked %s", async (_name, retryable, calls) => {
    using bench = new Bench();
    const { result } = await bench.run({ ...goodScript(), judge: () => fault("judge", "judge-failed", retryable) });
    const judgements = recordsOf(sealedOf(result).records, "judgement").filter(({ judge }) => judge.kind === "model");
    expect(judgements.map(({ attempts, fault: why }) => [attempts.length, why?.code])).toEqual([
      [calls, "judge-failed"],
      [calls, "judge-failed"],
    ]);
  });

  test("a judge's second attempt counts when the first cannot be read", async () => {
    let calls = 0;
    const records = await cycleOf({
      ...goodScript({ miners: 1 }),
      judge: (messages) => {
        calls += 1;
        return calls === 1 ? "?" : verdict("excellent")(messages);
      },
    });
    const judgement = recordsOf(records, "judgement").find(({ judge }) => judge.kind === "model");
    expect(judgement).toMatchObject({ score: 1, fault: null, attempts: [{ raw: "?" }, {}] });
  });

  test("questions after the deadline are not bought, and that is nobody's fault but ours", async () => {
    const records = await cycleOf({ observation: goodScript().observation, block: 1_000_000 });
    const responses = recordsOf(records, "response");
    expect(responses).toHaveLength(6);
    for (const { outcome } of responses) {
      expect(outcome).toMatchObject({ answered: false, fault: { code: "epoch-over", blame: "validator" } });
    }
  });

  test("a chain that cannot say its height lets the questions through", async () => {
    const records = await cycleOf({ ...goodScript(), block: () => fault("chain", "chain-unreachable", true) });
    expect(recordsOf(records, "judgement")).toHaveLength(6);
  });
});

describe("the chain's height", () => {
  test("is not asked for each question", async () => {
    using bench = new Bench();
    const { ports } = await bench.run(goodScript({ miners: 8 }));
    const asked = ports.wire.calls.filter((name) => name === "finalized").length;
    // Once for the questions and at most twice before the submission: the manual clock stands still.
    expect(asked).toBeLessThanOrEqual(3);
  });
});

describe("a configuration that changed under a cycle", () => {
  const cut = async (bench: Bench): Promise<void> => {
    const script = { ...goodScript(), answer: () => Promise.reject(new Error("the process ends here")) };
    await expect(bench.run(script)).rejects.toThrow("the process ends here");
  };

  test("counts from the next cycle on", async () => {
    using bench = new Bench();
    await cut(bench);
    const scoring = { ...SCORING, decay: 0.5 };
    const { result } = await bench.run(goodScript(), { settings: { scoring } });
    expect(recordOf(sealedOf(result).records, "header").scoring.decay).toBe(SCORING.decay);
  });

  test("lets no other judge speak in the recorded one's name", async () => {
    using bench = new Bench();
    await cut(bench);
    const { result } = await bench.run(goodScript(), { judge: { model: "another/model", chuteId: null } });
    const { records, bundle } = sealedOf(result);
    expect(bench.ledger.judged).toEqual([]);
    const judgement = recordsOf(records, "judgement").find(({ judge }) => judge.kind === "model");
    expect(judgement).toMatchObject({ score: null, fault: { code: "model-unavailable", blame: "validator" } });
    expect(await replayFile(bundle)).toMatchObject({ result: "verified" });
  });

  test("is refused when it is the hotkey", async () => {
    using bench = new Bench();
    await cut(bench);
    const signer = { ...SIGNER, hotkey: evidenceOf(chuteOf(1)).chuteId };
    await expect(bench.run(goodScript(), { signer })).rejects.toMatchObject({
      exit: "configuration",
      code: "cycle-foreign",
    });
  });

  test("is refused when it is the pack", async () => {
    using bench = new Bench();
    await cut(bench);
    const pack = await import("../../src/packs/general/general-pack.ts").then(({ generalPack }) => ({
      ...generalPack,
      manifest: { ...generalPack.manifest, version: 2 },
    }));
    await expect(bench.run(goodScript(), { settings: { pack } })).rejects.toMatchObject({ code: "cycle-foreign" });
  });
});
