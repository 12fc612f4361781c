import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DryRunShape } from "../../src/cli/machine-types.ts";
import { SHAPES } from "../../src/cli/shapes.ts";
import type { WhatifShape } from "../../src/cli/whatif-shape.ts";
import {
  answer,
  authorCalls,
  errorOf,
  type Finished,
  type LocalnetProcess,
  quickNet,
  touchstone,
} from "./processes.ts";

describe("what if", () => {
  let net: LocalnetProcess;
  let config: string;
  let dry: DryRunShape;
  const whatif = (...args: readonly string[]): Promise<Finished> =>
    touchstone(["whatif", "--config", config, "--dry-run", "--json", ...args]);

  beforeAll(async () => {
    net = await quickNet();
    config = net.variant("bare", { wallet: undefined });
    dry = answer(await net.run("dry-run", config));
  }, 90_000);
  afterAll(() => net[Symbol.asyncDispose]());

  test("another temperature over the newest scores, beside the recorded vector", async () => {
    const found = answer<WhatifShape>(await whatif("--policy", "softmax", "--temperature", "0.05"));
    expect(SHAPES["whatif"]?.safeParse(found).error).toBeUndefined();
    expect(found).toMatchObject({ mode: "yuma", uid: 0, cycle: { epoch: dry.epoch, block: dry.block } });
    const [recorded, proposed] = found.vectors;
    expect(recorded).toMatchObject({ name: "recorded", weights: dry.weights });
    expect(proposed).toMatchObject({ name: "proposed", policy: { id: "softmax", temperature: 0.05 } });
    const spread = (values: readonly number[] = []): number => values.filter((value) => value > 30_000).length;
    expect(spread(proposed?.weights.values)).toBeLessThanOrEqual(spread(recorded?.weights.values));
    // Alone on the chain, without a row yet: its row becomes the incentives.
    expect(proposed?.preview).toMatchObject({ kind: "yuma", refused: null, trust: { before: 0 } });
    const after = proposed?.preview.miners.reduce((sum, miner) => sum + miner.incentive.after, 0);
    expect(after).toBeGreaterThan(65_500);
    expect(authorCalls(await net.ledger())).toBe(0);
  });

  test("the scores of a bundle", async () => {
    const bundled = answer<WhatifShape>(await whatif(dry.bundle, "--temperature", "2"));
    expect(bundled.vectors[0]?.weights).toEqual(dry.weights);
    expect(bundled.vectors[1]?.policy).toEqual({ id: "softmax", temperature: 2 });
  });

  test("a vector out of a file, without any scores", async () => {
    const bare = net.variant("empty", { wallet: undefined });
    const file = net.write("vector.json", JSON.stringify({ uids: [1, 2], values: [65_535, 65_535] }));
    const finished = await touchstone(["whatif", "--config", bare, "--weights", file, "--json"]);
    const found = answer<WhatifShape>(finished);
    expect(found.cycle).toBeNull();
    expect(found.vectors).toMatchObject([{ name: "proposed", policy: null, withhold: [] }]);
    const preview = found.vectors[0]?.preview;
    expect(preview?.miners.map((miner) => miner.incentive.after)).toEqual([0, 32_767, 32_767, 0, 0]);
  });

  test("for people: a line a miner, and what is clipped", async () => {
    const { code, stdout } = await touchstone(["whatif", "--config", config, "--dry-run", "--temperature", "0.1"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^subnet \d+, mechanism 0 at finalized block \d+: the epoch of block \d+ under Yuma, as uid 0/,
    );
    expect(stdout).toMatch(/proposed, softmax at temperature 0\.1: \d+ weights/);
    expect(stdout).toMatch(/uid \d+: incentive 0\.00 % → \d+\.\d\d %; own weight \d+\.\d\d %, consensus/);
  });

  test.for([
    [["--policy", "winner"], "usage", /softmax/],
    [["--temperature", "0"], "usage", /./],
    [["--weights", "nowhere.json"], "vector-unusable", /uids/],
    [["--weights", "nowhere.json", "--policy", "softmax"], "usage", /either/],
    [["no-such-bundle"], "bundle-missing", /bundle/],
  ] as const)("refuses %j with exit 64 and says what there is", async ([args, code, remedy]) => {
    const finished = await whatif(...args);
    expect(finished.code).toBe(64);
    expect(errorOf(finished).code).toBe(code);
    expect(errorOf(finished).remedy).toMatch(remedy);
  });

  test("without scores and without a vector it says how to get them", async () => {
    const bare = net.variant("nothing", { wallet: undefined });
    const finished = await touchstone(["whatif", "--config", bare, "--json"]);
    expect(finished.code).toBe(64);
    expect(errorOf(finished).code).toBe("no-sealed-cycle");
  });

  test("in the place of a hotkey that has no seat it ends with 66", async () => {
    const finished = await whatif("--as", "5F3sa2TJAWMqDhXG6jhV4N8ko9SxwGy8TpaNS1repo5EYjQX");
    expect(finished.code).toBe(66);
    expect(errorOf(finished).code).toBe("not-registered");
  });

  test("in the place of a miner it says that the chain would refuse", async () => {
    const hotkey = dry.miners.find(({ uid }) => uid === 1)?.hotkey ?? "";
    const found = answer<WhatifShape>(await whatif("--as", hotkey));
    expect(found.vectors.map(({ preview }) => preview.refused)).toEqual(["no-permit", "no-permit"]);
  });
});
