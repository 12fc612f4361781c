import { expect, test } from "vitest";
import { kendallTauB } from "../../scripts/kendall.ts";
import type { OnceShape } from "../../src/cli/machine-types.ts";
import { answer, LocalnetProcess } from "./processes.ts";

const SEEDS = [1, 2, 3, 4, 5] as const;
const AGREEMENT = 0.6;
/** Copies have their victim's quality without having it, attackers answer the judge instead of the question. */
const UNFAIR: ReadonlySet<string> = new Set(["copy", "inject"]);

async function correlation(seed: number): Promise<number> {
  await using net = await LocalnetProcess.start("--seed", String(seed), "--tempo", "1200", "--block-ms", "100");
  const truth = new Map((await net.truth()).map((miner) => [miner.uid, miner]));
  const { miners } = answer<OnceShape>(await net.run("once"));
  const fair = miners.filter(({ uid, score }) => score !== null && !UNFAIR.has(truth.get(uid)?.kind ?? ""));
  expect(fair.length).toBeGreaterThanOrEqual(8);
  const tau = kendallTauB(
    fair.map(({ score }) => score ?? 0),
    fair.map(({ uid }) => truth.get(uid)?.quality ?? 0),
  );
  return tau ?? Number.NaN;
}

/** Issue "What must be shown" 1. */
test("one cycle's scores follow the miners' latent quality, over five seeds", async () => {
  const taus = await Promise.all(SEEDS.map(correlation));
  const mean = taus.reduce((sum, tau) => sum + tau, 0) / taus.length;
  expect(mean, `Kendall τ-b by seed: ${taus.map((tau) => tau.toFixed(2)).join(", ")}`).toBeGreaterThanOrEqual(
    AGREEMENT,
  );
}, 120_000);
