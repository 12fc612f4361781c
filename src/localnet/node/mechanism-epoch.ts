export interface EpochPay {
  readonly netuid: number;
  readonly block: number;
  /** Blocks whose emission is paid. */
  readonly tempo: number;
  /** Blocks without an update after which a neuron counts as inactive. */
  readonly cutoff: number;
}

/** What the mechanisms of a subnet share in one epoch. */
export interface Subnet extends EpochPay {
  readonly hotkeys: readonly Uint8Array[];
  readonly stake: readonly bigint[];
  readonly permits: readonly boolean[];
  readonly registeredAt: readonly number[];
}

/** One mechanism's part in the columns that are one per subnet. */
export interface MechanismResult {
  readonly incentive: readonly number[];
  readonly consensus: readonly number[];
  readonly dividends: readonly number[];
  readonly validatorTrust: readonly number[];
  readonly stakeWeight: readonly number[];
  readonly permits: readonly boolean[];
  readonly active: readonly boolean[];
  readonly emission: readonly bigint[];
}

export interface MechanismShare {
  readonly mechid: number;
  /** Rao for the miners, and once more for the validators. */
  readonly half: bigint;
}
