import { describe, expect, test } from "vitest";
import { begunFacts } from "../../src/application/plan-of.ts";
import { openCommit } from "../../src/core/audit/open-commit.ts";
import { replayChain } from "../../src/core/audit/replay-chain.ts";
import { directWindow } from "../../src/core/chain/epoch.ts";
import type { Commit, CycleRecord, RevealCause } from "../../src/core/model/records.ts";
import type { EpochSight, Observation, RevealSight, SubmissionOutcome } from "../../src/ports/chain.ts";
import {
  Bench,
  fieldKey,
  goodScript,
  recordOf,
  recordsOf,
  replayFile,
  SIGNER,
  sealedOf,
} from "../support/cycle-bench.ts";
import { type Days, LoopProcess } from "../support/scripted-days.ts";
import type { Script } from "../support/scripted-ports.ts";
import { firstBlock, observationOf } from "../support/scripted-world.ts";
import { commitOf, pulseOf, ROUND } from "../support/sealed-weights.ts";

type Committed = Extract<SubmissionOutcome, { kind: "timelocked" }>;

const SEAT = { netuid: 7, mechid: 0, hotkey: SIGNER.hotkey };
const EXTRINSIC = `0x${"e1".repeat(32)}` as const;
const BLOCK = { hash: `0x${"b1".repeat(32)}`, number: 1330 } as const;

/** The vector of the good script's two miners, as epoch 3 makes it. */
const VECTOR = await (async () => {
  using bench = new Bench();
  const { records } = sealedOf((await bench.run(goodScript())).result);
  const { uids, values } = recordOf(records, "weight-vector");
  return { uids, values };
})();

