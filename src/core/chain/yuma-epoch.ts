import { sum } from "../determinism/exact-math.ts";
import {
  colNormalised,
  colSums,
  EMPTY_ROW,
  filterEntries,
  mapEntries,
  movingAverage,
  normalised,
  rowNormalised,
  rowProducts,
  type SparseMatrix,
  type SparseRow,
} from "./yuma-matrix.ts";
import { type ConsensusState, isOwner, type StoredRow } from "./yuma-state.ts";

const U16_MAX = 65_535;

/** What an epoch makes of the weights; vectors by uid, as fractions. */
export interface YumaOutcome {
  /** Rows as they count: of permitted validators, masked, of sum 1 each. */
  readonly weights: SparseMatrix;
  readonly consensus: readonly number[];
  readonly incentive: readonly number[];
  readonly trust: readonly number[];
  readonly dividends: readonly number[];
}

/**
 * One epoch of Yuma (chain.md §8 steps 1–12), foretold from a state before it. Where the chain computes in fixed point with
 * truncation this is binary64: stored u16 values agree within a unit or two. Liquid alpha (step 13) is not followed. Pure.
 */
export function yumaEpoch(state: ConsensusState): YumaOutcome {
  const stake = activeStake(state);
  const weights = rowNormalised(countedWeights(state));
  const consensus = majorityScores(weights, stake, 1 - state.kappa / U16_MAX);
  const clipped = mapEntries(weights, (value, _row, column) => Math.min(value, consensus[column] ?? 0));
  const ranks = colSums(
    mapEntries(clipped, (value, row) => value * (stake[row] ?? 0)),
    stake.length,
  );
  const incentive = normalised(ranks);
  return {
    weights,
    consensus,
    incentive,
    trust: clipped.map(({ values }) => sum(values)),
    dividends: dividendsOf(state, stake, incentive, penalised(weights, clipped, state.bondsPenalty / U16_MAX)),
  };
}

/** Steps 1, 3, 4, 5: stake shares of those who are active and permitted. */
function activeStake(state: ConsensusState): number[] {
  const threshold = BigInt(state.stakeThresholdRao);
  const shares = normalised(
    state.neurons.map(({ stakeRao }) => (BigInt(stakeRao) < threshold ? 0 : Number(BigInt(stakeRao)))),
  );
  return normalised(
    state.neurons.map((neuron, uid) => {
      const inactive = neuron.lastUpdate + state.activityCutoff < state.epochBlock;
      return inactive || !counts(state, uid) ? 0 : (shares[uid] ?? 0);
    }),
  );
}

function counts(state: ConsensusState, uid: number): boolean {
  const neuron = state.neurons[uid];
  return neuron !== undefined && (neuron.permit || isOwner(state, neuron));
}

/** Steps 2 and 6, without the commits under way, whose blocks are not read. */
function countedWeights(state: ConsensusState): SparseMatrix {
  return filterEntries(matrixOf(state, state.weights), (row, column) => {
    const [from, to] = [state.neurons[row], state.neurons[column]];
    if (from === undefined || to === undefined || !counts(state, row)) return false;
    if (row === column && !isOwner(state, from)) return false;
    return from.lastUpdate > to.registeredAt;
  });
}

/** Rows by uid, targets ascending; what points outside the metagraph is dropped, and of two entries for one target the last counts. */
function matrixOf({ neurons }: ConsensusState, rows: readonly StoredRow[]): SparseMatrix {
  const byUid = new Map(rows.map((row) => [row.uid, row]));
  return neurons.map((_neuron, uid) => {
    const row = byUid.get(uid);
    return row === undefined ? EMPTY_ROW : tidy(row, neurons.length);
  });
}

function tidy(row: StoredRow, size: number): SparseRow {
  const { uids, values } = row;
  // As the chain keeps them, but for what a stranger's file may hold.
  if (uids.every((uid, at) => uid < size && uid > (uids[at - 1] ?? -1))) return row;
  const entries = new Map(uids.map((uid, at) => [uid, values[at] ?? 0]));
  const kept = [...entries].filter(([uid]) => uid < size).toSorted(([a], [b]) => a - b);
  return { uids: kept.map(([uid]) => uid), values: kept.map(([, value]) => value) };
}

/**
 * Step 7: per uid the smallest score of which more than `minority` of the stake says no more than it; who says nothing says 0.
 * The largest score where rounding leaves no such one, and 0 where nobody has stake.
 */
function majorityScores(weights: SparseMatrix, stake: readonly number[], minority: number): number[] {
  const voters = weights.flatMap((row, uid) => ((stake[uid] ?? 0) > 0 ? [{ row, stake: stake[uid] ?? 0 }] : []));
  const columns: Vote[][] = stake.map(() => []);
  for (const [voter, { row, stake: own }] of voters.entries()) {
    for (const [at, uid] of row.uids.entries()) {
      const score = row.values[at] ?? 0;
      if (score > 0) columns[uid]?.push({ voter, score, stake: own });
    }
  }
  const stakes = voters.map((voter) => voter.stake);
  return columns.map((votes) => quantile(votes, silentStake(votes, stakes), minority));
}

interface Vote {
  readonly voter: number;
  readonly score: number;
  readonly stake: number;
}

/** Stake of those who do not vote; added up, not taken from 1: a rest of rounding would count as somebody. */
function silentStake(votes: readonly Vote[], stakes: readonly number[]): number {
  let next = 0;
  let total = 0;
  for (const [voter, stake] of stakes.entries()) {
    if (votes[next]?.voter === voter) next += 1;
    else total += stake;
  }
  return total;
}

function quantile(votes: readonly Vote[], silent: number, minority: number): number {
  if (silent > minority) return 0;
  const sorted = votes.toSorted((a, b) => a.score - b.score);
  let reached = silent;
  for (const { score, stake } of sorted) {
    reached += stake;
    if (reached > minority) return score;
  }
  return sorted.at(-1)?.score ?? 0;
}

/** Step 11: w + penalty × (clipped − w). */
function penalised(weights: SparseMatrix, clipped: SparseMatrix, penalty: number): SparseMatrix {
  return weights.map(({ uids, values }, row) => ({
    uids,
    values: values.map((value, at) => value + penalty * ((clipped[row]?.values[at] ?? 0) - value)),
  }));
}

/** Steps 12a and 12b. */
function dividendsOf(
  state: ConsensusState,
  stake: readonly number[],
  incentive: readonly number[],
  fresh: SparseMatrix,
): number[] {
  const alpha = 1 - state.bondsMovingAverage / 1e6;
  const { bondsCutoff, neurons } = state;
  const old = filterEntries(
    matrixOf(state, state.bonds ?? []),
    (_row, column) => bondsCutoff === null || (neurons[column]?.registeredAt ?? 0) < bondsCutoff,
  );
  if (state.yuma3) {
    const loaded = mapEntries(old, (value) => value / U16_MAX);
    const bonds = colNormalised(movingAverage(fresh, loaded, alpha));
    return normalised(rowProducts(bonds, incentive).map((value, uid) => value * (stake[uid] ?? 0)));
  }
  const delta = colNormalised(mapEntries(fresh, (value, row) => value * (stake[row] ?? 0)));
  const bonds = colNormalised(movingAverage(delta, colNormalised(old), alpha));
  return normalised(rowProducts(bonds, incentive));
}

/** As the chain stores a fraction: u16, truncated (chain.md §8 step 15). */
export function asStored(fraction: number): number {
  return Math.min(U16_MAX, Math.floor(fraction * U16_MAX));
}
