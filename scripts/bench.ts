import { cycleFigure, growthFigure, largeCycleFigure } from "./bench/cycle.ts";
import type { Figure, FigureResult } from "./bench/figure.ts";
import { memoryFigure } from "./bench/memory.ts";
import { queryFigure } from "./bench/query.ts";
import { signatureFigure } from "./bench/signature.ts";
import { snapshotFigure } from "./bench/snapshot.ts";
import { startFigure } from "./bench/start.ts";
import { timelockFigure } from "./bench/timelock.ts";

/**
 * `npm run bench [-- --json] [--only NAME] [--runs N]`: the figures of DESIGN §8. Baselines are measured in the same run, the
 * two sides in turn; quote medians and ratios, a machine that others use too repeats nothing else.
 */
const FIGURES: readonly Figure[] = [
  signatureFigure,
  timelockFigure,
  startFigure,
  queryFigure,
  snapshotFigure,
  cycleFigure,
  largeCycleFigure,
  growthFigure,
  memoryFigure,
];

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at === -1 ? undefined : process.argv[at + 1];
}

const json = process.argv.includes("--json");
const only = option("--only");
const runs = Number(option("--runs") ?? "5");

function say(text: string): void {
  (json ? process.stderr : process.stdout).write(`${text}\n`);
}

function show(result: FigureResult): void {
  const { baseline, budget, name, note, raw, runs: values, unit, value } = result;
  const verdict = budget === null ? "" : value <= budget ? "  within" : "  OVER";
  say(
    `  ${name.padEnd(26)} ${String(value).padStart(9)} ${unit}${budget === null ? "" : `, budget ${budget}`}${verdict}`,
  );
  if (values.length > 1) say(`    runs: ${values.join(", ")}`);
  if (baseline !== undefined && raw === undefined) say(`    baseline: ${baseline}`);
  for (const [what, each] of Object.entries(raw ?? {})) say(`    ${what}: ${each.slice(0, 12).join(", ")}`);
  if (note !== undefined) say(`    ${note}`);
}

const chosen = FIGURES.filter(({ always, name }) => (only === undefined ? always : only.startsWith(name)));
if (chosen.length === 0 || !Number.isInteger(runs) || runs < 1) {
  say(`--only takes one of: ${FIGURES.map(({ name }) => name).join(", ")}; --runs a whole number from 1 on.`);
  process.exitCode = 64;
}
for (const figure of chosen) {
  say(`${figure.name}: ${figure.lead}`);
  const results = await figure.measure(runs);
  for (const result of results) {
    show(result);
    if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
  }
}
