import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { OnceShape } from "../../src/cli/machine-types.ts";
import type { PauseShape } from "../../src/cli/operator-types.ts";
import { answer, errorOf, LONG_EPOCH, quickNet, touchstone } from "./processes.ts";

/** One hotkey in two places, a validator that is told to pause, and one that moves. */
describe("one hotkey", () => {
  test("in two data folders: the second stops with 71, or takes the risk and says so", {
    timeout: 120_000,
  }, async () => {
    await using net = await quickNet();
    const first = answer<OnceShape>(await net.run("once"));
    expect(first.submission.state).toBe("reflected");
    const sent = (await net.ledger()).extrinsics.length;

    const second = net.variant("second");
    const stopped = await net.run("once", second);
    expect(stopped.code).toBe(71);
    expect(errorOf(stopped)).toMatchObject({ code: "foreign-update", blame: "validator" });
    expect((await net.ledger()).extrinsics).toHaveLength(sent);
    expect(errorOf(stopped).message).toContain(`were set in block ${first.submission.block}`);

    // The chain would take weights again: what the risk is about.
    await net.advance(LONG_EPOCH / 2);
    const risk = await touchstone(["once", "--config", second, "--json", "--accept-doppelganger-risk"]);
    expect(risk.code).toBe(0);
    expect(risk.stderr).toContain("doppelganger-risk-accepted");
    expect(answer<OnceShape>(risk)).toMatchObject({ epoch: first.epoch, submission: { state: "reflected" } });
    expect((await net.ledger()).extrinsics).toHaveLength(sent + 1);
  });

  test("paused sends nothing, and moved goes on elsewhere", { timeout: 120_000 }, async () => {
    await using net = await quickNet();
    const config = ["--config", net.ready.config, "--json"];
    expect(answer<PauseShape>(await touchstone(["pause", "--reason", "for-my-eyes", ...config])).paused).toBe(true);
    const paused = await net.run("once");
    expect(answer<OnceShape>(paused).submission).toMatchObject({
      kind: "withheld",
      reason: expect.stringMatching(/^paused/),
    });
    expect(paused.stdout).not.toContain("for-my-eyes");
    expect((await net.ledger()).extrinsics).toEqual([]);
    expect(answer<PauseShape>(await touchstone(["resume", ...config])).paused).toBe(false);

    await net.advance(LONG_EPOCH);
    const { seal } = answer<OnceShape>(await net.run("once"));
    const file = join(net.dir, "validator.journal");
    expect((await touchstone(["journal", "export", file, ...config])).code).toBe(0);
    const old = await net.run("once");
    expect([old.code, errorOf(old).code]).toEqual([71, "moved-away"]);

    const house = net.variant("house");
    expect((await touchstone(["journal", "import", file, "--config", house, "--json"])).code).toBe(0);
    await net.advance(LONG_EPOCH);
    const next = answer<OnceShape>(await net.run("once", house));
    expect(next.submission.state).toBe("reflected");
    expect(next.seal).not.toBe(seal);
    expect((await net.ledger()).extrinsics).toHaveLength(2);
  });
});
