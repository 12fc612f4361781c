import { type Figure, type FigureResult, median, resultOf } from "./figure.ts";
import { launch, linesOf, report, scriptPath } from "./processes.ts";
import type { SnapshotRound } from "./snapshot-child.ts";

export const snapshotFigure: Figure = {
  name: "snapshot",
  lead: "a snapshot of 256 and of 2,500 uids: round trips, CPU beyond those of the same bytes",
  always: true,
  measure: async (runs) => [...(await snapshots(256, 10, runs)), ...(await snapshots(2_500, 60, runs))],
};

async function snapshots(uids: number, budget: number, runs: number): Promise<readonly FigureResult[]> {
  const child = launch([scriptPath("snapshot-node-child.ts"), String(uids)]);
  const lines = linesOf(child);
  const line = async (): Promise<string> => String((await lines.next()).value);
  const { gate, genesis, node } = JSON.parse(await line()) as Record<"gate" | "genesis" | "node", string>;
  const waves = async (): Promise<number> => {
    child.stdin?.write("\n");
    return (JSON.parse(await line()) as { readonly waves: number }).waves;
  };
  try {
    const rounds = await report<SnapshotRound[]>("snapshot-child.ts", node, genesis, String(runs));
    // Connecting and three observations, against connecting and seven: the difference is that of four.
    await report("snapshot-child.ts", gate, genesis, "0");
    const few = await waves();
    await report("snapshot-child.ts", gate, genesis, "4");
    const many = (await waves()) - few;
    // Each observation is followed by the baseline, which is one wave.
    return [
      resultOf(`snapshot-${uids}-round-trips`, [Math.round((many - few) / 4) - 1], {
        unit: "dependent round trips",
        budget: 2,
      }),
      resultOf(
        `snapshot-${uids}-cpu`,
        rounds.map((round) => round.cpuMs - round.rawCpuMs),
        {
          unit: "ms beyond the round trip",
          budget,
          baseline: median(rounds.map((round) => round.rawCpuMs)),
          note: "elsewhere, for 256 uids: Python SDK 11.3 takes 4 ms, with commitments 10.7 ms",
          raw: {
            "ms CPU, snapshot": rounds.map((round) => round.cpuMs),
            "ms CPU, the same bytes": rounds.map((round) => round.rawCpuMs),
            "ms wall, snapshot": rounds.map((round) => round.wallMs),
            "ms wall, the same bytes": rounds.map((round) => round.rawWallMs),
            requests: rounds.map((round) => round.requests),
          },
        },
      ),
    ];
  } finally {
    child.stdin?.end();
  }
}
