import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Figure, resultOf } from "./figure.ts";
import { launch, linesOf, localnet, MAIN, node, scriptPath, temporaryFolder } from "./processes.ts";

export const startFigure: Figure = {
  name: "start",
  lead: "start until ready on the localnet, until --help has spoken, until replay begins",
  always: true,
  measure: async (runs) => {
    await using net = await localnet("--miners", "16", "--tempo", "600");
    using folder = temporaryFolder();
    const empty = join(folder.path, "empty.jsonl.zst");
    writeFileSync(empty, "no bundle");
    const times: { ready: number; help: number; replay: number; bare: number }[] = [];
    for (let run = 0; run <= runs; run += 1) {
      const one = {
        bare: (await node(["-e", ""])).wallMs / 1_000,
        help: (await node([MAIN, "--help"])).wallMs / 1_000,
        replay: (await node([MAIN, "replay", empty, "--json"])).wallMs / 1_000,
        ready: await untilReady(net.config(`start-${run}`, {})),
      };
      // The first run of all reads files that no one has read yet.
      if (run > 0) times.push(one);
    }
    const bare = times.map((one) => one.bare);
    const baseline = bare.toSorted((a, b) => a - b)[Math.floor(bare.length / 2)] ?? Number.NaN;
    const rest = { unit: "s", baseline, raw: { "s, bare Node": bare } };
    return [
      resultOf(
        "start-ready",
        times.map((one) => one.ready),
        { ...rest, budget: 0.9 },
      ),
      resultOf(
        "start-help",
        times.map((one) => one.help),
        { ...rest, budget: 0.15 },
      ),
      resultOf(
        "start-replay",
        times.map((one) => one.replay),
        { ...rest, budget: 0.15 },
      ),
    ];
  },
};

async function untilReady(config: string): Promise<number> {
  const began = performance.now();
  const child = launch([scriptPath("ready-child.ts"), config]);
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  const { value } = await linesOf(child).next();
  const seconds = (performance.now() - began) / 1_000;
  await ended;
  if (value === undefined) throw new Error("the validator ended before it was ready");
  return seconds;
}
