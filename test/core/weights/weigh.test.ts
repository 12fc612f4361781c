import { describe, expect, test } from "vitest";
import { ValidatorError } from "../../../src/core/model/fault.ts";
import type { MetagraphSnapshot } from "../../../src/core/model/metagraph.ts";
import type { MinerScore, ScoreSheet } from "../../../src/core/model/records.ts";
import { EMPTY_STATE, type EstimatorState } from "../../../src/core/model/scoring-state.ts";
import { softmax } from "../../../src/core/weights/softmax.ts";
import { weigh } from "../../../src/core/weights/weigh.ts";
import { CONFIG, cycle } from "../scoring/cycle-fixture.ts";

function miner(uid: number, score: number | null, availability: number | null = 1): MinerScore {
  return {
    uid,
    hotkey: `key-${uid}`,
    registeredAt: 10,
    score,
    stderr: score === null ? null : 0.1,
    answered: 2,
    missed: 0,
    excused: 0,
    minerFaults: 0,
    availability,
    carried: false,
    reason: null,
  };
}

const POLICY = { id: "softmax", temperature: 0.5 } as const;

describe("softmax", () => {
  test("gives equal shares to equal scores and the ratio e^(difference ÷ T) to others", () => {
    expect(softmax([miner(0, 1), miner(4, 1)], POLICY, 0.95).map(({ weight }) => weight)).toEqual([0.5, 0.5]);
    const [low, high] = softmax([miner(0, 0), miner(1, 1)], POLICY, 0.95);
    expect((high?.weight ?? 0) / (low?.weight ?? 1)).toBeCloseTo(7.38905609893065, 12);
  });

  test("shrinks in proportion below the availability floor, and not above", () => {
    const weights = (availability: number | null, floor = 0.8): number =>
      softmax([miner(0, 1, availability), miner(1, 1, 1)], POLICY, floor)[0]?.weight ?? 0;
    expect(weights(0.4)).toBeCloseTo(1 / 3, 15);
    expect(weights(0.8)).toBe(0.5);
    expect(weights(0.9)).toBe(0.5);
    expect(weights(null)).toBe(0.5);
    expect(weights(0.4, 0)).toBe(0.5);
  });

  test("leaves out miners without a score and those never available, even when they would be the best", () => {
    const real = softmax([miner(0, null), miner(1, 1000, 0), miner(2, 0), miner(3, -1)], POLICY, 0.95);
    expect(real.map(({ uid }) => uid)).toEqual([2, 3]);
  });

  test("drops what is too small to be a number and keeps the rest", () => {
    expect(softmax([miner(0, 500), miner(1, 0)], POLICY, 0.95)).toMatchObject([{ uid: 0, weight: 1 }]);
  });

  test("of nothing is nothing; a temperature that is not above 0 is a configuration error", () => {
    expect(softmax([], POLICY, 0.95)).toEqual([]);
    for (const temperature of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => softmax([miner(0, 1)], { ...POLICY, temperature }, 0.95)).toThrow(ValidatorError);
    }
  });
});

const CHANNEL = { sum: 1, count: 2, square: 1 };
const FORMER: EstimatorState = {
  cycles: 3,
  miners: [{ hotkey: "key-0", registeredAt: 10, verifiable: CHANNEL, judged: CHANNEL, delivered: 2, failed: 0 }],
};

interface Setting {
  readonly miners?: readonly MinerScore[];
  readonly ownHotkey?: string | null;
  readonly quorum?: boolean;
  /** Whether former cycles taught something. */
  readonly former?: boolean;
  readonly minEligible?: number;
  readonly snapshot?: Partial<MetagraphSnapshot>;
  readonly hyperparameters?: Partial<MetagraphSnapshot["hyperparameters"]>;
}

function vectorOf({ miners = [miner(0, 1), miner(1, 0)], ...setting }: Setting): ReturnType<typeof weigh> {
  const rows = [0, 1, 2].map((uid) => ({
    uid,
    cells: [],
    ...(uid === 2 ? { ineligible: "own-hotkey" as const } : {}),
  }));
  const { snapshot, roster } = cycle({ tasks: "", rows });
  const sheet: ScoreSheet = {
    kind: "score-sheet",
    parents: [],
    miners,
    quorum: setting.quorum ?? true,
    before: setting.former === true ? FORMER : EMPTY_STATE,
    after: EMPTY_STATE,
  };
  return weigh({
    snapshot: {
      ...snapshot,
      ...setting.snapshot,
      hyperparameters: { ...snapshot.hyperparameters, ...setting.hyperparameters },
    },
    roster,
    sheet,
    config: { ...CONFIG, minEligible: setting.minEligible ?? 2 },
    ownHotkey: setting.ownHotkey === undefined ? "key-2" : setting.ownHotkey,
  });
}

