import { describe, expect, test } from "vitest";
import type { Fault } from "../../src/core/model/fault.ts";
import type { EpochSight, Observation, SubmissionOutcome } from "../../src/ports/chain.ts";
import { Bench, goodScript, recordOf, replayFile, SIGNER } from "../support/cycle-bench.ts";
import { type Days, LoopProcess } from "../support/scripted-days.ts";
import { neverIncludedAs, reflectedAs } from "../support/scripted-ports.ts";
import { firstBlock, observationOf } from "../support/scripted-world.ts";

/** Tempo 100: an epoch's weights are due from 70 blocks after its begin to 92, and nothing is sent from 96 on. */
const EPOCH = 3;
const BEGIN = firstBlock(EPOCH);
const QUESTIONS = 6;

async function process(
  bench: Bench,
  days: Partial<Days>,
  enough: (loop: LoopProcess) => boolean,
): Promise<LoopProcess> {
  const loop = new LoopProcess({ from: BEGIN, ...days });
  await loop.run(bench, enough);
  return loop;
}

const sealedEpochs = (loop: LoopProcess): readonly number[] =>
  loop.sealed.map(({ records }) => recordOf(records, "snapshot").epochState.index);

const unreachable: Fault = {
  code: "chain-unreachable",
  blame: "chain",
  retryable: true,
  message: "The chain node does not answer.",
  remedy: "Check the endpoint.",
};

/** The schedule as the scripted chain has it at that block. */
function scheduled(number: number): EpochSight {
  const epoch = Math.floor((number - firstBlock(0)) / 100);
  const { block, epochState, hyperparameters } = observationOf({ epoch, miners: 2, own: SIGNER.hotkey });
  const { commitRevealEnabled, tempo } = hyperparameters;
  const { hash, timeMs } = block;
  return { block: { hash, number }, timeMs, epochState, tempo, commitRevealEnabled, lastUpdate: 0 };
}

