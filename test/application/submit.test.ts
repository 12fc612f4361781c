import { describe, expect, test } from "vitest";
import type { Fault } from "../../src/core/model/fault.ts";
import type { CycleRecord } from "../../src/core/model/records.ts";
import type { SubmissionOutcome } from "../../src/ports/chain.ts";
import { Bench, goodScript, recordOf, replayFile, sealedOf } from "../support/cycle-bench.ts";
import type { Script, ScriptedPorts } from "../support/scripted-ports.ts";
import { neverIncludedAs, reflectedAs } from "../support/scripted-ports.ts";
import { firstBlock, SCORING } from "../support/scripted-world.ts";
import { Tripwire } from "../support/tripwire.ts";

/** Epoch 3 ends at block 1400; a cycle started by hand may still send in the epoch after. */
const LAST = firstBlock(5);

function failed(
  code: Fault["code"],
  change: Partial<Extract<SubmissionOutcome, { kind: "failed" }>>,
): SubmissionOutcome {
  const fault: Fault = { code, blame: "chain", retryable: true, message: `It was ${code}.`, remedy: "Wait." };
  return {
    kind: "failed",
    path: "direct",
    commit: null,
    state: "claimed",
    extrinsic: null,
    fault,
    open: false,
    ...change,
  };
}

function limited(untilBlock: number): SubmissionOutcome {
  return { kind: "withheld", reason: "rate-limited", detail: `until ${untilBlock}`, untilBlock };
}

async function cycle(
  script: Script,
  settings: Parameters<Bench["run"]>[1] = {},
): Promise<{ readonly records: readonly CycleRecord[]; readonly ports: ScriptedPorts }> {
  using bench = new Bench();
  const { result, ports } = await bench.run(script, settings);
  const sealed = sealedOf(result);
  expect(await replayFile(sealed.bundle)).toMatchObject({ result: "verified" });
  return { records: sealed.records, ports };
}

/** A chain that finalizes a block each time it is asked. */
function moving(from: number): () => number {
  let height = from;
  return () => {
    height += 1;
    return height;
  };
}

describe("weights", () => {
  test("that the guard forbids never reach the submitter", async () => {
    const { submissions: _none, ...script } = goodScript();
    const { records, ports } = await cycle(script, { settings: { scoring: { ...SCORING, minEligible: 3 } } });
    expect(ports.submitted).toEqual([]);
    expect(recordOf(records, "submission")).toMatchObject({ submission: "withheld", reason: "too-few-miners" });
  });

  test("are not sent when the time for them is over", async () => {
    const script = goodScript();
    let asked = 0;
    const block = (): number => {
      asked += 1;
      return asked === 1 ? firstBlock(3) : LAST;
    };
    const { submissions: _none, ...silent } = script;
    const { records, ports } = await cycle({ ...silent, block });
    expect(ports.submitted).toEqual([]);
    expect(recordOf(records, "submission")).toMatchObject({ submission: "withheld", reason: "epoch-over" });
  });

  test("that another vector claimed are a broken invariant, and nothing is signed", async () => {
    using bench = new Bench();
    await bench.inside(async (journal) => {
      const log = await journal.open({ netuid: 7, mechid: 0, epoch: 3 }, () => `0x${"01".repeat(32)}`);
      await log.claim(`0x${"77".repeat(32)}`);
    });
    const { submissions: _none, ...script } = goodScript();
    await expect(bench.run(script)).rejects.toMatchObject({ exit: "journal", code: "claim-held" });
  });

  test("that the chain refused are recorded with its fault", async () => {
    const refusal = failed("chain-refused", { state: "finalized", extrinsic: `0x${"e1".repeat(32)}` });
    const { fault } = refusal as { readonly fault: Fault };
    const final = { ...refusal, fault: { ...fault, retryable: false } } as SubmissionOutcome;
    const { records, ports } = await cycle({ ...goodScript(), submissions: [final] });
    expect(ports.submitted).toHaveLength(1);
    expect(recordOf(records, "submission")).toMatchObject({
      submission: "direct",
      state: "finalized",
      reason: "It was chain-refused.",
      fault: { code: "chain-refused" },
    });
  });

  test("that may still arrive are not sent again", async () => {
    const open = failed("chain-unconfirmed", { state: "broadcast", extrinsic: `0x${"e1".repeat(32)}`, open: true });
    const { records, ports } = await cycle({ ...goodScript(), submissions: [open] });
    expect(ports.submitted).toHaveLength(1);
    expect(recordOf(records, "submission")).toMatchObject({ state: "broadcast", fault: { code: "chain-unconfirmed" } });
  });

  test("are sent again after a passing trouble", async () => {
    const { records, ports } = await cycle({
      ...goodScript(),
      submissions: [failed("chain-unreachable", {}), neverIncludedAs(), "reflected"],
    });
    expect(new Set(ports.submitted).size).toBe(1);
    expect(recordOf(records, "submission")).toMatchObject({ state: "reflected", fault: null });
  });

  test("are given up when the trouble does not pass", async () => {
    const trouble = failed("chain-unreachable", {});
    const { records, ports } = await cycle({ ...goodScript(), submissions: [trouble, trouble, trouble] });
    expect(ports.submitted).toHaveLength(3);
    expect(recordOf(records, "submission")).toMatchObject({ state: "claimed", fault: { code: "chain-unreachable" } });
  });
});

