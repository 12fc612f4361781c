import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openJournal } from "../../src/adapters/journal/sqlite-journal.ts";
import { foreignUpdate, guardAgainstDoppelganger } from "../../src/application/doppelganger.ts";
import { EXIT_CODES, type FaultCode, ValidatorError } from "../../src/core/model/fault.ts";
import type { Header, Submission, WeightVector } from "../../src/core/model/records.ts";
import { EMPTY_STATE } from "../../src/core/model/scoring-state.ts";
import type { Observation } from "../../src/ports/chain.ts";
import type { CycleLog, Journal } from "../../src/ports/journal.ts";
import { hotkeyOf, NETUID, observationOf } from "../support/scripted-world.ts";

const OWN = hotkeyOf(0);
const SEAT = { netuid: NETUID, mechid: 0, hotkey: OWN };
const SEAL = `0x${"cc".repeat(32)}` as const;
const EPOCH = 5;
/** First block of the epoch, as the scripted subnet counts. */
const BEGIN = observationOf({ epoch: EPOCH, miners: 1, own: OWN }).epochState.lastEpochBlock;
const REGISTERED = 10;

let folder: string;
let journal: Journal;
let events: string[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "touchstone-double-"));
  journal = await openJournal({ folder, mode: "run" });
  events = [];
});
afterEach(async () => {
  await journal.close();
  rmSync(folder, { recursive: true, force: true });
});

function seen(lastUpdate: number, registeredAt = REGISTERED): Observation {
  const observation = observationOf({ epoch: EPOCH, miners: 1, own: OWN });
  const neurons = observation.neurons.map((neuron) =>
    neuron.hotkey === OWN ? { ...neuron, lastUpdate, registeredAt } : neuron,
  );
  return { ...observation, neurons };
}

/** What the guard says: `passed`, or the code of its error; and what the journal knows afterwards. */
async function guard(observation: Observation, accept = false, hotkey: string | null = OWN): Promise<unknown[]> {
  const telemetry = { event: (_level: string, name: string) => events.push(name), progress: () => undefined };
  try {
    await guardAgainstDoppelganger({ journal, telemetry }, observation, hotkey, { accept });
    return ["passed", journal.knownUpdate(SEAT)];
  } catch (error) {
    if (!(error instanceof ValidatorError)) throw error;
    expect(error.exit).toBe("doppelganger");
    return [error.code, journal.knownUpdate(SEAT)];
  }
}

async function begin(epoch: number): Promise<CycleLog> {
  const log = await journal.open({ netuid: NETUID, mechid: 0, epoch }, () => SEAL);
  await log.append({ kind: "header", genesis: SEAL, hotkey: OWN, parents: [] } as unknown as Header);
  return log;
}

/** A submission as the journal has it: signed with an era from `eraBirth`, and sealed with a fault or not at all. */
async function signed(epoch: number, eraBirth: number, sealedWith?: FaultCode): Promise<void> {
  const log = await begin(epoch);
  await log.step({ state: "claimed", facts: {} });
  await log.step({ state: "signed", facts: { eraBirth, eraPeriod: 16 } });
  if (sealedWith === undefined) return;
  await log.append({ kind: "submission", extrinsic: SEAL, fault: { code: sealedWith } } as unknown as Submission);
  await log.seal(["{}\n"], SEAL, EMPTY_STATE);
}

describe("an empty journal", () => {
  test.each([
    ["takes over what an earlier epoch left", BEGIN - 1, REGISTERED, "passed"],
    ["takes over a hotkey that never set weights", 0, REGISTERED, "passed"],
    ["takes over weights of the epoch's first block", BEGIN, REGISTERED, "passed"],
    ["takes a registration within this epoch for what it is", BEGIN + 1, BEGIN + 1, "passed"],
  ])("%s", async (_name, lastUpdate, registeredAt, answer) => {
    expect(await guard(seen(lastUpdate, registeredAt))).toEqual([answer, lastUpdate]);
  });

  test("stops at weights that were set within this very epoch", async () => {
    expect(await guard(seen(BEGIN + 1))).toEqual(["foreign-update", null]);
  });
});

