import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Neuron, Succession } from "../../../src/core/model/metagraph.ts";
import type { MinerScore } from "../../../src/core/model/records.ts";
import type { EstimatorState, MinerState } from "../../../src/core/model/scoring-state.ts";
import { estimate } from "../../../src/core/scoring/estimate.ts";
import { succeed } from "../../../src/core/scoring/succession.ts";
import { cycle, repeated, type World } from "./cycle-fixture.ts";

function history(hotkey: string, registeredAt: number, sum = 1): MinerState {
  const channel = { sum, count: 2, square: 1 };
  return { hotkey, registeredAt, verifiable: channel, judged: channel, delivered: 3, failed: 1 };
}

function state(...miners: readonly MinerState[]): EstimatorState {
  return { cycles: 4, miners };
}

function seats(...list: readonly (readonly [string, number])[]): Neuron[] {
  return list.map(([hotkey, registeredAt], uid) => ({
    uid,
    hotkey,
    registeredAt,
    stakeRao: "0",
    permit: false,
    active: true,
    lastUpdate: 0,
    incentive: 0,
  }));
}

const swap = (from: string, to: string): Succession => ({ from, to });

describe("after a hotkey swap", () => {
  test.for<readonly [string, EstimatorState, Neuron[], Succession[], MinerState[]]>([
    [
      "the history goes to the successor, whole, and away from the former key",
      state(history("a", 10), history("c", 20, 5)),
      seats(["z", 10], ["c", 20]),
      [swap("a", "z")],
      [history("c", 20, 5), history("z", 10)],
    ],
    [
      "another registration block is another miner",
      state(history("a", 10)),
      seats(["z", 11]),
      [swap("a", "z")],
      [history("a", 10)],
    ],
    [
      "a successor with a history of its own keeps it",
      state(history("a", 10), history("z", 10, 7)),
      seats(["z", 10]),
      [swap("a", "z")],
      [history("a", 10), history("z", 10, 7)],
    ],
    [
      "a successor's history of another registration is no hindrance",
      state(history("a", 10), history("z", 3, 7)),
      seats(["z", 10]),
      [swap("a", "z")],
      [history("z", 3, 7), history("z", 10)],
    ],
    [
      "of two that claim one seat the first gets it",
      state(history("a", 10), history("b", 10, 7)),
      seats(["z", 10]),
      [swap("a", "z"), swap("b", "z")],
      [history("b", 10, 7), history("z", 10)],
    ],
    [
      "a key that has a seat keeps its history",
      state(history("a", 10)),
      seats(["a", 10], ["z", 10]),
      [swap("a", "z")],
      [history("a", 10)],
    ],
    [
      "a successor without a seat gets nothing",
      state(history("a", 10)),
      seats(["c", 10]),
      [swap("a", "z")],
      [history("a", 10)],
    ],
    ["who was never scored leaves nothing", state(), seats(["z", 10]), [swap("a", "z")], []],
  ])("%s", ([, before, neurons, successors, after]) => {
    expect(succeed(before, { neurons, successors }).miners).toEqual(after);
  });

  const key = fc.constantFrom("a", "b", "c", "d", "e");
  const block = fc.constantFrom(10, 20);
  const world = fc.record({
    histories: fc.uniqueArray(fc.tuple(key, block), { selector: (entry) => entry.join() }),
    neurons: fc.uniqueArray(fc.tuple(key, block), { selector: ([hotkey]) => hotkey }),
    successors: fc.array(fc.record({ from: key, to: key })),
  });

  test("no history is ever made, lost or doubled, whatever the chain says", () => {
    fc.assert(
      fc.property(world, ({ histories, neurons, successors }) => {
        const before = state(...histories.map(([hotkey, at], index) => history(hotkey, at, index)));
        const after = succeed(before, { neurons: seats(...neurons), successors });
        const sums = (of: EstimatorState): number[] =>
          of.miners.map((one) => one.verifiable.sum).toSorted((a, b) => a - b);
        expect(sums(after)).toEqual(sums(before));
        expect(new Set(after.miners.map((one) => `${one.hotkey}/${one.registeredAt}`)).size).toBe(histories.length);
        for (const miner of after.miners) {
          const former = before.miners.find((one) => one.verifiable.sum === miner.verifiable.sum);
          expect(miner).toEqual({ ...former, hotkey: miner.hotkey });
        }
        expect(succeed(after, { neurons: seats(...neurons), successors })).toEqual(after);
      }),
    );
  });
});

describe("a cycle after a hotkey swap", () => {
  const rows: World["rows"] = [
    { uid: 0, cells: [1, 1] },
    { uid: 1, cells: [0, 1] },
    { uid: 2, cells: [0, 0] },
  ];
  const former = repeated({ tasks: "vj", rows }, 3).after;
  const next = (
    hotkey: string,
    registeredAt: number,
    successors: readonly Succession[],
  ): ReturnType<typeof estimate> => {
    const input = cycle({
      tasks: "vj",
      rows: rows.with(0, { uid: 0, hotkey, registeredAt, cells: [0, 0] }),
      before: former,
    });
    return estimate({ ...input, snapshot: { ...input.snapshot, successors } });
  };

  const first = ({ miners: [miner] }: ReturnType<typeof estimate>): MinerScore => {
    if (miner === undefined) throw new Error("no miner");
    return miner;
  };

  test("scores as if the key had never changed", () => {
    const kept = next("key-0", 10, []);
    const swapped = next("zz-new", 10, [swap("key-0", "zz-new")]);
    expect(swapped.miners).toEqual(kept.miners.with(0, { ...first(kept), hotkey: "zz-new" }));
    expect(swapped.after.miners.map((one) => one.hotkey)).toEqual(["key-1", "key-2", "zz-new"]);
    expect(swapped.before).toEqual(former);
  });

  test("begins with nothing when the successor registered anew", () => {
    const swapped = next("zz-new", 50, [swap("key-0", "zz-new")]);
    const stranger = next("zz-new", 50, []);
    expect(swapped).toEqual(stranger);
    expect(swapped.miners[0]?.score).not.toBe(next("key-0", 10, []).miners[0]?.score);
  });

  test("keeps the moved history when the quorum is missed", () => {
    const input = cycle({
      tasks: "vj",
      rows: rows.map((row) => ({ ...row, hotkey: row.uid === 0 ? "zz-new" : `key-${row.uid}`, cells: [null, null] })),
      before: former,
    });
    const sheet = estimate({ ...input, snapshot: { ...input.snapshot, successors: [swap("key-0", "zz-new")] } });
    expect(sheet.quorum).toBe(false);
    expect(sheet.after.miners.map((one) => one.hotkey)).toEqual(["key-1", "key-2", "zz-new"]);
    expect(sheet.miners[0]?.score).not.toBeNull();
  });
});
