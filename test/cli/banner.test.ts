import { describe, expect, test } from "vitest";
import { banner, readyFacts } from "../../src/cli/banner.ts";
import { dryRunLine, runLine } from "../../src/cli/epoch-line.ts";
import type { DryRunShape, OnceShape } from "../../src/cli/machine-types.ts";
import type { Config } from "../../src/core/model/config.ts";
import type { Observation } from "../../src/ports/chain.ts";
import { hotkeyOf, observationOf, SCORING } from "../support/scripted-world.ts";

const OWN = hotkeyOf(0);
const OBSERVATION = observationOf({ epoch: 3, miners: 2, own: OWN });
const CONFIG = {
  network: {
    name: "wss://me:hidden@node.example:443/key-in-path",
    endpoints: ["wss://me:hidden@node.example:443/key-in-path"],
    genesis: null,
  },
  netuid: 7,
  mechid: 0,
  chutes: { requestsPerMinute: 60 },
  limits: { microUsd: 5_000_000, requests: 10_000 },
  scoring: SCORING,
  data: "/var/touchstone",
} as unknown as Config;

const lines = (change: Partial<Observation> = {}, mode: "run" | "dry-run" = "run"): string =>
  banner({
    mode,
    config: CONFIG,
    hotkey: mode === "run" ? OWN : null,
    observation: { ...OBSERVATION, ...change },
  }).join("\n");

describe("before the first cycle it says", () => {
  test("who it is, what it may spend, when weights are due and what it is going to do", () => {
    const text = lines();
    for (const part of [
      "subnet 7, mechanism 0, block 1301",
      `${OWN}, uid 0, stake 5000.000, has a validator permit`,
      "judge/model (chute 1111",
      "5.00 USD and 10000 requests a cycle, 60 requests a minute",
      "the Chutes account of the configured key",
      "/var/touchstone",
      "3, the next begins at block 1400; weights are due in blocks 1370 to 1392",
      "asks every eligible miner 3 questions an epoch",
    ]) {
      expect(text).toContain(part);
    }
  });

  test("that the rate cannot serve everybody, when it cannot", () => {
    expect(lines()).not.toContain("requests a minute; what does not fit");
    const [neuron] = OBSERVATION.neurons;
    const neurons = Array.from({ length: 2000 }, (_, uid) => ({ ...neuron!, uid }));
    const { judged, verifiable } = SCORING.tasks;
    const needed = Math.ceil((2000 * (verifiable + 2 * judged + 1)) / (OBSERVATION.hyperparameters.tempo / 5));
    expect(lines({ neurons })).toContain(`2000 neurons with a chute each would need ${needed} requests a minute`);
  });

  test.each([
    [
      "that it waits for a permit",
      { neurons: OBSERVATION.neurons.map((one) => ({ ...one, permit: false })) },
      "waits for a validator permit",
    ],
    [
      "that weights are sealed under commit-reveal",
      { hyperparameters: { ...OBSERVATION.hyperparameters, commitRevealEnabled: true } },
      "commits sealed weights",
    ],
    [
      "that a commit is due from the middle of what is left of the epoch",
      { hyperparameters: { ...OBSERVATION.hyperparameters, commitRevealEnabled: true } },
      "weights are due in blocks 1350 to 1395",
    ],
  ])("%s", (_what, change, expected) => {
    expect(lines(change)).toContain(expected);
  });

  test("of a dry run, that nothing is signed or sent", () => {
    expect(lines({}, "dry-run")).toContain("nothing is signed");
    expect(lines({}, "dry-run")).toContain("sends nothing");
  });

  test("nothing of an endpoint but its host", () => {
    const facts = readyFacts({ mode: "run", config: CONFIG, hotkey: OWN, observation: OBSERVATION });
    for (const text of [lines(), JSON.stringify(facts)]) {
      expect(text).toContain("node.example");
      expect(text).not.toMatch(/hidden|key-in-path/);
    }
  });
});

describe("an epoch on one line", () => {
  const report: OnceShape = {
    netuid: 7,
    mechid: 0,
    epoch: 3,
    block: 1301,
    miners: [{ uid: 1, hotkey: "5a", score: 0.5, stderr: 0.1, answered: 3, missed: 0 }],
    weights: { uids: [1], values: [65_535] },
    submission: { kind: "withheld", state: "planned", reason: "no-permit" },
    bundle: "/b",
    seal: "0x00",
    spend: { requests: 4, tokens: 9, microUsd: 7 },
  };
  const shadow = (difference: DryRunShape["difference"], uids: readonly number[] = [1]): DryRunShape => ({
    ...report,
    chain: { uids, values: uids.map(() => 1) },
    difference,
  });

  test.each([
    ["says why weights were withheld", runLine(report), "weights withheld, planned (no-permit)"],
    [
      "says where they are",
      runLine({ ...report, submission: { kind: "direct", state: "reflected", block: 1375 } }),
      "direct, reflected in block 1375",
    ],
    ["has no row to compare with", dryRunLine(shadow([], [])), "no row on chain"],
    ["is the same as the row on chain", dryRunLine(shadow([])), "the same as the row"],
    [
      "shows the largest differences first",
      dryRunLine(shadow([1, 2, 3, 4, 5, 6].map((uid) => ({ uid, ours: uid * 10, chain: 0 })))),
      "uid 6 ours 60 chain 0, uid 5 ours 50 chain 0, uid 4 ours 40 chain 0, uid 3 ours 30 chain 0, uid 2 ours 20 chain 0, and 1 more",
    ],
  ])("%s", (_what, line, expected) => {
    expect(line).toContain("epoch 3, observed at block 1301: 1 of 1 miners scored");
    expect(line).toContain(expected);
  });
});