describe("a rate limit", () => {
  const from = firstBlock(3) + 1;

  test("that ends inside the window is waited for", async () => {
    const { records, ports } = await cycle({
      ...goodScript(),
      block: moving(from),
      submissions: [limited(from + 20), "reflected"],
    });
    expect(recordOf(records, "submission")).toMatchObject({ submission: "direct", state: "reflected" });
    expect(ports.clock.asked.length).toBeGreaterThan(10);
    expect(ports.events).toContain("submission-waits");
  });

  test("that ends outside is not", async () => {
    const { records, ports } = await cycle({ ...goodScript(), submissions: [limited(LAST)] });
    expect(recordOf(records, "submission")).toMatchObject({
      submission: "withheld",
      reason: `rate-limited: until ${LAST}`,
    });
    expect(ports.clock.asked).toEqual([]);
  });

  test("that is still there at its end is not waited for again", async () => {
    const { records, ports } = await cycle({
      ...goodScript(),
      block: moving(from),
      submissions: [limited(from + 5), limited(from + 5)],
    });
    expect(ports.submitted).toHaveLength(2);
    expect(recordOf(records, "submission")).toMatchObject({ submission: "withheld" });
  });

  test.each([
    ["stands still", from],
    ["cannot be reached", { code: "chain-unreachable", blame: "chain", retryable: true, message: "", remedy: "" }],
  ] as const)("is not waited for without end when the chain %s", async (_name, height) => {
    const { records } = await cycle({ ...goodScript(), block: () => height, submissions: [limited(from + 5)] });
    expect(recordOf(records, "submission")).toMatchObject({ submission: "withheld" });
  });

  test("is not waited for past the window when the chain jumps", async () => {
    let asked = 0;
    const block = (): number => {
      asked += 1;
      return asked < 4 ? from : LAST + 1;
    };
    const { ports } = await cycle({ ...goodScript(), block, submissions: [limited(from + 5)] });
    expect(ports.submitted).toHaveLength(1);
  });
});

describe("a submission that an earlier process began", () => {
  async function begun(bench: Bench): Promise<void> {
    const script = { ...goodScript(), submissions: ["signed-only"] as const };
    await expect(bench.run(script)).rejects.toThrow("ended before it sent");
  }

  test("is settled, and when it arrived nothing is signed", async () => {
    using bench = new Bench();
    await begun(bench);
    const { submissions: _none, ...script } = goodScript();
    const settle: SubmissionOutcome = {
      kind: "direct",
      state: "reflected",
      call: "set_weights",
      extrinsic: `0x${"e1".repeat(32)}`,
      block: { hash: `0x${"b1".repeat(32)}`, number: 1350 },
      resolved: null,
      fault: null,
    };
    const { result, ports } = await bench.run({ ...script, settle });
    expect(bench.ledger.settled).toEqual(["signed"]);
    expect(ports.submitted).toEqual([]);
    expect(recordOf(sealedOf(result).records, "submission")).toMatchObject({
      state: "reflected",
      block: { number: 1350 },
    });
  });

  test("may be sent once more, byte for byte, unless the operator has paused submissions since", async () => {
    const { submissions: _none, ...script } = goodScript();
    using bench = new Bench();
    await begun(bench);
    await bench.run({ ...script, settle: reflectedAs() });
    expect(bench.ledger.again).toEqual(["0x51"]);
    using other = new Bench();
    await begun(other);
    await other.run({ ...script, settle: reflectedAs(), pause: () => ({ since: null, reason: null }) });
    expect(other.ledger.again).toEqual([null]);
  });

  test("is settled also when the window has closed since, and not sent any more", async () => {
    using bench = new Bench();
    await begun(bench);
    const { submissions: _none, ...script } = goodScript();
    const { result } = await bench.run({ ...script, block: LAST + 10 });
    expect(bench.ledger.settled).toEqual(["signed"]);
    expect(bench.ledger.again).toEqual([null]);
    expect(recordOf(sealedOf(result).records, "submission")).toMatchObject({ fault: { code: "chain-refused" } });
  });

  test("that cannot arrive any more is made good while there is time", async () => {
    using bench = new Bench();
    await begun(bench);
    const { result } = await bench.run(goodScript());
    expect(bench.ledger.sent).toHaveLength(1);
    expect(recordOf(sealedOf(result).records, "submission")).toMatchObject({ state: "reflected" });
  });

  test("whose fate stays unknown is left alone", async () => {
    using bench = new Bench();
    await begun(bench);
    const { submissions: _none, ...script } = goodScript();
    const settle = failed("chain-unconfirmed", { state: "signed", extrinsic: `0x${"e1".repeat(32)}`, open: true });
    const { ports } = await bench.run({ ...script, settle });
    expect(ports.submitted).toEqual([]);
  });

  test("is settled by the last signature when there were several", async () => {
    using bench = new Bench();
    const script = { ...goodScript(), submissions: [neverIncludedAs(), "signed-only"] as const };
    await expect(bench.run(script)).rejects.toThrow("ended before it sent");
    await bench.run(goodScript(), { wire: new Tripwire() });
    expect(bench.ledger.settled).toEqual(["signed"]);
    expect(bench.ledger.sent).toHaveLength(1);
  });
});