describe("the loop", () => {
  test("observes at the first finalized block of each epoch and sends its weights once, inside the window", async () => {
    using bench = new Bench();
    const loop = await process(bench, {}, ({ sealed }) => sealed.length === 4);
    expect(loop.ready).toBe(1);
    expect(sealedEpochs(loop)).toEqual([3, 4, 5, 6]);
    const observed = loop.sealed.map(({ records }) => recordOf(records, "snapshot").block.number);
    expect(observed).toEqual([3, 4, 5, 6].map(firstBlock));
    expect(loop.sentAt.map((block, index) => block - firstBlock(EPOCH + index))).toEqual([70, 70, 70, 70]);
    expect(bench.ledger.bought).toHaveLength(4 * QUESTIONS);
    for (const { bundle } of loop.sealed) {
      expect(await replayFile(bundle)).toMatchObject({ result: "verified", signature: "verified" });
    }
  });

  test("leaves an epoch alone that was sealed before, and takes up the next", async () => {
    using bench = new Bench();
    await process(bench, {}, ({ sealed }) => sealed.length === 1);
    const again = await process(bench, { from: BEGIN + 80 }, ({ sealed }) => sealed.length === 1);
    expect(sealedEpochs(again)).toEqual([4]);
    expect(bench.ledger.sent).toHaveLength(2);
    expect(bench.ledger.bought).toHaveLength(2 * QUESTIONS);
  });

  test("waits without buying anything while the hotkey has no permit, says so each epoch, and goes on with one", async () => {
    using bench = new Bench();
    const loop = await process(
      bench,
      {
        observed: (seen) =>
          seen.epochState.index >= 5
            ? seen
            : { ...seen, neurons: seen.neurons.map((neuron) => ({ ...neuron, permit: false })) },
      },
      ({ sealed }) => sealed.length === 1,
    );
    expect(loop.ready).toBe(1);
    expect(loop.named("no-permit").map(({ block }) => block)).toEqual([firstBlock(3), firstBlock(4)]);
    expect(sealedEpochs(loop)).toEqual([5]);
    expect(bench.ledger.bought).toHaveLength(QUESTIONS);
  });

  test("ends with the exit of an unregistered hotkey before anything is bought", async () => {
    using bench = new Bench();
    const loop = new LoopProcess({
      from: BEGIN,
      observed: (seen) => ({ ...seen, neurons: seen.neurons.slice(1).map((one, uid) => ({ ...one, uid })) }),
    });
    await expect(loop.run(bench, () => false)).rejects.toMatchObject({ exit: "unregistered", code: "not-registered" });
    expect(loop.ready).toBe(0);
    expect(bench.ledger.bought).toEqual([]);
  });

  test("takes up an epoch that comes sooner than was foreseen, after its weights were sent", async () => {
    using bench = new Bench();
    // An owner shortens the epoch when the weights of the present one are out.
    const sooner = firstBlock(EPOCH) + 80;
    const moved = (seen: Observation): Observation => {
      if (seen.block.number < sooner) return seen;
      const index = EPOCH + 1 + Math.floor((seen.block.number - sooner) / 100);
      const lastEpochBlock = sooner + 100 * (index - EPOCH - 1);
      const epochState = { ...seen.epochState, index, lastEpochBlock, nextEpochBlock: lastEpochBlock + 100 };
      return { ...seen, epochState };
    };
    const loop = await process(bench, { observed: moved }, ({ sealed }) => sealed.length === 2);
    expect(sealedEpochs(loop)).toEqual([EPOCH, EPOCH + 1]);
    const observed = loop.sealed.map(({ records }) => recordOf(records, "snapshot").block.number);
    expect(observed[1]).toBeLessThanOrEqual(sooner + 2);
    expect(loop.sentAt).toEqual([BEGIN + 70, sooner + 70]);
  });

  test("waits out trouble of the chain, longer each time, and says so", async () => {
    using bench = new Bench();
    let refusals = 8;
    const loop = await process(
      bench,
      { observed: (seen) => (refusals-- > 0 ? unreachable : seen) },
      ({ sealed }) => sealed.length === 1,
    );
    expect(loop.named("chain-trouble").map(({ facts }) => facts["waitMs"])).toEqual([
      1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000,
    ]);
    expect(loop.ready).toBe(1);
  });

  test("asks a node again that shows an epoch before the one already seen", async () => {
    using bench = new Bench();
    const loop = await process(
      bench,
      {
        observed: (seen) => {
          const { number } = seen.block;
          if (number < firstBlock(4) || number >= firstBlock(4) + 2) return seen;
          return { ...seen, epochState: { ...seen.epochState, index: 2 } };
        },
      },
      ({ sealed }) => sealed.length === 2,
    );
    expect(loop.named("chain-trouble")).toHaveLength(2);
    expect(sealedEpochs(loop)).toEqual([3, 4]);
  });

  test("does not take a node that lags within a cycle for the former epoch again: the new one is not missed", async () => {
    using bench = new Bench();
    let looks = 0;
    const loop: LoopProcess = new LoopProcess({
      from: BEGIN,
      observed: (seen) => {
        if (seen.epochState.index !== EPOCH + 1) return seen;
        looks += 1;
        // The loop's own look shows the new epoch, the cycle's first one comes from a node some blocks behind.
        return looks === 2 ? { ...seen, epochState: { ...seen.epochState, index: EPOCH } } : seen;
      },
      script: { schedule: () => scheduled(loop.block) },
    });
    await loop.run(bench, ({ sealed }) => sealed.length === 3);
    expect(sealedEpochs(loop)).toEqual([EPOCH, EPOCH + 1, EPOCH + 2]);
    expect(loop.named("chain-trouble")).toHaveLength(1);
  });

  test("waits at its start for a node that has to catch up with the journal", async () => {
    using bench = new Bench();
    await process(bench, {}, ({ sealed }) => sealed.length === 1);
    let behind = 3;
    const late = (seen: Observation): Observation =>
      behind-- > 0 ? { ...seen, epochState: { ...seen.epochState, index: EPOCH - 2 } } : seen;
    const from = firstBlock(EPOCH + 1);
    const loop = await process(
      bench,
      { from, observed: late, script: { local: false } },
      (one) => one.sealed.length === 1,
    );
    expect(loop.named("chain-trouble")).toHaveLength(3);
    expect(sealedEpochs(loop)).toEqual([EPOCH + 1]);
  });

  test("ends at its start with a local chain that has begun anew", async () => {
    using bench = new Bench();
    await process(bench, {}, ({ sealed }) => sealed.length === 1);
    const loop = new LoopProcess({ from: firstBlock(EPOCH - 2) });
    await expect(loop.run(bench, () => false)).rejects.toMatchObject({ code: "chain-behind-its-past" });
  });

  test("notices that no block is finalized, says so more and more seldom, and says when they come again", async () => {
    using bench = new Bench();
    const loop = await process(
      bench,
      { still: { at: BEGIN + 40, untilMs: 640_000 } },
      ({ sealed }) => sealed.length === 1,
    );
    expect(loop.named("chain-stands-still").map(({ facts }) => facts["seconds"])).toEqual([120, 240, 480]);
    expect(loop.named("chain-moves-again")).toHaveLength(1);
  });

  test("tells within the epoch why no weights were set", async () => {
    using bench = new Bench();
    const loop = await process(
      bench,
      {
        script: {
          submissions: [
            { kind: "withheld", reason: "call-unknown", detail: "the runtime has a call that is not known" },
          ],
        },
      },
      ({ sealed }) => sealed.length === 1,
    );
    const [told] = loop.named("weights-not-set");
    expect(told?.facts).toMatchObject({ epoch: EPOCH, reason: expect.stringContaining("call-unknown") });
    expect(told?.block).toBeLessThan(firstBlock(EPOCH + 1));
  });
});

