import type { ConsensusState, StoredRow } from "../../../src/core/chain/yuma-state.ts";
import type { Neuron } from "../../../src/core/model/metagraph.ts";

export interface Seat {
  readonly stake?: number;
  readonly permit?: boolean;
  readonly lastUpdate?: number;
  readonly registeredAt?: number;
}

/** Seats by uid, hotkeys `k0`, `k1`, …; everybody registered at block 10, and who has stake a permit and an update at block 90. */
export function neuronsOf(seats: readonly Seat[]): Neuron[] {
  return seats.map(({ stake = 0, permit = stake > 0, lastUpdate = stake > 0 ? 90 : 0, registeredAt = 10 }, uid) => ({
    uid,
    hotkey: `k${uid}`,
    stakeRao: String(stake),
    permit,
    active: true,
    lastUpdate,
    registeredAt,
    incentive: 0,
  }));
}

/** `[validator, { target: value }]` */
export function rowsOf(list: readonly (readonly [number, Readonly<Record<number, number>>])[]): StoredRow[] {
  return list.map(([uid, entries]) => ({
    uid,
    uids: Object.keys(entries).map(Number),
    values: Object.values(entries),
  }));
}

/** κ = 32767 ÷ 65535, full bonds penalty, a tenth of new bonds: the chain's usual values. */
export function consensusState(seats: readonly Seat[], change: Partial<ConsensusState> = {}): ConsensusState {
  return {
    netuid: 7,
    mechid: 0,
    block: 100,
    epochBlock: 120,
    mode: "yuma",
    neurons: neuronsOf(seats),
    ownerHotkey: null,
    stakeThresholdRao: "1",
    activityCutoff: 5000,
    commitRevealEnabled: false,
    mechanismCount: 1,
    kappa: 32_767,
    bondsPenalty: 65_535,
    bondsMovingAverage: 900_000,
    yuma3: false,
    liquidAlpha: false,
    bondsCutoff: null,
    weights: [],
    bonds: [],
    serverPoolRao: null,
    assumed: [],
    ...change,
  };
}
