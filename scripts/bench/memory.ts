import type { CycleReport } from "./cycle-child.ts";
import { type Figure, resultOf } from "./figure.ts";
import { launch, linesOf, localnet, scriptPath } from "./processes.ts";

const CYCLES = 400;
/** The ones before warm caches and compilers: the heap grows by 3 MB in them, ever more slowly. */
const SETTLED_FROM = 300;

export const memoryFigure: Figure = {
  name: "memory-slope",
  lead: `memory over the last ${CYCLES - SETTLED_FROM} of ${CYCLES} small cycles in one process, carried on to 1,000`,
  always: true,
  measure: async () => {
    // Epochs of 0.4 s: no round of the beacon fits into them, so that nothing could be sealed.
    const pace = ["--tempo", "40", "--block-ms", "10", "--finality-lag", "1", "--commit-reveal", "off"];
    await using net = await localnet("--miners", "4", ...pace);
    const config = net.config("memory", { tasks: { verifiable: 2, judged: 1 }, chutes: { requestsPerMinute: 60_000 } });
    const child = launch(["--expose-gc", scriptPath("cycle-child.ts"), config, String(CYCLES)]);
    const reports: CycleReport[] = [];
    const lines = linesOf(child);
    for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
      reports.push(JSON.parse(next.value) as CycleReport);
    }
    if (reports.length < CYCLES) throw new Error(`only ${reports.length} of ${CYCLES} cycles came to their end`);
    const settled = reports.slice(SETTLED_FROM);
    const rss = settled.map((one) => one.rssMb);
    const heap = settled.map((one) => one.heapMb);
    return [
      resultOf("memory-slope-rss", [slope(rss) * 1_000], {
        unit: "MB in 1,000 cycles",
        budget: 1,
        baseline: rss[0] ?? Number.NaN,
        raw: { [`MB after a full collection, from cycle ${SETTLED_FROM + 1} on`]: rss },
      }),
      resultOf("memory-slope-heap", [slope(heap) * 1_000], {
        unit: "MB in 1,000 cycles",
        budget: 1,
        baseline: heap[0] ?? Number.NaN,
        raw: { [`MB of heap in use after a full collection, from cycle ${SETTLED_FROM + 1} on`]: heap },
      }),
    ];
  },
};

/** The median of the slopes of all pairs (Theil and Sen): one jump of the allocator does not tilt it. */
function slope(values: readonly number[]): number {
  const slopes = values.flatMap((from, start) => values.slice(start + 1).map((to, index) => (to - from) / (index + 1)));
  const sorted = slopes.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
