import type { Ss58 } from "../model/ids.ts";
import { asStored, type YumaOutcome, yumaEpoch } from "./yuma-epoch.ts";
import { type ConsensusState, isOwner, type ProposedRow } from "./yuma-state.ts";

/** A number before and after a vector is set. */
export interface Change {
  readonly before: number;
  readonly after: number;
}

export interface YumaLine {
  readonly uid: number;
  readonly hotkey: Ss58;
  /** The own weight as it counts: a share of 1. */
  readonly weight: number;
  /** What the majority by stake gives this uid at least, own vote included. */
  readonly consensus: number;
  /** The own weight lies above the consensus: what is above counts for nothing. */
  readonly clipped: boolean;
  /** u16 as the chain stores it. */
  readonly incentive: Change;
}

/** What a vector would do in the next epoch of Yuma; u16 as the chain stores them. */
export interface YumaPreview {
  readonly kind: "yuma";
  readonly uid: number;
  /** Why the chain would refuse the vector, or not count it. */
  readonly refused: "no-permit" | "stake-too-low" | null;
  /** Share of the own weight that survives clipping (VTrust). */
  readonly trust: Change;
  readonly dividends: Change;
  /** One a neuron, ascending by uid. */
  readonly miners: readonly YumaLine[];
  /** Sentences about what this preview cannot know. */
  readonly approximate: readonly string[];
}

/**
 * Sets the row of `uid` in a copy of the state and compares the next epoch with and without it. `before` is with the row that
 * stands on chain. Pure; undefined when nobody has that uid.
 */
export function yumaPreview(state: ConsensusState, uid: number, row: ProposedRow): YumaPreview | undefined {
  const own = state.neurons[uid];
  if (own === undefined) return undefined;
  const before = yumaEpoch(state);
  const after = yumaEpoch(withRow(state, uid, row));
  const at = (vector: "trust" | "dividends" | "incentive", index: number): Change => ({
    before: asStored(before[vector][index] ?? 0),
    after: asStored(after[vector][index] ?? 0),
  });
  return {
    kind: "yuma",
    uid,
    refused: refusalOf(state, uid),
    trust: at("trust", uid),
    dividends: at("dividends", uid),
    miners: linesOf(state, uid, after, (index) => at("incentive", index)),
    approximate: approximations(state),
  };
}

/** A row set now: newer than every registration there is, and its author is active. */
function withRow(state: ConsensusState, uid: number, { uids, values }: ProposedRow): ConsensusState {
  return {
    ...state,
    neurons: state.neurons.map((neuron) =>
      neuron.uid === uid ? { ...neuron, lastUpdate: Math.max(state.block, neuron.lastUpdate) + 1 } : neuron,
    ),
    weights: [...state.weights.filter((row) => row.uid !== uid), { uid, uids, values }],
  };
}

function linesOf(
  { neurons }: ConsensusState,
  own: number,
  after: YumaOutcome,
  incentive: (uid: number) => Change,
): YumaLine[] {
  const row = after.weights[own];
  const weights = new Map(row?.uids.map((uid, at) => [uid, row.values[at] ?? 0]));
  return neurons.map(({ hotkey }, uid) => {
    const weight = weights.get(uid) ?? 0;
    const consensus = after.consensus[uid] ?? 0;
    return { uid, hotkey, weight, consensus, clipped: weight > consensus, incentive: incentive(uid) };
  });
}

function refusalOf(state: ConsensusState, uid: number): YumaPreview["refused"] {
  const own = state.neurons[uid];
  if (own === undefined || isOwner(state, own)) return null;
  if (!own.permit) return "no-permit";
  return BigInt(own.stakeRao) < BigInt(state.stakeThresholdRao) ? "stake-too-low" : null;
}

function approximations(state: ConsensusState): string[] {
  const notes = state.assumed.map((name) => `The chain does not say ${name}; its usual value was taken.`);
  if (state.liquidAlpha) notes.push("Liquid alpha is on: dividends are approximate, incentives are not touched by it.");
  if (state.commitRevealEnabled) {
    notes.push(
      "Commit-reveal is on: other validators' rows are the last revealed ones, a period or more old; what they say of uids " +
        "registered after a commit that still waits does not count, and is counted here.",
    );
  }
  if (state.mechanismCount > 1) {
    notes.push("The subnet has several mechanisms: trust and dividends on chain are sums over all of them.");
  }
  return notes;
}
