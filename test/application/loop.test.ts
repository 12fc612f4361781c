import { describe, expect, test } from "vitest";
import type { Fault } from "../../src/core/model/fault.ts";
import type { Observation } from "../../src/ports/chain.ts";
import { Bench, goodScript, recordOf, replayFile } from "../support/cycle-bench.ts";
import { type Days, LoopProcess } from "../support/scripted-days.ts";
import { firstBlock } from "../support/scripted-world.ts";

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
