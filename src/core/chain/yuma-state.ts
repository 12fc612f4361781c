import type { Ss58 } from "../model/ids.ts";
import type { EpochMode, Neuron } from "../model/metagraph.ts";

/** A row of Weights or Bonds as stored: u16 values by uid. */
export interface StoredRow {
  readonly uid: number;
  readonly uids: readonly number[];
  readonly values: readonly number[];
}

/** What decides over an epoch, at one finalized block, of one mechanism (chain.md §8, chain-newest.md §1.6, §2.3). */
export interface ConsensusState {
  readonly netuid: number;
  readonly mechid: number;
  readonly block: number;
  /** First block of the next epoch: the one whose outcome is foretold. */
  readonly epochBlock: number;
  readonly mode: EpochMode;
  /** Ascending by uid, without gaps; `stakeRao` is the total stake (chain.md §7.2). */
  readonly neurons: readonly Neuron[];
  readonly ownerHotkey: Ss58 | null;
  readonly stakeThresholdRao: string;
  /** Blocks without an update after which a validator counts for nothing. */
  readonly activityCutoff: number;
  readonly commitRevealEnabled: boolean;
  readonly mechanismCount: number;
  /** Kappa, u16. */
  readonly kappa: number;
  /** BondsPenalty, u16. */
  readonly bondsPenalty: number;
  /** BondsMovingAverage, millionths: weight of the old bonds. */
  readonly bondsMovingAverage: number;
  readonly yuma3: boolean;
  readonly liquidAlpha: boolean;
  /** Bonds to uids registered at or after this block are dropped; null when the chain does not say. */
  readonly bondsCutoff: number | null;
  /** Rows of all that may set weights; on Null the elected validator's alone. */
  readonly weights: readonly StoredRow[];
  /** Null where there are none to read: on Null. */
  readonly bonds: readonly StoredRow[] | null;
  /** PendingServerEmission of this mechanism in rao; null when the chain does not say. */
  readonly serverPoolRao: string | null;
  /** Names of what the chain did not say, so that its default stands in: the preview is approximate in that respect. */
  readonly assumed: readonly string[];
}

/** A vector somebody thinks of setting. */
export interface ProposedRow {
  readonly uids: readonly number[];
  readonly values: readonly number[];
}

/** Whether this neuron may set weights without a permit: the subnet owner's, except on Null (chain.md §3.3 #10). */
export function isOwner(state: Pick<ConsensusState, "ownerHotkey">, neuron: Pick<Neuron, "hotkey">): boolean {
  return neuron.hotkey === state.ownerHotkey;
}
