import type { WeightPairs } from "./items.ts";

export interface NullEpochInput {
  /** Total stake by uid. */
  readonly stake: readonly bigint[];
  /** Uid that held the permit, undefined when nobody did. */
  readonly elected: number | undefined;
  /** Its row. */
  readonly row: WeightPairs;
  /** When it was set. */
  readonly updated: number;
  readonly registeredAt: readonly number[];
}

/** Whole-number claims by uid: units are divided in their proportion (apportion.ts). */
export interface NullEpochOutput {
  readonly miners: readonly bigint[];
  readonly validators: readonly bigint[];
}

/**
 * The epoch of one mechanism on a Null subnet (chain-newest.md §1.4): miners are paid in proportion to the raw row of the one
 * permitted validator, everybody alike when it says nothing; validators in proportion to stake, permit or not. A weight on a
 * uid that was registered after the row was set says nothing.
 */
export function runNull(input: NullEpochInput): NullEpochOutput {
  const claims = input.stake.map(() => 0n);
  for (const [uid, value] of input.row) {
    if (uid >= claims.length || (input.registeredAt[uid] ?? 0) > input.updated) continue;
    claims[uid] = BigInt(value);
  }
  const says = input.elected !== undefined && claims.some((claim) => claim > 0n);
  const nobody = input.stake.every((stake) => stake === 0n);
  const alike = input.stake.map(() => 1n);
  return { miners: says && !nobody ? claims : alike, validators: nobody ? alike : input.stake };
}

/** The permit goes to the largest stake, ties to the lower uid; to nobody where there is no stake (chain-newest.md §1.3). */
export function electedPermit(stake: readonly bigint[]): boolean[] {
  const most = stake.reduce((top, own) => (own > top ? own : top), 0n);
  const elected = most === 0n ? -1 : stake.indexOf(most);
  return stake.map((_, uid) => uid === elected);
}