describe("a weight vector", () => {
  test("holds the real weights, their u16 values and the chain's version key", () => {
    const vector = vectorOf({});
    expect(vector).toMatchObject({ uids: [0, 1], versionKey: "7", withhold: [], policy: CONFIG.policy });
    expect(vector.values).toEqual([65_535, 8869]);
    expect(vector.real.map(({ hotkey }) => hotkey)).toEqual(["key-0", "key-1"]);
  });

  test("keeps to a lower weight limit of the chain as SDK 11 does", () => {
    expect(vectorOf({ hyperparameters: { maxWeightsLimit: 32_767 } }).values).toEqual([65_535, 65_535]);
    expect(vectorOf({ hyperparameters: { maxWeightsLimit: 40_000 } }).values).toEqual([65_535, 41_836]);
  });
});

describe("the guard withholds", () => {
  const neurons = (change: object): Partial<MetagraphSnapshot> => ({
    neurons: cycle({ tasks: "", rows: [0, 1, 2].map((uid) => ({ uid, cells: [] })) }).snapshot.neurons.map(
      (neuron) => ({
        ...neuron,
        ...(neuron.uid === 2 ? change : {}),
      }),
    ),
  });
  const owner = (change: object): Partial<MetagraphSnapshot> => ({ ...neurons(change), ownerHotkey: "key-2" });
  const mode = (value: MetagraphSnapshot["epochState"]["mode"]): Partial<MetagraphSnapshot> => ({
    epochState: { ...cycle({ tasks: "", rows: [] }).snapshot.epochState, mode: value },
  });

  test.each<[string, Setting, readonly string[]]>([
    ["nothing when all is well", {}, []],
    ["when nobody has a score", { miners: [miner(0, null), miner(1, null)] }, ["no-scores"]],
    ["when nobody was available", { miners: [miner(0, 1, 0)] }, ["no-scores"]],
    ["when too few miners are eligible, the own key not counted", { minEligible: 3 }, ["too-few-miners"]],
    ["nothing when the chain wants more entries: zeros are added", { hyperparameters: { minAllowedWeights: 3 } }, []],
    ["nothing when it wants more than there are neurons", { hyperparameters: { minAllowedWeights: 256 } }, []],
    ["when the quorum was missed before anything was learnt", { quorum: false }, ["quorum-missed"]],
    ["nothing when former estimates stand: old good weights beat none", { quorum: false, former: true }, []],
    [
      "when the quorum was missed and nobody has a former score",
      { quorum: false, former: true, miners: [miner(0, null)] },
      ["no-scores"],
    ],
    ["when the hotkey is not registered", { ownHotkey: "key-9" }, ["not-registered"]],
    ["without a permit", { snapshot: neurons({ permit: false }) }, ["no-permit"]],
    ["below the stake threshold", { snapshot: neurons({ stakeRao: "999" }) }, ["stake-too-low"]],
    ["nothing at the stake threshold", { snapshot: neurons({ stakeRao: "1000" }) }, []],
    [
      "nothing for stakes beyond 2^53, compared as integers",
      {
        snapshot: neurons({ stakeRao: "9007199254740993" }),
        hyperparameters: { stakeThresholdRao: "9007199254740992" },
      },
      [],
    ],
    ["in a mode it does not know", { snapshot: mode("unknown") }, ["mode-unknown"]],
    ["nothing for the elected validator of a Null subnet", { snapshot: mode("null") }, []],
    [
      "for who is not elected on Null",
      { snapshot: { ...mode("null"), ...neurons({ permit: false }) } },
      ["not-elected"],
    ],
    ["nothing for the subnet's owner without a permit", { snapshot: owner({ permit: false }) }, []],
    ["nothing for the subnet's owner below the threshold", { snapshot: owner({ stakeRao: "0" }) }, []],
    [
      "for the subnet's owner when another is elected on Null",
      { snapshot: { ...mode("null"), ...owner({ permit: false }) } },
      ["not-elected"],
    ],
    [
      "when somebody else owns the subnet",
      { snapshot: { ...neurons({ permit: false }), ownerHotkey: "key-0" } },
      ["no-permit"],
    ],
    [
      "only for what the vector lacks when nobody signs",
      { ownHotkey: null, snapshot: mode("unknown"), quorum: false },
      ["quorum-missed"],
    ],
    [
      "for every reason at once, in order",
      { miners: [], minEligible: 9, quorum: false, snapshot: neurons({ permit: false, stakeRao: "0" }) },
      ["no-scores", "too-few-miners", "quorum-missed", "no-permit", "stake-too-low"],
    ],
  ])("%s", (_name, setting, reasons) => {
    expect(vectorOf(setting).withhold).toEqual(reasons);
  });
});