test("a miner that never answers does not keep the weights of the others off the chain", async () => {
  using bench = new Bench();
  const { answer: good } = goodScript({ miners: 12 });
  const loop = await process(
    bench,
    {
      miners: 12,
      script: { answer: (question) => (question.uid === 12 ? new Promise(() => undefined) : (good?.(question) ?? "")) },
    },
    ({ sealed }) => sealed.length === 1,
  );
  expect(loop.sentAt).toEqual([BEGIN + 92]);
  const { records } = loop.sealed[0] ?? { records: [] };
  const missed = records.flatMap((record) =>
    record.kind === "response" && !record.outcome.answered ? [`${record.uid} ${record.outcome.fault.code}`] : [],
  );
  expect(new Set(missed)).toEqual(new Set(["12 epoch-over"]));
});

test("weights that the chain could not be asked about are tried until it answers, while the window is open", async () => {
  using bench = new Bench();
  const deaf = {
    kind: "failed",
    path: "direct",
    commit: null,
    state: "claimed",
    extrinsic: null,
    fault: unreachable,
    open: false,
  } as const;
  const loop = await process(
    bench,
    { script: { submissions: [deaf, deaf, deaf, deaf, "reflected"] } },
    ({ sealed }) => sealed.length === 1,
  );
  expect(loop.sentAt).toHaveLength(5);
  expect(bench.ledger.sent).toHaveLength(1);
  expect(loop.named("weights-not-set")).toEqual([]);
});

describe("weights that a node does not take", () => {
  const refused = (state: "signed" | "finalized"): SubmissionOutcome => ({
    kind: "failed",
    path: "direct",
    commit: null,
    state,
    extrinsic: `0x${"e1".repeat(32)}`,
    fault: { ...unreachable, code: "chain-refused", message: "The node's transaction pool is full." },
    open: false,
  });

  test("are tried with longer and longer waits while the window is open", async () => {
    using bench = new Bench();
    const full = refused("signed");
    const submissions = [full, full, full, "reflected"] as const;
    const loop = await process(bench, { script: { submissions } }, ({ sealed }) => sealed.length === 1);
    const waits = loop.sentAt.slice(1).map((block, index) => block - (loop.sentAt[index] ?? 0));
    expect(waits).toHaveLength(3);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(waits[2]).toBeGreaterThan(2 * (waits[0] ?? 0));
    expect(bench.ledger.sent).toHaveLength(1);
  });

  test("are given up when the chain itself has refused them three times in a block", async () => {
    using bench = new Bench();
    const submissions = Array.from({ length: 3 }, () => refused("finalized"));
    const loop = await process(bench, { script: { submissions } }, ({ sealed }) => sealed.length === 1);
    expect(loop.sentAt).toHaveLength(3);
    expect(loop.named("weights-not-set")).toHaveLength(1);
  });
});

