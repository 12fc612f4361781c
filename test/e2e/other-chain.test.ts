import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OnceShape } from "../../src/cli/machine-types.ts";
import { answer, errorOf, LONG_EPOCH, type LocalnetProcess, quickNet, requests, start, until } from "./processes.ts";

/** What a validator bought, claimed and learnt belongs to one chain; on another one it stops before it buys anything. */
describe("the data folder of another chain", () => {
  let former: LocalnetProcess;
  let data: string;
  beforeAll(async () => {
    former = await quickNet();
    await former.advance(LONG_EPOCH);
    answer<OnceShape>(await former.run("once"));
    data = join(former.dir, "data");
  }, 60_000);
  afterAll(() => former[Symbol.asyncDispose]());

  test("another genesis: exit 64 and nothing is bought", async () => {
    await using other = await quickNet("--seed", "2");
    const ended = await other.run("once", other.variant("moved", { data }));
    expect(ended.code).toBe(64);
    expect(errorOf(ended)).toMatchObject({ code: "data-of-another-chain", blame: "validator" });
    expect(errorOf(ended).message).toContain(former.ready.genesis);
    expect(errorOf(ended).message).toContain(other.ready.genesis);
    expect(requests(await other.ledger(), "invoke")).toBe(0);
  }, 30_000);

  test("the same genesis begun anew, behind the epoch that is recorded: exit 64 and nothing is bought", async () => {
    await using anew = await quickNet();
    expect(anew.ready.genesis).toBe(former.ready.genesis);
    const ended = await anew.run("once", anew.variant("moved", { data }));
    expect(ended.code).toBe(64);
    expect(errorOf(ended)).toMatchObject({ code: "chain-behind-its-past", blame: "validator" });
    expect(errorOf(ended).message).toMatch(/epoch 1 of subnet 2.*epoch 2/);
    const ledger = await anew.ledger();
    expect([requests(ledger, "invoke"), ledger.extrinsics]).toEqual([0, []]);
  }, 30_000);

  test("a localnet started again on its folder moves it aside and says so", async () => {
    const running = start(["localnet", "--dir", former.dir, "--json", "--miners", "4", "--tempo", "60"]);
    try {
      let stderr = "";
      running.child.stderr?.on("data", (chunk: Buffer) => {
        stderr += chunk.toString();
      });
      await until(
        async () => stderr,
        (text) => text.includes("\n"),
      );
      expect(stderr).toContain(`${data}.old-1`);
      expect(existsSync(data)).toBe(false);
      expect(readdirSync(join(`${data}.old-1`, "bundles"))).toHaveLength(1);
    } finally {
      running.child.kill("SIGTERM");
      await running.finished;
    }
  }, 30_000);
});
