import { describe, expect, test } from "vitest";
import type { EpochShape, ExplainErrorShape } from "../../src/cli/machine-types.ts";
import { SHAPES } from "../../src/cli/shapes.ts";
import { answer, authorCalls, errorOf, LONG_EPOCH, quickNet, touchstone } from "./processes.ts";

describe("epoch", () => {
  test("tells schedule, window and mode with neither wallet nor key, and sends nothing", async () => {
    await using net = await quickNet("--commit-reveal", "off");
    const config = net.variant("bare", { wallet: undefined, chutes: undefined });
    const before = answer<EpochShape>(await net.run("epoch", config));
    expect(SHAPES["epoch"]?.safeParse(before).error).toBeUndefined();
    expect(before).toMatchObject({ tempo: LONG_EPOCH, mode: "yuma", commitReveal: false });
    expect(before.window).toEqual({ from: before.nextEpochBlock - 30, to: before.nextEpochBlock - 8 });
    expect(before.nextEpochBlock).toBeGreaterThan(before.block);

    await net.advance(LONG_EPOCH);
    const after = answer<EpochShape>(await net.run("epoch", config));
    expect(after.epochIndex).toBe(before.epochIndex + 1);
    expect(after.nextEpochBlock).toBe(before.nextEpochBlock + LONG_EPOCH);
    expect(authorCalls(await net.ledger())).toBe(0);
  });

  test("is told to people, too, with commit-reveal when the subnet has it", async () => {
    await using net = await quickNet("--commit-reveal", "on");
    const { code, stdout } = await touchstone(["epoch", "--config", net.ready.config]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^epoch \d+ at finalized block \d+: tempo 3000, the next begins with block \d+/);
    expect(stdout).toMatch(/commit-reveal is on/);
    expect(stdout).toMatch(/^a commit made now is opened with drand round \d+$/m);
    const shape = answer<EpochShape>(await net.run("epoch"));
    expect(SHAPES["epoch"]?.safeParse(shape).error).toBeUndefined();
    expect(shape.commitReveal).toBe(true);
    // From the middle of the epoch; the beacon's rounds are those of today.
    expect(shape.window.from).toBe(shape.nextEpochBlock - LONG_EPOCH / 2);
    expect(shape.revealRound).toBeGreaterThan(20_000_000);
  });

  test("ends with a sentence when there is no chain", async () => {
    await using net = await quickNet();
    const config = net.variant("nowhere", { network: "ws://127.0.0.1:9" });
    const finished = await net.run("epoch", config);
    expect(finished.code).toBe(70);
    expect(errorOf(finished)).toMatchObject({ code: "chain-unreachable", blame: "chain" });
  });
});

test.for([
  [["-32005"], "-32005 PolicyLimit"],
  [["Custom", "error:", "6"], "custom error 6 RateLimitExceeded"],
  [["exit", "66"], "exit 66 unregistered"],
] as const)("explain-error takes %j as it stands in a log", async ([words, name]) => {
  const { errors } = answer<ExplainErrorShape>(await touchstone(["explain-error", ...words, "--json"]));
  expect(errors.map((error) => error.name)).toEqual([name]);
});

test("explain-error refuses what it does not know with exit 64", async () => {
  const finished = await touchstone(["explain-error", "NoSuchError", "--json"]);
  expect(finished.code).toBe(64);
  expect(errorOf(finished).code).toBe("error-unknown");
});
