import { describe, expect, test } from "vitest";
import type { MinerScore } from "../../../src/core/model/records.ts";
import { EMPTY_STATE, type MinerState } from "../../../src/core/model/scoring-state.ts";
import { estimate } from "../../../src/core/scoring/estimate.ts";
import { type Cell, cycle, type MinerRow, repeated, type World } from "./cycle-fixture.ts";

function sheetOf(world: World): ReturnType<typeof estimate> {
  return estimate(cycle(world));
}

function minerOf(sheet: ReturnType<typeof estimate>, uid: number): MinerScore {
  const found = sheet.miners.find((miner) => miner.uid === uid);
  if (found === undefined) throw new Error(`no miner ${uid}`);
  return found;
}

function stateOf(sheet: ReturnType<typeof estimate>, hotkey: string): MinerState | undefined {
  return sheet.after.miners.find((miner) => miner.hotkey === hotkey);
}

const OTHERS: readonly MinerRow[] = [
  { uid: 1, cells: [1, 1, 0.5, 0.75, 1] },
  { uid: 2, cells: [1, 0, 0.25, 0.5, 1] },
  { uid: 3, cells: [0, 1, 1, 0.75, 0.5] },
];
const TASKS = "vvjjj";

function withMiner(cells: readonly Cell[], extra: Partial<MinerRow> = {}): World {
  return { tasks: TASKS, rows: [{ uid: 0, cells, ...extra }, ...OTHERS] };
}

