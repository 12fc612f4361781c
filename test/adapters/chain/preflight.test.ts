import { describe, expect, test } from "vitest";
import { preflight } from "../../../src/adapters/chain/preflight.ts";
import { sameRow } from "../../../src/adapters/chain/read-back.ts";
import type { SubnetState } from "../../../src/adapters/chain/subnet-state.ts";

/** What the simulated node cannot be brought to say; the rest is in submission.test.ts. */
const NEURON = { stakeRao: "100", permit: false, active: true, lastUpdate: 0, registeredAt: 0, incentive: 0 };
const SUBNET: SubnetState = {
  neurons: [
    { ...NEURON, uid: 0, hotkey: "me" },
    { ...NEURON, uid: 1, hotkey: "miner" },
  ],
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
    mode: "absent",
    index: 1,
    lastEpochBlock: 0,
    pendingEpochAt: 0,
    blocksSinceLastStep: 0,
    nextEpochBlock: 360,
  },
  accounts: [],
  timeMs: 0,
  ownerHotkey: "me",
};
const PLAN = {
  cycle: { netuid: 1, mechid: 0, epoch: 1 },
  targets: [{ uid: 1, hotkey: "miner", registeredAt: 0 }],
  uids: [1],
  values: [65_535],
  versionKey: "18446744073709551615",
  vectorDigest: "0x00",
} as const;

function judged(change: (subnet: SubnetState) => SubnetState): unknown {
  return preflight({ plan: PLAN, hotkey: "me", subnet: change(SUBNET), head: 1000 })?.reason ?? "sent";
}

describe("the pre-flight", () => {
  test("lets the owner through without stake and permit, on Yuma", () => {
    expect(judged((subnet) => subnet)).toBe("sent");
  });

  test.each<[string, Partial<SubnetState["epochState"]>, string]>([
    ["an unknown mode is never signed for", { mode: "unknown" }, "mode-unknown"],
    ["on Null the owner needs the permit too", { mode: "null" }, "no-permit"],
  ])("%s", (_name, change, reason) => {
    expect(judged((subnet) => ({ ...subnet, epochState: { ...subnet.epochState, ...change } }))).toBe(reason);
  });

  test("version keys are compared as 64-bit numbers", () => {
    const plan = { ...PLAN, versionKey: "18446744073709551614" };
    expect(preflight({ plan, hotkey: "me", subnet: SUBNET, head: 1000 })?.reason).toBe("version-key-newer");
  });

  test.each([
    [998, "rate-limited"],
    [999, "sent"],
  ])("at head %i, with the last update in 900 and a limit of 100: %s", (head, expected) => {
    const [me, miner] = SUBNET.neurons;
    if (me === undefined || miner === undefined) throw new Error("no neurons");
    const subnet = { ...SUBNET, neurons: [{ ...me, lastUpdate: 900 }, miner] };
    expect(preflight({ plan: PLAN, hotkey: "me", subnet, head })?.reason ?? "sent").toBe(expected);
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
