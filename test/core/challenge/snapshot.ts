import type { Commitment, MetagraphSnapshot, Neuron } from "../../../src/core/model/metagraph.ts";

export function neuronOf(uid: number, hotkey: string, registeredAt = 100): Neuron {
  return { uid, hotkey, stakeRao: "0", permit: false, active: true, lastUpdate: 0, registeredAt, incentive: 0 };
}

/** A snapshot at block 1000 of a subnet with the given neurons and commitments. */
export function snapshotOf(neurons: readonly Neuron[], commitments: readonly Commitment[] = []): MetagraphSnapshot {
  return {
    kind: "snapshot",
    parents: [],
    netuid: 7,
    mechid: 0,
    block: { hash: `0x${"ab".repeat(32)}`, number: 1000, timeMs: 1_700_000_000_000 },
    specVersion: 475,
    hyperparameters: {
      tempo: 360,
      weightsRateLimit: 100,
      weightsVersionKey: "0",
      minAllowedWeights: 1,
      maxWeightsLimit: 65535,
      commitRevealEnabled: false,
      commitRevealPeriod: 1,
      commitRevealVersion: 4,
      stakeThresholdRao: "0",
      mechanismCount: 1,
      immunityPeriod: 5000,
      activityCutoff: 5000,
    },
    epochState: {
      scheme: "state",
      mode: "yuma",
      index: 3,
      lastEpochBlock: 990,
      pendingEpochAt: 0,
      blocksSinceLastStep: 10,
      nextEpochBlock: 1350,
      pruningTarget: null,
    },
    ownerHotkey: null,
    neurons,
    commitments,
    row: null,
    successors: [],
  };
}