describe("what one question says", () => {
  test.each<[string, Cell, Partial<MinerScore>, Partial<MinerState>]>([
    [
      "a judged answer counts with its score",
      1,
      { answered: 5, missed: 0, excused: 0, minerFaults: 0 },
      { delivered: 5, failed: 0 },
    ],
    [
      "an empty answer is the miner's zero and a failure to deliver",
      "miner/answer-empty",
      { answered: 4, missed: 1, excused: 0, minerFaults: 1 },
      { delivered: 4, failed: 1 },
    ],
    [
      "a malformed answer as well",
      "miner/answer-malformed",
      { answered: 4, missed: 1, minerFaults: 1, excused: 0 },
      { delivered: 4, failed: 1 },
    ],
    [
      "a cold chute costs availability, no quality",
      "miner/chute-cold",
      { answered: 4, missed: 1, minerFaults: 1, excused: 0 },
      { delivered: 4, failed: 1 },
    ],
    [
      "an unfunded owner as well",
      "miner/owner-unfunded",
      { answered: 4, missed: 1, minerFaults: 1, excused: 0 },
      { delivered: 4, failed: 1 },
    ],
    [
      "a fault of the platform costs nothing",
      "platform/timeout",
      { answered: 4, missed: 1, minerFaults: 0, excused: 1 },
      { delivered: 4, failed: 0 },
    ],
    [
      "a fault of ours costs nothing",
      "validator/budget-exhausted",
      { answered: 4, missed: 1, minerFaults: 0, excused: 1 },
      { delivered: 4, failed: 0 },
    ],
    [
      "a truncated answer the platform is to blame for costs nothing, whatever its code",
      "platform/answer-malformed",
      { excused: 1, minerFaults: 0 },
      { delivered: 4, failed: 0 },
    ],
    [
      "a question never asked costs nothing",
      null,
      { answered: 4, missed: 1, minerFaults: 0, excused: 1 },
      { delivered: 4, failed: 0 },
    ],
    [
      "an answer the judge did not judge was delivered, and is no number",
      "judge",
      { answered: 5, missed: 0, minerFaults: 0, excused: 1 },
      { delivered: 5, failed: 0 },
    ],
  ])("%s", (_name, cell, counts, state) => {
    const sheet = sheetOf(withMiner([cell, 1, 1, 1, 1]));
    expect(minerOf(sheet, 0)).toMatchObject(counts);
    expect(stateOf(sheet, "key-0")).toMatchObject(state);
    const quality = cell === 1 || (typeof cell === "string" && /^miner\/answer-/.test(cell));
    expect(stateOf(sheet, "key-0")?.verifiable.count).toBe(quality ? 2 : 1);
  });

  test("the miner's zero lowers its score, an excuse and an absence do not", () => {
    const score = (cell: Cell): number => minerOf(sheetOf(withMiner([cell, 1, 1, 1, 1])), 0).score ?? Number.NaN;
    expect(score("miner/answer-empty")).toBeLessThan(score("platform/timeout"));
    expect(score("miner/chute-cold")).toBe(score("platform/timeout"));
    expect(score(0)).toBeLessThan(score("platform/timeout"));
    expect(score("miner/answer-empty")).toBeLessThanOrEqual(score(0));
  });

  test("a score outside [0, 1] or NaN is missing", () => {
    for (const wrong of [1.5, -0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(minerOf(sheetOf(withMiner([wrong, 1, 1, 1, 1])), 0)).toMatchObject({ excused: 1, answered: 5 });
    }
  });
});

describe("centring", () => {
  test("subtracts the median of the judged answers of each task, zeros for broken answers left out", () => {
    const world: World = {
      tasks: "vjj",
      rows: [
        { uid: 0, cells: [1, 0.2, 0.25] },
        { uid: 1, cells: [1, 0.6, 0.75] },
        { uid: 2, cells: [1, 0.8, "miner/answer-empty"] },
        { uid: 3, cells: [0, 0, "miner/answer-malformed"] },
      ],
    };
    const { miners } = sheetOf(world).after;
    expect(miners.map((miner) => miner.verifiable.sum)).toEqual([0, 0, 0, -1]);
    expect(miners.map((miner) => miner.judged.sum)).toEqual(
      [-0.45, 0.45, -0.1, -0.9].map((y) => expect.closeTo(y, 12)),
    );
  });

  test("leaves a task alone that nobody solved", () => {
    const rows = [0, 1].map((uid) => ({ uid, cells: [0, 1] }));
    expect(sheetOf({ tasks: "vv", rows }).after.miners.map((miner) => miner.verifiable)).toEqual([
      { sum: 0, count: 2, square: 0 },
      { sum: 0, count: 2, square: 0 },
    ]);
  });
});

describe("memory", () => {
  test("decays, and a second cycle adds to what is left", () => {
    const world = { tasks: "v", rows: [0, 1].map((uid) => ({ uid, cells: [1 - uid] })), config: { decay: 0.5 } };
    expect(stateOf(repeated(world, 2), "key-1")).toEqual({
      hotkey: "key-1",
      registeredAt: 10,
      verifiable: { sum: -0.75, count: 1.5, square: 0.375 },
      judged: { sum: 0, count: 0, square: 0 },
      delivered: 1.5,
      failed: 0,
    });
  });

  test("a key that left the metagraph is forgotten, and a key registered again is another miner", () => {
    const first = sheetOf(withMiner([0, 0, 0, 0, 0]));
    expect(minerOf(first, 0).score).toBeLessThan(0);
    const again = estimate(cycle({ ...withMiner([1, 1, 1, 1, 1], { registeredAt: 50 }), before: first.after }));
    expect(again.after.miners.filter((miner) => miner.hotkey === "key-0")).toMatchObject([
      { registeredAt: 50, failed: 0, verifiable: { count: 2 } },
    ]);
    const gone = estimate(cycle({ tasks: TASKS, rows: OTHERS, before: first.after }));
    expect(stateOf(gone, "key-0")).toBeUndefined();
  });

  test("evidence below half an observation is forgotten, so that the state ends", () => {
    const known = repeated(withMiner([1, 1, 1, 1, 1]), 2);
    const idle = (cycles: number): ReturnType<typeof estimate> =>
      repeated({ ...withMiner([], { ineligible: "chute-disabled" }), before: known.after }, cycles);
    expect(stateOf(idle(5), "key-0")).toBeDefined();
    expect(stateOf(idle(40), "key-0")).toBeUndefined();
  });

  test("the first cycle starts from nothing and is counted", () => {
    const sheet = sheetOf(withMiner([1, 1, 1, 1, 1]));
    expect(sheet.before).toEqual(EMPTY_STATE);
    expect(sheet.after.cycles).toBe(1);
    expect(sheet.after.miners.map((miner) => miner.hotkey)).toEqual(["key-0", "key-1", "key-2", "key-3"]);
  });
});

describe("too much excused", () => {
  const known = repeated(withMiner([1, 1, 1, 1, 1]), 3);

  test("above the cap the estimate stands and its error grows", () => {
    const cells: Cell[] = ["platform/capacity", "platform/capacity", 0, 0, "miner/answer-empty"];
    // Enough others that the quorum holds.
    const rows = [{ uid: 0, cells }, ...OTHERS, ...OTHERS.map((row) => ({ ...row, uid: row.uid + 10 }))];
    const config = { excuseCap: 0.3 };
    const sheet = estimate(cycle({ tasks: TASKS, rows, before: known.after, config }));
    const { availability } = minerOf(known, 0);
    expect(minerOf(sheet, 0)).toMatchObject({ carried: true, excused: 2, minerFaults: 1, availability });
    const answering = estimate(
      cycle({ tasks: TASKS, rows: rows.with(0, { uid: 0, cells: [1, 1, 1, 1, 1] }), before: known.after, config }),
    );
    expect(minerOf(sheet, 0).stderr ?? 0).toBeGreaterThan(minerOf(answering, 0).stderr ?? 1);
    const state = stateOf(known, "key-0");
    expect(stateOf(sheet, "key-0")).toMatchObject({
      verifiable: { count: 0.8909 * (state?.verifiable.count ?? 0) },
      failed: 0,
    });
  });

  test("exactly at the cap the observations count", () => {
    const cells: Cell[] = [1, 1, 1, "judge", "judge"];
    expect(minerOf(sheetOf(withMiner(cells)), 0).carried).toBe(false);
    expect(minerOf(sheetOf({ ...withMiner(cells), config: { excuseCap: 0.39 } }), 0).carried).toBe(true);
  });

  test("below the quorum nobody's state moves, and the sheet says so", () => {
    const rows = [0, 1, 2, 3].map((uid) => ({ uid, cells: [1, 0, "judge", "judge", 1] as Cell[] }));
    const sheet = estimate(cycle({ tasks: TASKS, rows, before: known.after }));
    expect(sheet.quorum).toBe(false);
    expect(sheet.after).toEqual({ cycles: known.after.cycles + 1, miners: known.after.miners });
    expect(sheet.miners.every((miner) => miner.carried && miner.excused === 2)).toBe(true);
    expect(minerOf(sheet, 0).score).not.toBeNull();
    expect(known.quorum).toBe(true);
  });

  test("exactly at the quorum it holds", () => {
    const rows = [0, 1, 2, 3, 4].map((uid) => ({ uid, cells: [uid < 3 ? ("judge" as const) : 1, 1] }));
    expect(sheetOf({ tasks: "vv", rows, config: { quorum: 0.3 } }).quorum).toBe(true);
    expect(sheetOf({ tasks: "vv", rows, config: { quorum: 0.29 } }).quorum).toBe(false);
  });
});

describe("who stands in the sheet", () => {
  test("every neuron but the own one, ascending by uid, with its reason when it is not eligible", () => {
    const world = { ...withMiner([], { ineligible: "no-commitment" as const }), ownHotkey: "key-2" };
    const sheet = sheetOf(world);
    expect(sheet.miners.map((miner) => miner.uid)).toEqual([0, 1, 3]);
    expect(minerOf(sheet, 0)).toMatchObject({
      score: null,
      stderr: null,
      answered: 0,
      missed: 0,
      availability: null,
      carried: false,
      reason: "no-commitment",
    });
    expect(stateOf(sheet, "key-2")).toBeUndefined();
  });

  test("a miner that became ineligible has no score, and its state decays", () => {
    const known = repeated(withMiner([1, 1, 1, 1, 1]), 3);
    const sheet = estimate(
      cycle({ ...withMiner([1, 1, 1, 1, 1], { ineligible: "chute-not-found" }), before: known.after }),
    );
    expect(minerOf(sheet, 0)).toMatchObject({ score: null, reason: "chute-not-found", answered: 0 });
    expect(stateOf(sheet, "key-0")?.judged.count).toBe(0.8909 * (stateOf(known, "key-0")?.judged.count ?? 0));
  });

  test("a miner the catalogue said nothing about keeps its score: that is no fault of its own", () => {
    const known = repeated(withMiner([1, 1, 1, 1, 1]), 3);
    const unchecked = withMiner([], { ineligible: "chute-unchecked" });
    const sheet = estimate(cycle({ ...unchecked, before: known.after }));
    expect(sheet.quorum).toBe(true);
    expect(minerOf(sheet, 0)).toMatchObject({ carried: true, reason: "chute-unchecked", excused: 5, answered: 0 });
    expect(minerOf(sheet, 0).score).toBeGreaterThan(0);
    expect(estimate(cycle({ ...unchecked, before: known.after, config: { quorum: 0.2 } })).quorum).toBe(false);
  });

  test("a neuron the roster does not know is named so", () => {
    const input = cycle(withMiner([1, 1, 1, 1, 1]));
    const roster = { ...input.roster, entries: input.roster.entries.slice(1) };
    expect(minerOf(estimate({ ...input, roster }), 0)).toMatchObject({ score: null, reason: "not-in-roster" });
  });

  test("without verifiable answers there is no score; without judged ones the verifiable channel speaks alone", () => {
    const rows = [...OTHERS, { uid: 0, cells: ["miner/chute-cold", "miner/chute-cold", 1, 1, 1] as Cell[] }];
    const sheet = sheetOf({ tasks: TASKS, rows });
    expect(minerOf(sheet, 0)).toMatchObject({ score: null, reason: "no-verifiable-answers", availability: 0.6 });
    const alone = sheetOf({ tasks: "vv", rows: OTHERS });
    expect(alone.miners.every((miner) => miner.score !== null)).toBe(true);
  });

  test("nobody, one miner, or no tasks at all is no error", () => {
    expect(sheetOf({ tasks: TASKS, rows: [] })).toMatchObject({ miners: [], quorum: true });
    expect(sheetOf({ tasks: "", rows: OTHERS }).miners.map((miner) => miner.score)).toEqual([null, null, null]);
    const lonely = repeated({ tasks: "vj", rows: [{ uid: 4, cells: [1, 0.5] }] }, 20);
    expect(lonely.miners).toMatchObject([{ uid: 4, score: 0, availability: 1 }]);
  });
});

describe("the score", () => {
  test("counts what was said to a judge at most the cap above what was proven", () => {
    const rows = [{ uid: 0, cells: [0, 0, 1, 1] }, ...[1, 2, 3, 4].map((uid) => ({ uid, cells: [1, 1, 0.5, 0.25] }))];
    const score = (crossCap: number): number =>
      minerOf(repeated({ tasks: "vvjj", rows, config: { crossCap } }, 4), 0).score ?? 0;
    expect(score(0)).toBeLessThan(score(0.5));
    expect(score(0.5) - score(0)).toBeCloseTo(0.25, 6);
    expect(score(50)).toBe(score(100));
  });

  test("follows quality: better answers rank higher after two cycles", () => {
    const rows = Array.from({ length: 8 }, (_, uid) => ({
      uid,
      cells: Array.from({ length: 16 }, (_unused, task) =>
        task < 8 ? Number((task * 5 + uid * 3) % 8 <= uid) : (uid + ((task * 7) % 5)) / 12,
      ),
    }));
    const scores = repeated({ tasks: "vvvvvvvvjjjjjjjj", rows }, 2).miners.map((miner) => miner.score ?? -99);
    expect(scores).toEqual(scores.toSorted((a, b) => a - b));
    expect(new Set(scores).size).toBe(8);
  });

  test("is quantised to nine decimals", () => {
    for (const miner of repeated(withMiner([1, 0, 0.3, 0.7, 1]), 3).miners) {
      for (const value of [miner.score, miner.stderr, miner.availability]) {
        expect(String(value)).toMatch(/^-?\d+(\.\d{1,9})?$/);
      }
    }
  });
});
