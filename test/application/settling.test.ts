import { describe, expect, test } from "vitest";
import { cancelled } from "../../src/application/accepted.ts";
import { openCommit } from "../../src/core/audit/open-commit.ts";
import { replayChain } from "../../src/core/audit/replay-chain.ts";
import type { Commit, CycleRecord } from "../../src/core/model/records.ts";
import type { Observation, RevealSight, SubmissionOutcome } from "../../src/ports/chain.ts";
import { Bench, goodScript, recordOf, recordsOf, replayFile, SIGNER, sealedOf } from "../support/cycle-bench.ts";
import { LoopProcess } from "../support/scripted-days.ts";
import type { Script } from "../support/scripted-ports.ts";
import { firstBlock } from "../support/scripted-world.ts";
import { commitOf, pulseOf, ROUND } from "../support/sealed-weights.ts";

/**
 * What becomes of a commit is told by what stands right after its reveal, and told once: tempo 100, blocks once a second, RevealPeriodEpochs
 * 1 unless told, a reveal in the fourth block of an epoch.
 */
const EXTRINSIC = `0x${"e1".repeat(32)}` as const;
const BLOCK = { hash: `0x${"b1".repeat(32)}`, number: 1330 } as const;

type Row = Pick<RevealSight, "row">["row"];

/** The vector of the good script's two miners, as epoch 3 makes it. */
const VECTOR = await (async () => {
  using bench = new Bench();
  const { uids, values } = recordOf(sealedOf((await bench.run(goodScript())).result).records, "weight-vector");
  return { uids, values };
})();

function committed(commit: Partial<Commit> = {}): Extract<SubmissionOutcome, { kind: "timelocked" }> {
  return {
    kind: "timelocked",
    state: "reflected",
    call: "commit_timelocked_mechanism_weights",
    extrinsic: EXTRINSIC,
    block: BLOCK,
    resolved: null,
    commit: commitOf({ hotkey: SIGNER.hotkey, ...VECTOR }, commit),
    fault: null,
  };
}

function sight(change: Partial<RevealSight> = {}): RevealSight {
  return {
    block: { hash: `0x${"b2".repeat(32)}`, number: 1405 },
    epochIndex: 4,
    queued: false,
    pulse: pulseOf(),
    lastStoredRound: ROUND,
    row: VECTOR,
    uid: 0,
    permit: true,
    owner: false,
    stakeRao: "5000000000000",
    neurons: 3,
    mode: "yuma",
    limits: { minAllowedWeights: 1, weightsVersionKey: "0", stakeThresholdRao: "0", mechanismCount: 1 },
    ...change,
  };
}

const WAITS = sight({ queued: true, pulse: null, lastStoredRound: 0, row: { uids: [], values: [] } });
const REVEALED_AT = firstBlock(4) + 4;
const hidden = (seen: Observation): Observation => ({
  ...seen,
  hyperparameters: { ...seen.hyperparameters, commitRevealEnabled: true },
});

/** A commit in epoch 3, and then a service in epoch 4 until it is sealed. */
async function epoch4(
  world: (self: LoopProcess) => RevealSight | Exclude<ReturnType<NonNullable<Script["reveal"]>>, RevealSight>,
  days: { readonly commit?: boolean; readonly first?: SubmissionOutcome; readonly script?: Partial<Script> } = {},
): Promise<{ readonly process: LoopProcess; readonly records: readonly CycleRecord[]; readonly chain: string }> {
  using bench = new Bench();
  const first = sealedOf((await bench.run({ ...goodScript(), submissions: [days.first ?? committed()] })).result);
  const process: LoopProcess = new LoopProcess({
    from: firstBlock(4),
    ...(days.commit === true && { observed: hidden }),
    script: {
      submissions: days.commit === true ? [committed({ epoch: 4 })] : ["reflected"],
      reveal: () => world(process),
      ...days.script,
    },
  });
  await process.run(bench, ({ sealed }) => sealed.length === 1);
  const { records = [], bundle = "" } = process.sealed[0] ?? {};
  const links = [(await replayFile(first.bundle)).link, (await replayFile(bundle)).link];
  return { process, records, chain: replayChain(links, openCommit) };
}

/** Another vector in epoch 4 than in epoch 3: the miners have changed places. */
const swapped: Script["answer"] = (question) =>
  goodScript({ epoch: 4 }).answer?.({ ...question, uid: 3 - question.uid }) ?? "";

describe("a commit that was opened as it was sent is settled as revealed, whatever comes later in the epoch:", () => {
  test.each<[string, boolean, Partial<RevealSight>]>([
    [
      "own weights that go out directly, since commit-reveal was switched off",
      false,
      { row: { uids: [1], values: [9] } },
    ],
    ["a pruning of its uids", true, { row: { uids: [1], values: [9] }, neurons: 1 }],
    ["the loss of the own seat", true, { row: null, uid: null, permit: false }],
  ])("%s", async (_what, commit, later) => {
    const { chain, process, records } = await epoch4(
      ({ block }) => (block < REVEALED_AT ? WAITS : sight(block < REVEALED_AT + 6 ? {} : later)),
      { commit },
    );
    expect(recordOf(records, "settlement")).toMatchObject({ epoch: 3, state: "revealed", reveal: { row: VECTOR } });
    expect(process.named("weights-not-revealed")).toEqual([]);
    expect(process.named("settled")).toMatchObject([{ block: REVEALED_AT, facts: { epoch: 3, state: "revealed" } }]);
    expect(chain).toBe("verified");
  });

  test("a restart: what was seen stands", async () => {
    using bench = new Bench();
    await bench.run({ ...goodScript(), submissions: [committed()] });
    for (const [from, shown] of [
      [REVEALED_AT, sight()],
      [REVEALED_AT + 20, sight({ row: null, uid: null })],
    ] as const) {
      const process: LoopProcess = new LoopProcess({ from, script: { reveal: () => shown } });
      await process.run(
        bench,
        ({ block, sealed }) => sealed.length === 1 || (from === REVEALED_AT && block > from + 5),
      );
      expect(process.named("weights-not-revealed")).toEqual([]);
      const { records } = process.sealed[0] ?? { records: [] };
      expect(recordsOf(records, "settlement").map(({ state }) => state)).toEqual(
        from === REVEALED_AT ? [] : ["revealed"],
      );
    }
  });
});