describe("a journal with a past", () => {
  beforeEach(() => journal.noteUpdate(SEAT, BEGIN - 40));

  const CASES: readonly (readonly [
    string,
    { readonly lastUpdate: number; readonly registeredAt?: number },
    "passed" | "foreign-update",
    number,
  ])[] = [
    ["the known update passes", { lastUpdate: BEGIN - 40 }, "passed", BEGIN - 40],
    ["an older one passes: a node lags, or history was undone", { lastUpdate: BEGIN - 90 }, "passed", BEGIN - 40],
    ["a later one stops, in a former epoch too", { lastUpdate: BEGIN - 39 }, "foreign-update", BEGIN - 40],
    [
      "a new registration is none of anybody's weights",
      { lastUpdate: BEGIN - 5, registeredAt: BEGIN - 5 },
      "passed",
      BEGIN - 5,
    ],
    [
      "weights after a new registration are",
      { lastUpdate: BEGIN - 4, registeredAt: BEGIN - 5 },
      "foreign-update",
      BEGIN - 40,
    ],
  ];
  test.each(CASES)("%s", async (_name, { lastUpdate, registeredAt = REGISTERED }, answer, known) => {
    expect(await guard(seen(lastUpdate, registeredAt))).toEqual([answer, known]);
  });

  test.each([
    ["in the era's first block", BEGIN - 29, "passed"],
    ["in its last block", BEGIN - 14, "passed"],
    ["before it", BEGIN - 30, "foreign-update"],
    ["after it", BEGIN - 13, "foreign-update"],
  ])("an open submission of ours may have landed %s; settling it decides", async (_name, lastUpdate, answer) => {
    await signed(EPOCH - 1, BEGIN - 30);
    expect(await guard(seen(lastUpdate))).toEqual([answer, BEGIN - 40]);
  });

  test.each(["chain-unconfirmed", "chain-unreachable"] as const)(
    "a submission sealed before its fate was known (%s) may have landed, and is ours then; once",
    async (fault) => {
      await signed(EPOCH - 1, BEGIN - 30, fault);
      expect(await guard(seen(BEGIN - 20))).toEqual(["passed", BEGIN - 20]);
      expect(await guard(seen(BEGIN - 19))).toEqual(["foreign-update", BEGIN - 20]);
    },
  );

  test("one that the chain refused did not", async () => {
    await signed(EPOCH - 1, BEGIN - 30, "chain-refused");
    expect(await guard(seen(BEGIN - 20))).toEqual(["foreign-update", BEGIN - 40]);
  });

  test("another mechanism's submissions explain nothing", async () => {
    const log = await journal.open({ netuid: NETUID, mechid: 1, epoch: EPOCH }, () => SEAL);
    await log.step({ state: "signed", facts: { eraBirth: BEGIN - 30, eraPeriod: 16 } });
    expect(await guard(seen(BEGIN - 20))).toEqual(["foreign-update", BEGIN - 40]);
  });

  describe("a commit of ours that is opened after commit-reveal was switched off", () => {
    const ROW = { uids: [1], values: [65_535] };

    async function committed(epoch: number): Promise<void> {
      const log = await begin(epoch);
      const commit = { bytes: "0x01", round: 9, epoch, version: 4, revealBlock: BEGIN } as const;
      await log.append({ kind: "weight-vector", ...ROW } as unknown as WeightVector);
      const block = { hash: SEAL, number: BEGIN - 40 };
      const submission = { kind: "submission", submission: "timelocked", block, resolved: null, fault: null, commit };
      await log.append(submission as unknown as Submission);
      await log.seal(["{}\n"], SEAL, EMPTY_STATE);
    }

    function opened(change: {
      readonly on?: boolean;
      readonly hotkey?: string;
      readonly values?: number[];
    }): Observation {
      const { on = false, hotkey = OWN, values = ROW.values } = change;
      const observation = seen(BEGIN + 3);
      const hyperparameters = { ...observation.hyperparameters, commitRevealEnabled: on };
      return { ...observation, hyperparameters, row: { uid: 0, hotkey, uids: ROW.uids, values } };
    }

    test("has moved the update, and nobody else", async () => {
      await committed(EPOCH - 1);
      expect(await guard(opened({}))).toEqual(["passed", BEGIN + 3]);
      expect(events).toEqual([]);
    });

    test.each([
      ["the own row says something else", opened({ values: [7] })],
      ["the row is somebody else's", opened({ hotkey: "5Other" })],
      ["commit-reveal is on: then a reveal moves nothing", opened({ on: true })],
    ])("does not explain it when %s", async (_name, observation) => {
      await committed(EPOCH - 1);
      expect(await guard(observation)).toEqual(["foreign-update", BEGIN - 40]);
    });

    test("does not explain it epochs after it was due", async () => {
      await committed(EPOCH - 4);
      expect(await guard(opened({}))).toEqual(["foreign-update", BEGIN - 40]);
    });
  });

  test("with the operator's word it warns, notes it, and is quiet afterwards", async () => {
    expect(await guard(seen(BEGIN - 20), true)).toEqual(["passed", BEGIN - 20]);
    expect(events).toEqual(["doppelganger-risk-accepted"]);
    expect(await guard(seen(BEGIN - 20))).toEqual(["passed", BEGIN - 20]);
    expect(await guard(seen(BEGIN - 10))).toEqual(["foreign-update", BEGIN - 20]);
    expect(events).toHaveLength(1);
  });

  test.each([
    ["without a hotkey", null],
    ["for a hotkey without a seat", "5Nobody"],
  ])("nothing is guarded %s", async (_name, hotkey) => {
    expect(await guard(seen(BEGIN + 1), false, hotkey)).toEqual(["passed", BEGIN - 40]);
  });
});

