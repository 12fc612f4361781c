import { describe, expect, test } from "vitest";
import { preflight } from "../../../src/adapters/chain/preflight.ts";
import { sameRow } from "../../../src/adapters/chain/read-back.ts";
import type { SubnetState } from "../../../src/adapters/chain/subnet-state.ts";
import type { SubmissionPlan } from "../../../src/ports/chain.ts";

/** The table of what is sent, withheld, or left to another; that the chain says the same is in submission.test.ts. */
const NEURON = { stakeRao: "100", permit: false, active: true, lastUpdate: 0, registeredAt: 0, incentive: 0 };
const ME = { ...NEURON, uid: 0, hotkey: "me", stakeRao: "5000", permit: true };
const NEURONS = [
  ME,
  { ...NEURON, uid: 1, hotkey: "a" },
  { ...NEURON, uid: 2, hotkey: "b" },
  { ...NEURON, uid: 3, hotkey: "c" },
];
const SUBNET: SubnetState = {
  neurons: NEURONS,
  hyperparameters: {
    tempo: 360,
    weightsRateLimit: 100,
    weightsVersionKey: "18446744073709551615",
    minAllowedWeights: 1,
    maxWeightsLimit: 65_535,
    commitRevealEnabled: false,
    commitRevealPeriod: 1,
    commitRevealVersion: 4,
    stakeThresholdRao: "1000",
    mechanismCount: 1,
    immunityPeriod: 0,
    activityCutoff: 5_000,
  },
  epochState: {
    scheme: "state",
    mode: "absent",
    index: 1,
    lastEpochBlock: 900,
    pendingEpochAt: 0,
    blocksSinceLastStep: 100,
    nextEpochBlock: 1_260,
    pruningTarget: null,
  },
  accounts: [],
  timeMs: 0,
  ownerHotkey: "owner",
};
const PLAN: SubmissionPlan = {
  cycle: { netuid: 1, mechid: 0, epoch: 1 },
  targets: [
    { uid: 1, hotkey: "a", registeredAt: 0 },
    { uid: 2, hotkey: "b", registeredAt: 0 },
  ],
  uids: [1, 2],
  values: [65_535, 30_000],
  versionKey: "18446744073709551615",
  vectorDigest: "0x00",
  snapshotBlock: 950,
  knownUpdate: 0,
};

interface Change {
  readonly me?: Partial<typeof ME>;
  readonly others?: Record<number, Partial<(typeof NEURONS)[number]>>;
  readonly neurons?: SubnetState["neurons"];
  readonly hyper?: Partial<SubnetState["hyperparameters"]>;
  readonly epoch?: Partial<SubnetState["epochState"]>;
  readonly plan?: Partial<SubmissionPlan>;
  readonly owner?: string;
  readonly head?: number;
  readonly rivalCall?: boolean;
  readonly versionKey?: number;
}

function judged(change: Change): ReturnType<typeof preflight> {
  const {
    me = {},
    others = {},
    hyper,
    epoch,
    plan,
    owner,
    head = 1_000,
    rivalCall = false,
    versionKey = null,
  } = change;
  const neurons =
    change.neurons ?? NEURONS.map((neuron) => ({ ...neuron, ...(neuron.uid === 0 ? me : others[neuron.uid]) }));
  const subnet = {
    ...SUBNET,
    neurons,
    hyperparameters: { ...SUBNET.hyperparameters, ...hyper },
    epochState: { ...SUBNET.epochState, ...epoch },
    ownerHotkey: owner ?? SUBNET.ownerHotkey,
  };
  return preflight({ plan: { ...PLAN, ...plan }, hotkey: "me", subnet, head, rivalCall, versionKey });
}

const PRUNING = { mode: "null", pruningTarget: 2 } as const;
const SELF = { targets: [{ uid: 0, hotkey: "me", registeredAt: 0 }], uids: [0], values: [65_535] };

