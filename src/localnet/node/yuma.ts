import { type BondsInput, runBonds } from "./bonds.ts";
import type { WeightPairs } from "./items.ts";
import { normalise, type Row, sum, toU16 } from "./shares.ts";
import { type Vote, weightedMedian } from "./weighted-median.ts";

/** What one mechanism's epoch is computed from; all lists by uid. */
export interface EpochInput {
  /** Total stake (chain.md §7.2). */
  readonly stake: readonly bigint[];
  /** Permits as stored before this epoch. */
  readonly permits: readonly boolean[];
  readonly active: readonly boolean[];
  readonly rows: ReadonlyMap<number, WeightPairs>;
  readonly lastUpdate: readonly number[];
  readonly registeredAt: readonly number[];
  /** Block of the earliest commit of a validator that still waits for its reveal. */
  readonly waitingSince: ReadonlyMap<number, number>;
  readonly threshold: bigint;
  readonly maxValidators: number;
  /** Permitted always, and its weight on itself counts; undefined when it has no uid. */
  readonly ownerUid: number | undefined;
  /** In [0, 1]. */
  readonly kappa: number;
  readonly bonds: BondsInput;
}

export interface EpochOutput {
  readonly incentive: readonly number[];
  readonly consensus: readonly number[];
  readonly dividends: readonly number[];
  readonly validatorTrust: readonly number[];
  readonly stakeWeight: readonly number[];
  /** In force from the next epoch on. */
  readonly permits: readonly boolean[];
  /** u16 fractions by validator, to be stored for those that `permits` names. */
  readonly bonds: ReadonlyMap<number, WeightPairs>;
  /** Shares of the miners' and of the validators' part, each summing to 1 or 0. */
  readonly minerShare: readonly number[];
  readonly validatorShare: readonly number[];
}

/**
 * Yuma consensus of one mechanism, step by step as chain.md §8 has it. Numbers are float64 where the chain has fixed point
 * with 32 fraction bits, so that a stored u16 can differ from a real chain's by one.
 */
export function runYuma(input: EpochInput): EpochOutput {
  const count = input.stake.length;
  const staked = input.stake.map((stake) => (stake >= input.threshold ? Number(stake) : 0));
  const stakeWeight = normalise(staked);
  const permitted = (uid: number): boolean => input.permits[uid] === true || uid === input.ownerUid;
  const power = normalise(stakeWeight.map((stake, uid) => (permitted(uid) && input.active[uid] === true ? stake : 0)));
  const rows = new Map<number, Row>();
  for (const uid of input.rows.keys()) if (permitted(uid)) rows.set(uid, countedRow(input, uid));
  const consensus = consensusOf(rows, power, input.kappa);
  const clipped = new Map([...rows].map(([uid, row]) => [uid, clip(row, consensus)]));
  const rank = new Array<number>(count).fill(0);
  for (const [uid, row] of clipped) {
    const own = power[uid] ?? 0;
    if (own > 0) for (const [target, value] of row) rank[target] = (rank[target] ?? 0) + own * value;
  }
  const incentive = normalise(rank);
  const { bonds, dividends } = runBonds(input.bonds, { rows, clipped, consensus, incentive, power });
  const trust = stakeWeight.map((_, uid) => sum(clipped.get(uid)?.values() ?? []));
  return {
    incentive: incentive.map(toU16),
    consensus: consensus.map(toU16),
    dividends: dividends.map(toU16),
    validatorTrust: trust.map(toU16),
    stakeWeight: stakeWeight.map(toU16),
    permits: topValidators(staked, input.maxValidators),
    bonds,
    minerShare: incentive,
    validatorShare: validatorShare(dividends, power, stakeWeight),
  };
}

/** Without weights that do not count (steps 2 and 6), summing to 1; empty when nothing is left. */
function countedRow(input: EpochInput, uid: number): Row {
  const updated = input.lastUpdate[uid] ?? 0;
  const waiting = input.waitingSince.get(uid) ?? Number.POSITIVE_INFINITY;
  const counted = (input.rows.get(uid) ?? []).filter(([target, value]) => {
    if (value === 0 || target >= input.stake.length || (target === uid && uid !== input.ownerUid)) return false;
    const registered = input.registeredAt[target] ?? 0;
    return updated > registered && waiting >= registered;
  });
  const total = counted.reduce((all, [, value]) => all + value, 0);
  return new Map(counted.map(([target, value]) => [target, value / total]));
}

function consensusOf(rows: ReadonlyMap<number, Row>, power: readonly number[], kappa: number): number[] {
  const votes = power.map((): Vote[] => []);
  for (const [uid, row] of rows) {
    const stake = power[uid] ?? 0;
    if (stake > 0) for (const [target, score] of row) votes[target]?.push({ score, stake });
  }
  const whole = sum(power);
  return votes.map((column) => {
    if (column.length === 0) return 0;
    const voiced = column.reduce((all, { stake }) => all + stake, 0);
    // Where everybody voted, what is left by rounding is nobody's stake.
    const silent = whole - voiced < 1e-12 ? 0 : whole - voiced;
    return weightedMedian(column, silent, kappa);
  });
}

function clip(row: Row, consensus: readonly number[]): Row {
  return new Map([...row].map(([target, value]) => [target, Math.min(value, consensus[target] ?? 0)]));
}

/** The largest stakes, none of zero; ties to the lower uid. */
function topValidators(staked: readonly number[], most: number): boolean[] {
  const holders = [...staked.keys()].filter((uid) => (staked[uid] ?? 0) > 0);
  const order = holders.sort((a, b) => (staked[b] ?? 0) - (staked[a] ?? 0) || a - b);
  const chosen = new Set(order.slice(0, most));
  return staked.map((_, uid) => chosen.has(uid));
}

/** Without dividends the validators' part goes by active stake, or by stake when none is active (step 14). */
function validatorShare(...choices: readonly (readonly number[])[]): readonly number[] {
  return choices.find((share) => share.some((value) => value > 0)) ?? choices[0] ?? [];
}
