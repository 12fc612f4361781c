/** One line of `npm run bench -- --json` (DESIGN §8). */
export interface FigureResult {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** At most this much; null where DESIGN names no number. */
  readonly budget: number | null;
  /** The floor that was measured in the same run, in the unit of `raw`; the note says where it is a quoted one. */
  readonly baseline?: number;
  /** The value of every run, in their order. */
  readonly runs: readonly number[];
  /** What the value was made from, run by run. */
  readonly raw?: Readonly<Record<string, readonly number[]>>;
  readonly note?: string;
}

export interface Figure {
  /** What `--only` takes: each also stands for the results it begins. */
  readonly name: string;
  /** One line for people. */
  readonly lead: string;
  /** False for what takes minutes: it runs only when it is named. */
  readonly always: boolean;
  readonly measure: (runs: number) => Promise<readonly FigureResult[]>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Three digits are more than a shared machine can repeat. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/** The usual result: the median of the runs. */
export function resultOf(
  name: string,
  runs: readonly number[],
  rest: Omit<FigureResult, "name" | "value" | "runs">,
): FigureResult {
  const { raw } = rest;
  return {
    name,
    value: rounded(median(runs)),
    ...rest,
    ...(rest.baseline === undefined ? {} : { baseline: rounded(rest.baseline) }),
    runs: runs.map(rounded),
    ...(raw === undefined
      ? {}
      : { raw: Object.fromEntries(Object.entries(raw).map(([key, values]) => [key, values.map(rounded)])) }),
  };
}