describe("weights are withheld", () => {
  test.each<[string, Change, string]>([
    ["in an unknown mode", { epoch: { mode: "unknown" } }, "mode-unknown"],
    ["where the runtime offers a call of a third mode", { rivalCall: true }, "call-unknown"],
    ["without a seat", { neurons: NEURONS.slice(1) }, "not-registered"],
    ["from a snapshot more than two tempos old", { plan: { snapshotBlock: 279 } }, "snapshot-stale"],
    ["while uids are being pruned", { epoch: PRUNING }, "pruning"],
    ["by a service, in the last block of the epoch", { head: 1_259, plan: { epochOnly: true } }, "epoch-over"],
    [
      "by a service, when the next epoch is due and was put off",
      { head: 1_262, plan: { epochOnly: true } },
      "epoch-over",
    ],
    ["by a service, in the next epoch", { epoch: { index: 2 }, plan: { epochOnly: true } }, "epoch-over"],
    ["when nobody judged holds a seat", { others: { 1: { registeredAt: 7 }, 2: { hotkey: "new" } } }, "uid-changed"],
    [
      "when only a weight of zero is left",
      { others: { 1: { registeredAt: 7 } }, plan: { values: [65_535, 0] } },
      "uid-changed",
    ],
    ["below the stake threshold", { me: { stakeRao: "999" } }, "stake-too-low"],
    [
      "below the version key, as a 64-bit number",
      { plan: { versionKey: "18446744073709551614" } },
      "version-key-newer",
    ],
    [
      "when the owner asks for a newer version key than this installation is for",
      { versionKey: 6, plan: { versionKey: "7" }, hyper: { weightsVersionKey: "7" } },
      "version-key-newer",
    ],
    ["without a permit", { me: { permit: false } }, "no-permit"],
    ["on Null without the one permit", { me: { permit: false }, epoch: { mode: "null" } }, "not-elected"],
    ["on Null from the owner too", { me: { permit: false }, owner: "me", epoch: { mode: "null" } }, "not-elected"],
    ["on Null to oneself too", { me: { permit: false }, plan: SELF, epoch: { mode: "null" } }, "not-elected"],
    ["inside the rate limit", { me: { lastUpdate: 902 }, plan: { knownUpdate: 902 } }, "rate-limited"],
  ])("%s", (_name, change, reason) => {
    const found = judged(change);
    expect(found).toMatchObject({ kind: "withheld", reason });
    if (found.kind === "withheld") expect(found.detail).toMatch(/^[A-Z].*\.$/);
  });

  test.each<[string, Change, string]>([
    ["the mode before the seat", { epoch: { mode: "unknown" }, neurons: [] }, "mode-unknown"],
    ["the snapshot before the pruning", { plan: { snapshotBlock: 1 }, epoch: PRUNING }, "snapshot-stale"],
    ["the stake before the version key", { me: { stakeRao: "1" }, plan: { versionKey: "0" } }, "stake-too-low"],
    [
      "the permit before the rate limit",
      { me: { permit: false, lastUpdate: 990 }, plan: { knownUpdate: null } },
      "no-permit",
    ],
  ])("for the first reason: %s", (_name, change, reason) => {
    expect(judged(change)).toMatchObject({ reason });
  });

  test("on Null with the elected uid and both stakes", () => {
    const found = judged({
      me: { permit: false },
      others: { 2: { permit: true, stakeRao: "7777" } },
      epoch: { mode: "null" },
    });
    expect(found).toMatchObject({ detail: expect.stringMatching(/uid 2 .*7777 rao.*uid 0 is 5000 rao/) });
  });

  test.each<[string, Change, number]>([
    ["a pruning under way", { epoch: PRUNING }, 1_004],
    ["the rate limit", { me: { lastUpdate: 950 }, plan: { knownUpdate: null } }, 1_050],
  ])("and looked at again, for %s, in a block that is named", (_name, change, untilBlock) => {
    expect(judged(change)).toMatchObject({ kind: "withheld", untilBlock });
  });
});