describe("a hotkey that took the place of another, in the same data folder", () => {
  const NEW = hotkeyOf(8);

  /** The own seat now has the new hotkey. */
  function seenNew(lastUpdate: number): Observation {
    const observation = seen(lastUpdate);
    const neurons = observation.neurons.map((one) => (one.hotkey === OWN ? { ...one, hotkey: NEW } : one));
    return { ...observation, neurons };
  }

  test("is not stopped by what it set before: its journal begins empty", async () => {
    await journal.noteUpdate(SEAT, BEGIN - 40);
    expect((await guard(seenNew(BEGIN - 10), false, NEW))[0]).toBe("passed");
  });

  test("is not excused by what the former one is known to have set", async () => {
    await journal.noteUpdate(SEAT, BEGIN + 60);
    expect((await guard(seenNew(BEGIN + 20), false, NEW))[0]).toBe("foreign-update");
  });

  test("nor by what the former one signed", async () => {
    await journal.noteUpdate(SEAT, BEGIN - 40);
    await signed(EPOCH, BEGIN + 10);
    expect((await guard(seenNew(BEGIN + 20), false, NEW))[0]).toBe("foreign-update");
  });
});

test("two data folders with one hotkey: whoever set weights goes on, the other stops with 71", async () => {
  const other = await openJournal({ folder: join(folder, "other"), mode: "run" });
  try {
    expect(await guard(seen(BEGIN - 50))).toEqual(["passed", BEGIN - 50]);
    const telemetry = { event: () => undefined, progress: () => undefined };
    const ports = { journal: other, telemetry };
    await guardAgainstDoppelganger(ports, seen(BEGIN - 50), OWN, { accept: false });
    await journal.noteUpdate(SEAT, BEGIN + 60);
    expect(await guard(seen(BEGIN + 60))).toEqual(["passed", BEGIN + 60]);
    await expect(guardAgainstDoppelganger(ports, seen(BEGIN + 60), OWN, { accept: false })).rejects.toMatchObject({
      exit: "doppelganger",
      code: "foreign-update",
    });
  } finally {
    await other.close();
  }
});

test("whatever the blocks are, nothing passes beyond what is known but a registration, and what is known never shrinks", async () => {
  let known = BEGIN - 1_000;
  await journal.noteUpdate(SEAT, known);
  await fc.assert(
    fc.asyncProperty(fc.nat(2_000), fc.nat(2_000), async (lastUpdate, registeredAt) => {
      const [answer, after] = await guard(seen(lastUpdate, registeredAt));
      expect(answer).toBe(lastUpdate <= known || lastUpdate === registeredAt ? "passed" : "foreign-update");
      expect(after).toBe(answer === "passed" ? Math.max(known, lastUpdate) : known);
      known = Number(after);
    }),
    { numRuns: 60 },
  );
});

test("the sentence says what happened, whose fault it is and what to do, and names the risk", () => {
  const facts = { netuid: 2, mechid: 0, hotkey: OWN, lastUpdate: 1700 };
  const error = foreignUpdate({ ...facts, known: 1650 });
  expect(EXIT_CODES[error.exit]).toBe(71);
  expect(error.message).toContain(`${OWN} on subnet 2, mechanism 0, were set in block 1700`);
  expect(error.message).toContain("knows none after block 1650");
  expect(foreignUpdate({ ...facts, known: null }).message).toContain("whose journal is empty");
  expect(error.remedy).toContain("--accept-doppelganger-risk; the risk is that two processes sign different weights");
});