describe("weights whose fate a node could not tell", () => {
  const EXTRINSIC = `0x${"e1".repeat(32)}` as const;
  const fault: Fault = { ...unreachable, code: "chain-unconfirmed" };
  const open = {
    kind: "failed",
    path: "direct",
    commit: null,
    state: "broadcast",
    extrinsic: EXTRINSIC,
    fault,
    open: true,
  } as const;

  async function signedBefore(bench: Bench): Promise<void> {
    await bench.inside(async (journal) => {
      const log = await journal.open({ netuid: 7, mechid: 0, epoch: EPOCH }, () => EXTRINSIC);
      await log.step({ state: "signed", facts: { extrinsic: EXTRINSIC, eraBirth: BEGIN + 60, eraPeriod: 16 } });
    });
  }

  test("are looked for until it is known, and nothing else is signed meanwhile", async () => {
    using bench = new Bench();
    await signedBefore(bench);
    let unknown = 4;
    const settle = (): SubmissionOutcome => (unknown-- > 0 ? open : reflectedAs());
    const loop = await process(bench, { script: { settle } }, ({ sealed }) => sealed.length === 1);
    expect(loop.named("submission-unknown")).toHaveLength(4);
    expect(loop.sentAt).toEqual([]);
    expect(recordOf(loop.sealed[0]?.records ?? [], "submission")).toMatchObject({ state: "reflected", fault: null });
  });

  test("are sent once they cannot arrive any more", async () => {
    using bench = new Bench();
    await signedBefore(bench);
    let unknown = 2;
    const settle = (): SubmissionOutcome => (unknown-- > 0 ? open : neverIncludedAs());
    const loop = await process(bench, { script: { settle } }, ({ sealed }) => sealed.length === 1);
    expect(loop.sentAt).toHaveLength(1);
    expect(recordOf(loop.sealed[0]?.records ?? [], "submission")).toMatchObject({ state: "reflected" });
  });

  test("are left with that on record when the window closes", async () => {
    using bench = new Bench();
    await signedBefore(bench);
    const loop = await process(bench, { script: { settle: () => open } }, ({ sealed }) => sealed.length === 1);
    expect(loop.sentAt).toEqual([]);
    const { records } = loop.sealed[0] ?? { records: [] };
    expect(recordOf(records, "submission")).toMatchObject({ state: "broadcast", fault: { code: "chain-unconfirmed" } });
    expect(loop.named("weights-not-set")[0]?.block).toBeLessThan(firstBlock(EPOCH + 1));
  });
});

describe("a loop that is told to end", () => {
  test.each([
    ["before the window", 20, 70],
    ["and comes back inside the window", 80, 80],
    ["and comes back behind the window, while blocks are left", 94, 94],
  ])("%s has nothing claimed, and the next process sends once", async (_when, back, sent) => {
    using bench = new Bench();
    const first = await process(bench, {}, ({ block }) => block >= BEGIN + 10);
    expect(first.sealed).toEqual([]);
    expect(bench.ledger.sent).toEqual([]);
    const second = await process(bench, { from: BEGIN + back }, ({ sealed }) => sealed.length === 1);
    expect(second.sentAt).toEqual([BEGIN + sent]);
    expect(bench.ledger.sent).toHaveLength(1);
    expect(bench.ledger.bought).toHaveLength(QUESTIONS);
  });

  test("and comes back in the last blocks withholds with that reason", async () => {
    using bench = new Bench();
    await process(bench, {}, ({ block }) => block >= BEGIN + 10);
    const second = await process(bench, { from: BEGIN + 97 }, ({ sealed }) => sealed.length === 1);
    expect(second.named("weights-not-set")[0]?.facts).toMatchObject({ epoch: EPOCH, reason: "epoch-over" });
    expect(bench.ledger.sent).toEqual([]);
  });

  test("waits for the answers under way, buys no other, and the next process buys only the rest", async () => {
    using bench = new Bench();
    const open: (() => void)[] = [];
    const first = new LoopProcess({
      from: BEGIN,
      script: {
        answer: ({ uid }) =>
          new Promise((done) => {
            open.push(() => done(`late answer of ${uid}`));
          }),
      },
    });
    const ended = first.run(bench, () => open.length === 2);
    while (!first.drain.signal.aborted) await new Promise(setImmediate);
    expect(bench.ledger.bought).toHaveLength(2);
    for (const answer of open) answer();
    await ended;
    expect(bench.ledger.bought).toHaveLength(2);
    const second = await process(bench, { from: BEGIN + 20 }, ({ sealed }) => sealed.length === 1);
    expect(new Set(bench.ledger.bought).size).toBe(QUESTIONS);
    expect(bench.ledger.bought).toHaveLength(QUESTIONS);
    const { records } = second.sealed[0] ?? { records: [] };
    const missed = records.filter((record) => record.kind === "response" && !record.outcome.answered);
    expect(missed).toEqual([]);
  });

  test("drops what is under way when its time is over, and ends all the same", async () => {
    using bench = new Bench();
    const loop = new LoopProcess({ from: BEGIN, script: { answer: () => new Promise(() => undefined) } });
    const ended = loop.run(bench, () => bench.ledger.bought.length === 2);
    while (!loop.drain.signal.aborted) await new Promise(setImmediate);
    loop.force.abort(loop.drain.signal.reason);
    await ended;
    expect(loop.sealed).toEqual([]);
    expect(bench.ledger.bought).toHaveLength(2);
  });
});
