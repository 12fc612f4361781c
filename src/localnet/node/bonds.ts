import type { WeightPairs } from "./items.ts";
import { normalise, type Row, toU16 } from "./shares.ts";

/** Settings of the bonds, and the bonds as stored by the last epoch, by validator. */
export interface BondsInput {
  readonly stored: ReadonlyMap<number, WeightPairs>;
  readonly registeredAt: readonly number[];
  /** Bonds to uids registered in this block or later are dropped (chain-newest.md §1.2). */
  readonly cutoff: number;
  /** Share of the new value in the moving average, in [0, 1]. */
  readonly alpha: number;
  /** In [0, 1]: 1 = bonds follow the clipped weights, 0 = the weights as set. */
  readonly penalty: number;
  readonly yuma3: boolean;
  readonly liquid: LiquidAlpha | undefined;
}

/** Moving average by how far a weight is from the consensus (chain.md §8 step 13). */
export interface LiquidAlpha {
  readonly low: number;
  readonly high: number;
  /** As stored: 1000 stands for 10. */
  readonly steepness: number;
}

/** What the epoch has so far. */
export interface BondsContext {
  readonly rows: ReadonlyMap<number, Row>;
  readonly clipped: ReadonlyMap<number, Row>;
  readonly consensus: readonly number[];
  readonly incentive: readonly number[];
  /** Active stake, summing to 1. */
  readonly power: readonly number[];
}

export interface BondsOutput {
  readonly bonds: ReadonlyMap<number, WeightPairs>;
  readonly dividends: readonly number[];
}

type Matrix = Map<number, Map<number, number>>;

/** Bonds and dividends: steps 11 to 13 of chain.md §8, in the form of Yuma3 or the classic one. */
export function runBonds(input: BondsInput, context: BondsContext): BondsOutput {
  const target = interpolated(input.penalty, context);
  const old = loaded(input);
  return input.yuma3 ? yuma3(input, context, { target, old }) : classic(input, context, { target, old });
}

interface Pair {
  /** What bonds move towards: the rows between weights and clipped weights. */
  readonly target: Matrix;
  readonly old: Matrix;
}

/** Step 12a: every validator's bonds move on their own; a column is shared only for the dividends. */
function yuma3(input: BondsInput, context: BondsContext, { target, old }: Pair): BondsOutput {
  const { liquid } = input;
  const moved =
    liquid === undefined ? average(target, old, () => input.alpha) : liquidAverage(liquid, context, { target, old });
  const shares = columnNormalised(moved);
  const { power, incentive } = context;
  const dividends = normalise(power.map((own, uid) => own * earned(shares.get(uid), incentive)));
  return { bonds: stored(moved), dividends };
}

/** Step 12b: columns of stake-weighted bonds. */
function classic(input: BondsInput, context: BondsContext, { target, old }: Pair): BondsOutput {
  const bought = mapped(target, (value, uid) => value * (context.power[uid] ?? 0));
  const moved = columnNormalised(average(columnNormalised(bought), columnNormalised(old), () => input.alpha));
  const dividends = normalise(context.power.map((_, uid) => earned(moved.get(uid), context.incentive)));
  return { bonds: stored(columnUpscaled(moved)), dividends };
}

/** Step 11. */
function interpolated(penalty: number, { rows, clipped }: BondsContext): Matrix {
  const result: Matrix = new Map();
  for (const [uid, row] of rows) {
    const cut = clipped.get(uid);
    result.set(uid, new Map([...row].map(([to, value]) => [to, value + penalty * ((cut?.get(to) ?? 0) - value)])));
  }
  return result;
}

function loaded({ stored: rows, registeredAt, cutoff }: BondsInput): Matrix {
  const kept = (to: number): boolean => (registeredAt[to] ?? 0) < cutoff;
  return new Map(
    [...rows].map(([uid, row]) => [
      uid,
      new Map(row.filter(([to]) => kept(to)).map(([to, value]) => [to, value / 65_535])),
    ]),
  );
}

function average(next: Matrix, old: Matrix, alphaOf: (uid: number, to: number) => number): Matrix {
  const result: Matrix = new Map();
  for (const uid of new Set([...next.keys(), ...old.keys()])) {
    const row = next.get(uid);
    const before = old.get(uid);
    const moved = new Map<number, number>();
    for (const to of new Set([...(row?.keys() ?? []), ...(before?.keys() ?? [])])) {
      const alpha = alphaOf(uid, to);
      moved.set(to, alpha * (row?.get(to) ?? 0) + (1 - alpha) * (before?.get(to) ?? 0));
    }
    result.set(uid, moved);
  }
  return result;
}

/** Only where a weight is: a bond without one is gone. */
function liquidAverage(liquid: LiquidAlpha, { rows, consensus }: BondsContext, { target, old }: Pair): Matrix {
  const all = average(target, old, (uid, to) => {
    const weight = rows.get(uid)?.get(to) ?? 0;
    const bond = old.get(uid)?.get(to) ?? 0;
    const difference = weight >= bond ? weight - (consensus[to] ?? 0) : bond - weight;
    const from = Math.min(1, Math.max(0, difference));
    const rise = 1 / (1 + Math.exp(-(liquid.steepness / 100) * (from - 0.5)));
    return liquid.low + rise * (liquid.high - liquid.low);
  });
  return new Map(
    [...all].map(([uid, row]) => [
      uid,
      new Map([...row].filter(([to]) => rows.get(uid)?.has(to)).map(([to, value]) => [to, Math.min(1, value)])),
    ]),
  );
}

function mapped(matrix: Matrix, value: (value: number, uid: number, to: number) => number): Matrix {
  return new Map(
    [...matrix].map(([uid, row]) => [uid, new Map([...row].map(([to, entry]) => [to, value(entry, uid, to)]))]),
  );
}

function columns(matrix: Matrix, join: (a: number, b: number) => number): Map<number, number> {
  const joined = new Map<number, number>();
  for (const row of matrix.values()) for (const [to, value] of row) joined.set(to, join(joined.get(to) ?? 0, value));
  return joined;
}

function columnNormalised(matrix: Matrix): Matrix {
  const sums = columns(matrix, (a, b) => a + b);
  return mapped(matrix, (value, _, to) => divided(value, sums.get(to)));
}

function columnUpscaled(matrix: Matrix): Matrix {
  const tops = columns(matrix, Math.max);
  return mapped(matrix, (value, _, to) => divided(value, tops.get(to)));
}

function divided(value: number, by: number | undefined): number {
  return by === undefined || by === 0 ? 0 : value / by;
}

function earned(row: ReadonlyMap<number, number> | undefined, incentive: readonly number[]): number {
  let total = 0;
  for (const [to, value] of row ?? []) total += value * (incentive[to] ?? 0);
  return total;
}

function stored(matrix: Matrix): ReadonlyMap<number, WeightPairs> {
  return new Map(
    [...matrix].map(([uid, row]) => {
      const pairs = [...row].map(([to, value]) => [to, toU16(value)] as const).filter(([, value]) => value > 0);
      return [uid, pairs.sort(([a], [b]) => a - b)];
    }),
  );
}
