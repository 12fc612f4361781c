import { type Bound, criticalPath, type Pace } from "./bound.ts";
import type { CycleReport } from "./cycle-child.ts";
import { type Figure, type FigureResult, resultOf } from "./figure.ts";
import { launch, linesOf, localnet, MAIN, type Net, node, scriptPath } from "./processes.ts";

/** So fast that neither rate nor concurrency hides what we cost ourselves. */
const PACE: Pace = { concurrency: 64, requestsPerMinute: 60_000 };
const SEED = 1;
const KINDS = { verifiable: 15, judged: 5 } as const;

interface Measured {
  readonly report: CycleReport;
  readonly bound: Bound;
  /** From the first question to the last judgement on disk. */
  readonly askMs: number;
  /** `replay` of its bundle, less the start of a replay of nothing. */
  readonly replayMs: number;
}

export const cycleFigure: Figure = {
  name: "cycle-256x20",
  lead: "one cycle of 256 miners × 20 tasks: wall ÷ critical path, peak memory, replay",
  always: true,
  measure: async (runs) => {
    const measured: Measured[] = [];
    // A cycle takes half a minute: its own length evens out what a short measurement has to repeat.
    for (let run = 0; run < Math.ceil(runs / 3); run += 1) measured.push(await cycle(256, KINDS));
    return [...wallOf("cycle-256x20", measured), ...memoryOf(measured), replayOf(measured)];
  },
};

export const largeCycleFigure: Figure = {
  name: "cycle-2500x20",
  lead: "the same with 2,500 miners (five minutes)",
  always: false,
  measure: async () => {
    const measured = [await cycle(2_500, KINDS)];
    return wallOf("cycle-2500x20", measured);
  },
};

export const growthFigure: Figure = {
  name: "growth",
  lead: "growth from 64 to 1,024 miners × 5 tasks: CPU per query and memory",
  always: true,
  measure: async () => {
    const tasks = { verifiable: 4, judged: 1 };
    const small = await cycle(64, tasks);
    const large = await cycle(1_024, tasks);
    const each = ({ report, bound }: Measured): number => (report.cpuMs * 1_000) / bound.queries;
    const peak = ({ report }: Measured): number => report.peakMb;
    return [
      resultOf("growth-cpu-per-query", [each(large) / each(small)], {
        unit: "×, 1,024 miners ÷ 64",
        budget: null,
        baseline: each(small),
        raw: { "µs CPU a query, 64 miners": [each(small)], "µs CPU a query, 1,024 miners": [each(large)] },
      }),
      resultOf("growth-memory", [(peak(large) - peak(small)) / 960], {
        unit: "MB a miner",
        budget: null,
        baseline: peak(small),
        raw: { "MB peak, 64 miners": [peak(small)], "MB peak, 1,024 miners": [peak(large)] },
      }),
      resultOf("growth-replay", [large.replayMs / small.replayMs / 16], {
        unit: "×, per miner, 1,024 ÷ 64",
        budget: null,
        baseline: small.replayMs,
        raw: { "ms, 64 miners": [small.replayMs], "ms, 1,024 miners": [large.replayMs] },
      }),
    ];
  },
};

async function cycle(
  miners: number,
  tasks: { readonly verifiable: number; readonly judged: number },
): Promise<Measured> {
  await using net = await localnet("--seed", String(SEED), "--miners", String(miners), "--tempo", "4000");
  const config = net.config("bench", {
    chutes: PACE,
    tasks,
    limits: { requests: 1_000_000, microUsd: 1_000_000_000 },
  });
  const child = launch(["--expose-gc", scriptPath("cycle-child.ts"), config]);
  const { value } = await linesOf(child).next();
  if (value === undefined) throw new Error(`the cycle of ${miners} miners ended without a word`);
  const report = JSON.parse(value) as CycleReport;
  const stage = report.stages["ask and judge"];
  const discover = report.stages["discover"];
  if (stage === undefined || discover === undefined) throw new Error("the cycle asked nobody");
  // The stage begins when the roster is on disk, soon after the last look-up; the first answer is only its first sign.
  const askMs = stage.to - discover.to;
  const bound = await criticalPath(report.bundle, SEED, miners, PACE);
  return { report, bound, askMs, replayMs: await replayMs(net, report.bundle) };
}

/** Medians of three each, in turn, so that both meet the same machine. */
async function replayMs(net: Net, bundle: string): Promise<number> {
  const differences: number[] = [];
  for (let run = 0; run < 3; run += 1) {
    const empty = await node([MAIN, "replay", net.ready.config, "--json"]);
    const full = await node([MAIN, "replay", bundle, "--json"]);
    if (full.code !== 0) throw new Error(`the bundle does not replay: ${full.last}`);
    differences.push(full.wallMs - empty.wallMs);
  }
  return differences.toSorted((a, b) => a - b)[1] ?? Number.NaN;
}

function wallOf(name: string, measured: readonly Measured[]): readonly FigureResult[] {
  const cpu = measured.map(({ report, bound }) => (report.cpuMs * 1_000) / bound.queries);
  return [
    resultOf(
      `${name}-wall`,
      measured.map(({ askMs, bound }) => askMs / bound.ms),
      {
        unit: "× critical path",
        budget: 1.05,
        baseline: measured[0]?.bound.ms ?? Number.NaN,
        raw: {
          "ms, asking and judging": measured.map(({ askMs }) => askMs),
          "ms, critical path": measured.map(({ bound }) => bound.ms),
          "ms, longest chain": measured.map(({ bound }) => bound.longest),
          "ms, models ÷ places": measured.map(({ bound }) => bound.slots),
          "ms, requests ÷ rate": measured.map(({ bound }) => bound.rate),
          "ms, whole cycle": measured.map(({ report }) => report.wallMs),
          "µs CPU a query": cpu,
        },
      },
    ),
  ];
}

function memoryOf(measured: readonly Measured[]): readonly FigureResult[] {
  const peaks = measured.map(({ report }) => report.peakMb);
  return [
    resultOf("cycle-256x20-peak-rss", peaks, {
      unit: "MB",
      budget: 300,
      raw: {
        "MB after a full collection": measured.map(({ report }) => report.rssMb),
        "MB of heap in use": measured.map(({ report }) => report.heapMb),
      },
    }),
  ];
}

function replayOf(measured: readonly Measured[]): FigureResult {
  return resultOf(
    "replay-256x20",
    measured.map(({ replayMs: ms }) => ms / 1_000),
    { unit: "s after start", budget: 0.5 },
  );
}