describe("another process with the same hotkey", () => {
  test("is seen by an update that the journal does not know, before anything else of the chain", () => {
    const change = {
      me: { lastUpdate: 990, stakeRao: "1", permit: false },
      plan: { knownUpdate: 700, snapshotBlock: 1 },
    };
    expect(judged(change)).toEqual({ kind: "foreign-update", lastUpdate: 990, known: 700 });
  });

  test.each<[string, Change]>([
    ["one that it does know", { me: { lastUpdate: 700 }, plan: { knownUpdate: 700 } }],
    ["the registration", { me: { lastUpdate: 700, registeredAt: 700 }, plan: { knownUpdate: 0 } }],
    ["any, when the operator took the risk", { me: { lastUpdate: 700 }, plan: { knownUpdate: null } }],
  ])("is not suspected for %s", (_name, change) => {
    expect(judged(change).kind).toBe("cleared");
  });
});

describe("weights are sent", () => {
  test("as they are, when nothing has changed", () => {
    expect(judged({})).toEqual({ kind: "cleared", uids: [1, 2], values: [65_535, 30_000], resolved: null });
  });

  test.each<[string, Change]>([
    ["by the owner without stake and permit, on Yuma", { me: { stakeRao: "0", permit: false }, owner: "me" }],
    [
      "to oneself alone without a permit, on Yuma, however many are asked for",
      { me: { permit: false }, plan: SELF, hyper: { minAllowedWeights: 4 } },
    ],
    ["in the first block that the rate limit allows", { me: { lastUpdate: 901 }, plan: { knownUpdate: null } }],
    ["during a pruning when the epoch is nearly over", { epoch: { ...PRUNING, nextEpochBlock: 1_011 } }],
    ["from a snapshot of two tempos ago", { plan: { snapshotBlock: 280 } }],
    ["by a service, for the last block of its epoch", { head: 1_258, plan: { epochOnly: true } }],
    ["by hand, in the epoch after their own", { epoch: { index: 2 }, plan: { epochOnly: false } }],
    [
      "whatever version, where the owner asks for none",
      { plan: { versionKey: "0" }, hyper: { weightsVersionKey: "0" } },
    ],
  ])("%s", (_name, change) => {
    expect(judged(change)).toMatchObject({ kind: "cleared", resolved: null });
  });

  test("to the uids of today", () => {
    const moved = { 1: { hotkey: "new" }, 3: { hotkey: "a" } };
    expect(judged({ others: moved })).toEqual({
      kind: "cleared",
      uids: [2, 3],
      values: [30_000, 65_535],
      resolved: { uids: [2, 3], values: [30_000, 65_535], dropped: [], moved: [{ from: 1, to: 3 }] },
    });
  });

  test.each(["absent", "null"] as const)("with zeros when the subnet asks for more, in mode %s", (mode) => {
    const lists = { uids: [0, 1, 2, 3], values: [0, 65_535, 30_000, 0] };
    const found = judged({ hyper: { minAllowedWeights: 50 }, epoch: { mode } });
    // Zeros stand in no record, so that the lists there follow from the vector (docs/bundle.md A5).
    expect(found).toEqual({ kind: "cleared", ...lists, resolved: null });
  });

  test("with zeros in place of those who left", () => {
    const change = { others: { 1: { hotkey: "new" } }, hyper: { minAllowedWeights: 2 } };
    expect(judged(change)).toEqual({
      kind: "cleared",
      uids: [0, 2],
      values: [0, 65_535],
      resolved: { uids: [2], values: [65_535], dropped: [1], moved: [] },
    });
  });
});

test.each([
  ["equal", { uids: [1, 2], values: [5, 6] }, true],
  ["in another order", { uids: [2, 1], values: [6, 5] }, true],
  ["without the zero", { uids: [1, 2, 3], values: [5, 6, 0] }, true],
  ["another value", { uids: [1, 2], values: [5, 7] }, false],
  ["one more", { uids: [1, 2, 3], values: [5, 6, 1] }, false],
  ["nothing", { uids: [], values: [] }, false],
])("a row read back that is %s", (_name, row, same) => {
  expect(sameRow({ uids: [1, 2], values: [5, 6] }, row)).toBe(same);
});