function committed(commit: Partial<Commit> = {}): Committed {
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

describe("a timelocked commit", () => {
  test("is on record with its round, and that our update moved is durable", async () => {
    using bench = new Bench();
    const { result } = await bench.run({ ...goodScript(), submissions: [committed()] });
    const { bundle, records } = sealedOf(result);
    expect(recordOf(records, "submission")).toMatchObject({
      submission: "timelocked",
      state: "reflected",
      commit: { round: ROUND, epoch: 3 },
      fault: null,
    });
    expect(await bench.inside(async (journal) => journal.knownUpdate(SEAT))).toBe(BLOCK.number);
    expect(await replayFile(bundle)).toMatchObject({ result: "verified", signature: "verified" });
  });

  test("that the chain refused is on record by its path", async () => {
    using bench = new Bench();
    const fault = { code: "chain-refused", blame: "chain", retryable: false, message: "No.", remedy: "Wait." } as const;
    const { commit } = committed();
    const refused = { kind: "failed", path: "timelocked", state: "in-block", fault, open: false } as const;
    const script = { ...goodScript(), submissions: [{ ...refused, extrinsic: EXTRINSIC, commit }] };
    const { records } = sealedOf((await bench.run(script)).result);
    expect(recordOf(records, "submission")).toMatchObject({ submission: "timelocked", reason: "No.", fault });
    const next = sealedOf((await bench.run({ ...goodScript({ epoch: 4 }) })).result);
    expect(recordsOf(next.records, "settlement")).toEqual([]);
  });

  test.each(["signed", "broadcast", "in-block", "finalized"] as const)(
    "of a process that ended when it was %s is settled from the chain with what was signed, and noted",
    async (state) => {
      using bench = new Bench();
      const { commit } = committed();
      const cut: Script = { ...goodScript(), submissions: ["signed-only"] };
      await expect(bench.run(cut)).rejects.toThrow("ended before it sent");
      await bench.inside(async (journal) => {
        const log = await journal.open({ netuid: 7, mechid: 0, epoch: 3 }, () => EXTRINSIC);
        const facts = { extrinsic: EXTRINSIC, eraBirth: 1300, eraPeriod: 64, call: "x", resolved: null, commit };
        await log.step({ state: "signed", facts });
        if (state !== "signed") await log.step({ state, facts: {} });
      });
      const { submissions: _none, ...rest } = goodScript();
      const { result } = await bench.run({ ...rest, settle: committed() });
      expect(bench.ledger.settled).toEqual([state]);
      expect(recordOf(sealedOf(result).records, "submission")).toMatchObject({ submission: "timelocked", commit });
      expect(await bench.inside(async (journal) => journal.knownUpdate(SEAT))).toBe(BLOCK.number);
    },
  );
});

describe("what is known to be accepted", () => {
  const key = { netuid: 7, mechid: 0, epoch: 3 };
  const { commit } = committed();
  const signed = { extrinsic: EXTRINSIC, eraBirth: 1300, eraPeriod: 64, call: "x", resolved: null, commit };
  const unheard = { code: "chain-unreachable", blame: "chain", retryable: true, message: "", remedy: "" } as const;
  const unknown = { kind: "failed", path: "timelocked", state: "finalized", fault: unheard } as const;

  test.each([true, false])(
    "stays so on record when the chain cannot be asked after a restart (open: %s)",
    async (open) => {
      using bench = new Bench();
      await expect(bench.run({ ...goodScript(), submissions: ["signed-only"] })).rejects.toThrow(
        "ended before it sent",
      );
      await bench.inside(async (journal) => {
        const log = await journal.open(key, () => EXTRINSIC);
        await log.step({ state: "signed", facts: signed });
        await log.step({ state: "finalized", facts: { extrinsic: EXTRINSIC, block: BLOCK } });
      });
      const { submissions: _none, ...rest } = goodScript();
      const { result } = await bench.run({ ...rest, settle: { ...unknown, extrinsic: EXTRINSIC, commit, open } });
      expect(recordOf(sealedOf(result).records, "submission")).toMatchObject({
        submission: "timelocked",
        state: "finalized",
        extrinsic: EXTRINSIC,
        block: BLOCK,
        commit,
        fault: null,
      });
      expect(await bench.inside(async (journal) => journal.knownUpdate(SEAT))).toBe(BLOCK.number);
    },
  );

  test("is the first of two signed ones when the last step says so", async () => {
    using bench = new Bench();
    await bench.inside(async (journal) => {
      const log = await journal.open(key, () => EXTRINSIC);
      await log.step({ state: "signed", facts: signed });
      await log.step({ state: "signed", facts: { ...signed, extrinsic: BLOCK.hash } });
      expect(begunFacts(log)).toMatchObject({ state: "signed", extrinsic: BLOCK.hash });
      await log.step({ state: "finalized", facts: { extrinsic: EXTRINSIC, block: BLOCK } });
      expect(begunFacts(log)).toMatchObject({ state: "finalized", extrinsic: EXTRINSIC });
    });
  });
});

describe("somebody else's weights under the own hotkey", () => {
  test("end the process with an exit of their own before anything is signed", async () => {
    using bench = new Bench();
    const foreign = { kind: "foreign-update", lastUpdate: 1320, known: 1301 } as const;
    await expect(bench.run({ ...goodScript(), submissions: [foreign] })).rejects.toMatchObject({
      exit: "doppelganger",
      code: "foreign-update",
      remedy: expect.stringContaining("--accept-doppelganger-risk"),
    });
  });
});

describe("an own update that the head shows and the journal does not know", () => {
  const foreign = { kind: "foreign-update", lastUpdate: 1405, known: 1330 } as const;

  /** Commit-reveal is off in the next epoch, and the commit of epoch 3 has been opened in its block 1405. */
  async function next(bench: Bench, row: typeof VECTOR): Promise<ReturnType<Bench["run"]>> {
    await bench.run({ ...goodScript(), submissions: [committed()] });
    const script = goodScript({ epoch: 4 });
    const before = script.observation as Observation;
    const own = (lastUpdate: number): Observation["neurons"] =>
      before.neurons.map((neuron) => (neuron.hotkey === SIGNER.hotkey ? { ...neuron, lastUpdate } : neuron));
    let looks = 0;
    const observation = (): Observation => {
      looks += 1;
      // The bench looks once itself.
      return looks < 3
        ? { ...before, neurons: own(BLOCK.number) }
        : { ...before, neurons: own(1405), row: { uid: 0, hotkey: SIGNER.hotkey, ...row } };
    };
    return bench.run({
      ...script,
      observation,
      block: 1410,
      submissions: [foreign, "reflected"],
      reveal: () => sight(),
    });
  }

  test("is our own when it comes from a commit that was opened meanwhile: the weights go out", async () => {
    using bench = new Bench();
    const { records } = sealedOf((await next(bench, VECTOR)).result);
    expect(recordOf(records, "submission")).toMatchObject({ submission: "direct", state: "reflected" });
    expect(await bench.inside(async (journal) => journal.knownUpdate(SEAT))).toBe(1405);
  });

  test("is our own when the cycle before was sealed while its weights could still arrive", async () => {
    using bench = new Bench();
    const fault = { code: "chain-unconfirmed", blame: "chain", retryable: true, message: "", remedy: "" } as const;
    const open = { kind: "failed", path: "direct", commit: null, state: "broadcast", fault, open: true } as const;
    await expect(bench.run({ ...goodScript(), submissions: ["signed-only"] })).rejects.toThrow("ended before it sent");
    await bench.inside(async (journal) => {
      const log = await journal.open({ netuid: 7, mechid: 0, epoch: 3 }, () => EXTRINSIC);
      await log.step({ state: "signed", facts: { extrinsic: EXTRINSIC, eraBirth: 1395, eraPeriod: 16 } });
    });
    const { submissions: _none, ...rest } = goodScript();
    await bench.run({ ...rest, settle: { ...open, extrinsic: EXTRINSIC } });
    const script = goodScript({ epoch: 4 });
    const before = script.observation as Observation;
    let looks = 0;
    const observation = (): Observation => {
      looks += 1;
      const lastUpdate = looks < 3 ? 0 : 1405;
      return { ...before, neurons: before.neurons.map((one) => (one.uid === 0 ? { ...one, lastUpdate } : one)) };
    };
    const submissions = [{ ...foreign, known: 0 }, "reflected"] as const;
    const { records } = sealedOf((await bench.run({ ...script, observation, block: 1410, submissions })).result);
    expect(recordOf(records, "submission")).toMatchObject({ submission: "direct", state: "reflected" });
    expect(await bench.inside(async (journal) => journal.knownUpdate(SEAT))).toBe(1405);
  });

  test("is somebody else's when the row is not what was committed", async () => {
    using bench = new Bench();
    const other = { uids: [1], values: [65_535] };
    await expect(next(bench, other)).rejects.toMatchObject({ exit: "doppelganger", code: "foreign-update" });
  });
});

describe("a pause", () => {
  const wish = { since: "2026-01-02T03:04:05Z", reason: "the owner switches modes" };

  test("withholds what was to be claimed, and keeps the operator's words out of the bundle", async () => {
    using bench = new Bench();
    const { submissions: _none, ...script } = goodScript();
    const { ports, result } = await bench.run({ ...script, pause: () => wish });
    const { reason, submission } = recordOf(sealedOf(result).records, "submission");
    expect([submission, reason]).toEqual(["withheld", "paused: submissions are paused since 2026-01-02T03:04:05Z"]);
    expect(ports.wire.calls.some((call) => call.startsWith("claim"))).toBe(false);
  });

  test("that begins between two attempts stops the second", async () => {
    using bench = new Bench();
    const fault = { code: "chain-unreachable", blame: "chain", retryable: true, message: "", remedy: "" } as const;
    const trouble = { kind: "failed", path: "direct", commit: null, state: "claimed", fault, open: false } as const;
    let asked = 0;
    const pause = (): typeof wish | null => {
      asked += 1;
      return asked > 2 ? wish : null;
    };
    const { ports, result } = await bench.run({
      ...goodScript(),
      submissions: [{ ...trouble, extrinsic: null }],
      pause,
    });
    expect(ports.submitted).toHaveLength(1);
    expect(recordOf(sealedOf(result).records, "submission").reason).toContain("paused");
  });

  test.each([
    ["that ends inside the window costs a service nothing", 12, "direct", null],
    ["that lasts beyond the window withholds for that epoch", 1000, "withheld", "paused: submissions are paused since"],
  ] as const)("%s", async (_title, blocks, kind, reason) => {
    using bench = new Bench();
    const { epochState, hyperparameters } = observationOf({ epoch: 3, miners: 2, own: SIGNER.hotkey });
    const window = directWindow(epochState, hyperparameters.tempo);
    let height = window.from;
    const { result } = await bench.run(
      {
        ...goodScript(),
        block: () => height,
        pause: () => {
          height += 1;
          return height < window.from + blocks ? wish : null;
        },
      },
      { settings: { mode: "run" } },
    );
    const submission = recordOf(sealedOf(result).records, "submission");
    expect(submission.submission).toBe(kind);
    expect(submission.reason === null ? null : submission.reason.slice(0, reason?.length)).toBe(reason);
  });
});

/** Epoch 3 with a commit, then epoch 4 which sees what became of it. */
async function twoEpochs(
  reveal: Script["reveal"],
  settings: { readonly observed?: (seen: Observation) => Observation } = {},
): Promise<{ readonly records: readonly CycleRecord[]; readonly events: readonly string[]; readonly chain: string }> {
  using bench = new Bench();
  const first = sealedOf((await bench.run({ ...goodScript(), submissions: [committed()] })).result);
  const script = goodScript({ epoch: 4 });
  const observation = settings.observed?.(script.observation as Observation) ?? script.observation;
  const { result, ports } = await bench.run({ ...script, observation, ...(reveal === undefined ? {} : { reveal }) });
  const second = sealedOf(result);
  const verdicts = await Promise.all([replayFile(first.bundle), replayFile(second.bundle)]);
  expect(verdicts.map((verdict) => verdict.result)).toEqual(["verified", "verified"]);
  return {
    records: second.records,
    events: ports.events,
    chain: replayChain(
      verdicts.map(({ link }) => link),
      openCommit,
    ),
  };
}

describe("the reveal of the former cycle's commit", () => {
  test("is settled in the following bundle, and replay opens the commit itself", async () => {
    const { chain, events, records } = await twoEpochs(() => sight());
    expect(recordOf(records, "settlement")).toMatchObject({
      epoch: 3,
      state: "revealed",
      reveal: { pulse: pulseOf(), row: VECTOR, cause: null },
    });
    expect(events).not.toContain("weights-not-revealed");
    expect(chain).toBe("verified");
  });

  test.each<[RevealCause, Partial<RevealSight>, string]>([
    ["no-permit", { row: { uids: [1], values: [9] }, permit: false }, "lost"],
    ["pulse-missing", { pulse: null, queued: true, lastStoredRound: 0 }, "pending"],
    ["commit-gone", { pulse: null, lastStoredRound: 0 }, "lost"],
  ])("that did not come about (%s) is an alarm and on record", async (cause, change, state) => {
    const { chain, events, records } = await twoEpochs(() => sight(change));
    expect(recordOf(records, "settlement")).toMatchObject({ state, reveal: { cause } });
    expect(events).toContain("weights-not-revealed");
    expect(chain).toBe("verified");
  });

  test("that cannot be looked at leaves no settlement, and says so", async () => {
    const deaf = { code: "chain-unreachable", blame: "chain", retryable: true, message: "", remedy: "" } as const;
    const { chain, events, records } = await twoEpochs(() => deaf);
    expect(recordsOf(records, "settlement")).toEqual([]);
    expect(events).toContain("reveal-unseen");
    expect(chain).toBe("verified");
  });

  test("that another hotkey made in this data folder is none of ours to settle", async () => {
    using bench = new Bench();
    await bench.run({ ...goodScript(), submissions: [committed()] });
    const signer = await fieldKey("6f");
    const script = goodScript({ epoch: 4 });
    const before = script.observation as Observation;
    const neurons = before.neurons.map((one) => (one.uid === 0 ? { ...one, hotkey: signer.hotkey } : one));
    const observation = { ...before, neurons };
    const { records } = sealedOf(
      (await bench.run({ ...script, observation, reveal: () => sight() }, { signer })).result,
    );
    expect(recordsOf(records, "settlement")).toEqual([]);
  });

  test("is not looked at before its epoch", async () => {
    const observed = (seen: Observation): Observation => ({
      ...seen,
      hyperparameters: { ...seen.hyperparameters, commitRevealPeriod: 2 },
    });
    const { chain, records } = await twoEpochs(undefined, { observed });
    expect(recordsOf(records, "settlement")).toEqual([]);
    expect(chain).toBe("verified");
  });
});

/** Tempo 100, blocks once a second. */
const BEGIN = firstBlock(3);
const hidden = (seen: Observation): Observation => ({
  ...seen,
  hyperparameters: { ...seen.hyperparameters, commitRevealEnabled: true },
});

async function loop(days: Partial<Days>, epochs = 1): Promise<LoopProcess> {
  using bench = new Bench();
  const process = new LoopProcess({ from: BEGIN, ...days });
  await process.run(bench, ({ sealed }) => sealed.length === epochs);
  return process;
}

/** What the chain says of epoch 3 at a height. */
function sightAt(
  block: number,
  change: Partial<EpochSight> = {},
  state: Partial<EpochSight["epochState"]> = {},
): EpochSight {
  const { epochState, hyperparameters } = observationOf({ epoch: 3, miners: 2, own: SIGNER.hotkey });
  return {
    block: { hash: EXTRINSIC, number: block },
    timeMs: 0,
    tempo: hyperparameters.tempo,
    commitRevealEnabled: false,
    lastUpdate: 0,
    ...change,
    epochState: { ...epochState, ...state },
  };
}

describe("the window follows the chain", () => {
  test("a commit goes out in the middle of what is left of the epoch", async () => {
    const { sentAt } = await loop({ observed: hidden, script: { submissions: [committed()] } });
    expect(sentAt).toEqual([BEGIN + 50]);
  });

  test("begun late, in the middle of the rest", async () => {
    const { sentAt } = await loop({ from: BEGIN + 40, observed: hidden, script: { submissions: [committed()] } });
    expect(sentAt).toEqual([BEGIN + 70]);
  });

  test.each<[string, Partial<EpochSight>, Partial<EpochSight["epochState"]>, number]>([
    ["the tempo is shortened", { tempo: 60 }, { nextEpochBlock: BEGIN + 60 }, 30],
    ["the tempo is lengthened", { tempo: 200 }, { nextEpochBlock: BEGIN + 200 }, 170],
    ["the owner triggers an epoch", {}, { pendingEpochAt: BEGIN + 50, nextEpochBlock: null }, 20],
    ["the slot is put off", {}, { pendingEpochAt: BEGIN + 110, nextEpochBlock: BEGIN + 110 }, 80],
    ["commit-reveal is switched on", { commitRevealEnabled: true }, {}, 50],
  ])("when %s, weights go out in the window of then", async (_what, change, state, at) => {
    const moves = BEGIN + 10;
    const process = new LoopProcess({
      from: BEGIN,
      script: {
        schedule: () => (process.block < moves ? sightAt(process.block) : sightAt(process.block, change, state)),
      },
    });
    using bench = new Bench();
    await process.run(bench, ({ sentAt }) => sentAt.length === 1);
    expect(process.sentAt[0]).toBeGreaterThanOrEqual(BEGIN + at);
    expect(process.sentAt[0]).toBeLessThanOrEqual(BEGIN + Math.max(at, 12) + 1);
  });

  test("an epoch that runs early is over at once", async () => {
    const process = new LoopProcess({
      from: BEGIN,
      script: { schedule: () => sightAt(process.block, {}, process.block < BEGIN + 20 ? {} : { index: 4 }) },
    });
    using bench = new Bench();
    await process.run(bench, ({ sealed }) => sealed.length === 1);
    expect(process.named("weights-not-set")[0]).toMatchObject({ facts: { epoch: 3, reason: "epoch-over" } });
    expect(process.named("weights-not-set")[0]?.block).toBeLessThan(BEGIN + 25);
  });
});

describe("a commit on a Null subnet", () => {
  const onNull = (seen: Observation): Observation => ({
    ...hidden(seen),
    epochState: { ...seen.epochState, mode: "null" },
  });

  async function watched(
    reveals: (looks: number) => RevealSight,
    submissions: Script["submissions"],
  ): Promise<LoopProcess> {
    let looks = 0;
    const reveal = (): RevealSight => {
      looks += 1;
      return reveals(looks);
    };
    return loop({ observed: onNull, script: { reveal, submissions: submissions ?? [] } });
  }

  const standing = sight({ epochIndex: 3, queued: true, pulse: null, lastStoredRound: 0 });
  const gone = { ...standing, queued: false };

  test("is watched until its window closes", async () => {
    const process = await watched(() => standing, [committed()]);
    expect(process.sentAt).toEqual([BEGIN + 50]);
    expect(process.block).toBeGreaterThanOrEqual(BEGIN + 96);
  });

  test("is sent again when a pruning took it away", async () => {
    const again = committed({ round: ROUND + 1 });
    const process = await watched((looks) => (looks === 2 ? gone : standing), [committed(), again]);
    expect(process.sentAt).toHaveLength(2);
    expect(process.named("commit-cancelled")).toHaveLength(1);
    const { records } = process.sealed[0] ?? { records: [] };
    expect(recordOf(records, "submission")).toMatchObject({ commit: { round: ROUND + 1 }, fault: null });
  });

  test("that is taken away again and again is given up, and that is on record", async () => {
    const process = await watched(() => gone, [committed(), committed(), committed(), committed()]);
    expect(process.sentAt).toHaveLength(4);
    const { records } = process.sealed[0] ?? { records: [] };
    expect(recordOf(records, "submission")).toMatchObject({
      submission: "timelocked",
      fault: { code: "chain-refused" },
    });
    expect(process.named("weights-not-set")).toHaveLength(1);
  });

  test("that may not go again stays on record as cancelled", async () => {
    const pruning = { kind: "withheld", reason: "pruning", detail: "2 of 9 uids are left" } as const;
    const process = await watched(() => gone, [committed(), pruning]);
    const { records } = process.sealed[0] ?? { records: [] };
    expect(recordOf(records, "submission")).toMatchObject({
      submission: "timelocked",
      fault: { message: expect.stringContaining("pruning: 2 of 9") },
    });
  });

  test("is not for a validator that was not elected: it says who was, and buys nothing", async () => {
    using bench = new Bench();
    const process = new LoopProcess({
      from: BEGIN,
      observed: (seen) => ({
        ...onNull(seen),
        ownerHotkey: SIGNER.hotkey,
        neurons: seen.neurons.map((one) => ({
          ...one,
          permit: one.uid === 1,
          stakeRao: one.uid === 1 ? "900" : "400",
        })),
      }),
    });
    await process.run(bench, ({ block }) => block >= firstBlock(5) + 5);
    expect(
      process.named("not-elected").map(({ facts }) => [facts["epoch"], facts["electedUid"], facts["missingRao"]]),
    ).toEqual([
      [3, 1, "500"],
      [4, 1, "500"],
      [5, 1, "500"],
    ]);
    expect(bench.ledger.bought).toEqual([]);
  });
});

test("a missing pulse is looked for again while the window is open", async () => {
  using bench = new Bench();
  await bench.run({ ...goodScript(), submissions: [committed()] });
  let looks = 0;
  const process = new LoopProcess({
    from: firstBlock(4),
    observed: hidden,
    script: {
      submissions: [committed({ epoch: 4 })],
      reveal: () => {
        looks += 1;
        return looks < 5 ? sight({ pulse: null, queued: true, lastStoredRound: 0 }) : sight();
      },
    },
  });
  await process.run(bench, ({ sealed }) => sealed.length === 1);
  expect(looks).toBe(5);
  const { records } = process.sealed[0] ?? { records: [] };
  expect(recordOf(records, "settlement")).toMatchObject({ state: "revealed" });
  expect(process.named("weights-not-revealed")).toEqual([]);
});

test("the owner of a Yuma subnet sets weights without a permit", async () => {
  const process = await loop({
    observed: (seen) => ({
      ...seen,
      ownerHotkey: SIGNER.hotkey,
      neurons: seen.neurons.map((one) => ({ ...one, permit: false })),
    }),
  });
  expect(process.named("no-permit")).toEqual([]);
  expect(process.sentAt).toHaveLength(1);
});

test.each([
  [BEGIN - 50, undefined],
  [BEGIN - 100, ["tempos-behind", 1]],
  [BEGIN - 250, ["tempos-behind", 2]],
])("an own update in block %i is told by tempos", async (lastUpdate, told) => {
  using bench = new Bench();
  await bench.inside((journal) => journal.noteUpdate(SEAT, lastUpdate));
  const process = new LoopProcess({
    from: BEGIN,
    observed: (seen) => ({ ...seen, neurons: seen.neurons.map((one) => ({ ...one, lastUpdate })) }),
  });
  await process.run(bench, ({ sealed }) => sealed.length === 1);
  const [event] = process.named("tempos-behind");
  expect(event && [event.name, event.facts["tempos"]]).toEqual(told);
});
