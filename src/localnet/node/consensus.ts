/** What an epoch is computed from; all lists by uid. */
export interface EpochInput {
  readonly stake: readonly bigint[];
  /** Permits as stored before this epoch (chain.md §7.2). */
  readonly permits: readonly boolean[];
  readonly active: readonly boolean[];
  readonly rows: ReadonlyMap<number, readonly (readonly [uid: number, value: number])[]>;
  readonly lastUpdate: readonly number[];
  readonly registeredAt: readonly number[];
  readonly threshold: bigint;
  readonly maxValidators: number;
  /** Its weight on itself counts; undefined when it has no uid. */
  readonly ownerUid: number | undefined;
}

export interface EpochOutput {
  readonly incentive: readonly number[];
  readonly consensus: readonly number[];
  readonly dividends: readonly number[];
  readonly validatorTrust: readonly number[];
  readonly stakeWeight: readonly number[];
  readonly permits: readonly boolean[];
  /** Shares of the miners' and of the validators' part, each summing to 1 or 0. */
  readonly minerShare: readonly number[];
  readonly validatorShare: readonly number[];
}

/**
 * A simplified Yuma: the incentive of a miner is the stake-weighted mean of what permitted, active validators above the
 * threshold give it. Of chain.md §8 it keeps masks, normalisation and truncation; it leaves out clipping to the consensus
 * (κ), bonds and liquid alpha: with the few, honest validators of a localnet these change little, and nothing here claims
 * to preview a real subnet's emission. Dividends follow the stake of validators that have weights.
 */
export function runConsensus(input: EpochInput): EpochOutput {
  const count = input.stake.length;
  const staked = input.stake.map((stake) => (stake >= input.threshold ? Number(stake) : 0));
  const voters = normalise(staked.map((stake, uid) => (input.permits[uid] && input.active[uid] ? stake : 0)));
  const rank = new Array<number>(count).fill(0);
  const voted = new Array<number>(count).fill(0);
  for (const [uid, power] of voters.entries()) {
    const row = power > 0 ? countedRow(input, uid) : [];
    const sum = row.reduce((total, [, value]) => total + value, 0);
    if (sum === 0) continue;
    voted[uid] = power;
    for (const [target, value] of row) rank[target] = (rank[target] ?? 0) + (power * value) / sum;
  }
  const incentive = normalise(rank);
  const dividends = normalise(voted);
  // Without any weights the validators' part goes by stake alone (chain.md §8 step 14).
  const paid = dividends.some((share) => share > 0) ? dividends : normalise(staked);
  return {
    incentive: incentive.map(toU16),
    consensus: rank.map(toU16),
    dividends: dividends.map(toU16),
    validatorTrust: voted.map((power) => (power > 0 ? 65_535 : 0)),
    stakeWeight: normalise(staked).map(toU16),
    permits: topValidators(staked, input.maxValidators),
    minerShare: incentive,
    validatorShare: paid,
  };
}

/** Without weights on itself, on uids that do not exist, and on uids registered after the row was set (steps 2 and 6). */
function countedRow(input: EpochInput, uid: number): (readonly [uid: number, value: number])[] {
  const updated = input.lastUpdate[uid] ?? 0;
  return (input.rows.get(uid) ?? []).filter(([target]) => {
    if (target >= input.stake.length || (target === uid && uid !== input.ownerUid)) return false;
    const registered = input.registeredAt[target] ?? 0;
    return registered === 0 || updated > registered;
  });
}

/** The largest stakes, none of zero; ties to the lower uid. */
function topValidators(staked: readonly number[], most: number): boolean[] {
  const order = [...staked.keys()].sort((a, b) => (staked[b] ?? 0) - (staked[a] ?? 0) || a - b);
  const chosen = new Set(order.slice(0, most).filter((uid) => (staked[uid] ?? 0) > 0));
  return staked.map((_, uid) => chosen.has(uid));
}

function normalise(values: readonly number[]): number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => (sum > 0 ? value / sum : 0));
}

function toU16(share: number): number {
  return Math.min(65_535, Math.trunc(share * 65_535));
}