describe("an alarm about a former commit", () => {
  test("comes once, when it is seen", async () => {
    const lost = sight({ pulse: null, lastStoredRound: 0 });
    const { process, records } = await epoch4(() => lost, { commit: true });
    expect(process.named("weights-not-revealed")).toMatchObject([{ facts: { epoch: 3, cause: "commit-gone" } }]);
    expect(process.named("weights-not-revealed")[0]?.block).toBeLessThan(firstBlock(4) + 5);
    expect(recordOf(records, "settlement")).toMatchObject({ state: "lost" });
  });

  test("does not come when our own newer weights are all that is to be seen", async () => {
    const script = { answer: swapped };
    const whole = await epoch4(() => sight(), { script });
    const { uids, values } = recordOf(whole.records, "weight-vector");
    const own: Row = { uids, values };
    expect(own).not.toEqual(VECTOR);
    const deaf = { code: "chain-unreachable", blame: "chain", retryable: true, message: "", remedy: "" } as const;
    const { chain, process, records } = await epoch4(
      ({ sentAt }) => (sentAt.length === 0 ? deaf : sight({ row: own })),
      {
        script,
      },
    );
    expect(recordsOf(records, "settlement")).toEqual([]);
    expect(process.named("weights-not-revealed")).toEqual([]);
    expect(process.named("reveal-unseen")).toMatchObject([{ facts: { epoch: 3, fault: "chain-unconfirmed" } }]);
    expect(chain).toBe("verified");
  });

  test("does not come a second time for a commit that its own cycle has reported as cancelled", async () => {
    const first = { ...committed(), fault: cancelled("The chain did not take it.") };
    expect(first.fault.message).toMatch(/not sent again: The chain did not take it\.$/);
    const { chain, process, records } = await epoch4(() => sight({ row: null, neurons: 1 }), { commit: true, first });
    expect(recordsOf(records, "settlement")).toEqual([]);
    expect(process.named("weights-not-revealed")).toEqual([]);
    expect(chain).toBe("verified");
  });
});

/** Which epoch settles which, over epochs of which some are paused; and what replay says of the chain. */
async function settlements(
  revealPeriod: number,
  {
    paused,
    last,
    shown,
  }: {
    readonly paused: (epoch: number) => boolean;
    readonly last: number;
    readonly shown: (epoch: number) => Partial<RevealSight>;
  },
): Promise<{
  readonly by: Readonly<Record<number, readonly number[]>>;
  readonly process: LoopProcess;
  readonly chain: string;
}> {
  using bench = new Bench();
  const epochNow = (): number => Math.floor((process.block - firstBlock(0)) / 100);
  const sent = Array.from({ length: last + 1 }, (_, epoch) => epoch).filter((epoch) => epoch >= 3 && !paused(epoch));
  const process: LoopProcess = new LoopProcess({
    from: firstBlock(3),
    observed: (seen) => {
      const { hyperparameters } = hidden(seen);
      return { ...seen, hyperparameters: { ...hyperparameters, commitRevealPeriod: revealPeriod } };
    },
    script: {
      submissions: sent.map((epoch) => committed({ epoch })),
      pause: () => (paused(epochNow()) ? { since: null, reason: null } : null),
      reveal: () => sight({ epochIndex: epochNow(), pulse: null, lastStoredRound: 0, ...shown(epochNow()) }),
    },
  });
  await process.run(bench, ({ sealed }) => sealed.length === last - 2);
  const by = process.sealed.map(({ records }) => [
    recordOf(records, "header").epoch,
    recordsOf(records, "settlement").map(({ epoch }) => epoch),
  ]);
  const links = await Promise.all(process.sealed.map(async ({ bundle }) => (await replayFile(bundle)).link));
  return { by: Object.fromEntries(by), process, chain: replayChain(links, openCommit) };
}

describe("every cycle that sent a commit is settled once, and no other:", () => {
  test("the last ones before a pause, when reveals come two epochs later", async () => {
    const { by, chain, process } = await settlements(2, { paused: (epoch) => epoch > 5, last: 9, shown: () => ({}) });
    expect(by).toEqual({ 3: [], 4: [], 5: [3], 6: [4], 7: [5], 8: [], 9: [] });
    expect(process.named("weights-not-revealed").map(({ facts }) => facts["epoch"])).toEqual([3, 4, 5]);
    expect(chain).toBe("verified");
  }, 30_000);

  test("those before and behind a pause", async () => {
    const { by, chain } = await settlements(1, {
      paused: (epoch) => epoch === 4 || epoch === 5,
      last: 8,
      shown: () => ({}),
    });
    expect(by).toEqual({ 3: [], 4: [3], 5: [], 6: [], 7: [6], 8: [7] });
    expect(chain).toBe("verified");
  }, 30_000);

  test("one that was pending is settled once more, for good", async () => {
    const { by, chain } = await settlements(1, {
      paused: (epoch) => epoch > 3,
      last: 6,
      shown: (epoch) => ({ queued: epoch === 4 }),
    });
    expect(by).toEqual({ 3: [], 4: [3], 5: [3], 6: [] });
    expect(chain).toBe("verified");
  }, 30_000);
});
