import { describe, expect, test } from "vitest";
import type { OnceShape } from "../../src/cli/machine-types.ts";
import { answer, LocalnetProcess } from "./processes.ts";
import { Service } from "./service.ts";
import { FEW } from "./variants.ts";

const TEMPO = 1200;

/** What an operator finds on the last line of the log of a process that ended. */
const lastLine = (text: string): string => text.trimEnd().split("\n").at(-1) ?? "";

function localnet(): Promise<LocalnetProcess> {
  const flags = ["--miners", "4", "--tempo", String(TEMPO), "--block-ms", "250", "--commit-reveal", "off"];
  return LocalnetProcess.start(...flags);
}

/** Started, and everything bought; what is left is to wait for the window. Resolves with the epoch's end. */
async function bought(service: Service): Promise<number> {
  const { nextEpochBlock } = await service.event("ready");
  await service.event("progress", ({ stage, done, total }) => stage === "ask and judge" && done === total);
  return Number(nextEpochBlock);
}

/** To where direct weights are due. */
async function toTheWindow(here: LocalnetProcess, nextEpochBlock: number): Promise<void> {
  await here.advance(nextEpochBlock - 28 - (await here.ledger()).block);
}

describe("two runs with one hotkey", () => {
  test("in one data folder: the second stops with 68 before it asks or sends anything, the first goes on", async () => {
    await using here = await localnet();
    const config = here.variant("one", FEW);
    const first = Service.run(here, config);
    const ends = await bought(first);
    const before = await here.ledger();

    const second = await here.run("run", config);
    expect(second.code).toBe(68);
    expect(lastLine(second.stderr)).toContain("Another process is using the data folder");
    expect((await here.ledger()).chutes).toEqual(before.chutes);
    expect((await here.ledger()).extrinsics).toEqual([]);

    await toTheWindow(here, ends);
    const [document] = await first.sealed(1);
    expect(document?.submission.state).toBe("reflected");
    expect((await first.end("SIGTERM")).code).toBe(0);
    expect((await here.ledger()).extrinsics).toHaveLength(1);
  }, 60_000);

  test("in another data folder: the second stops with 71, unless the operator takes the risk", async () => {
    await using here = await localnet();
    const { submission } = answer<OnceShape>(await here.run("once", here.variant("one", FEW)));
    expect(submission.state).toBe("reflected");
    const before = await here.ledger();

    const elsewhere = here.variant("elsewhere", FEW);
    const second = await here.run("run", elsewhere);
    expect(second.code).toBe(71);
    expect(lastLine(second.stderr)).toContain(`were set in block ${submission.block}, but not by this validator`);
    expect((await here.ledger()).chutes).toEqual(before.chutes);
    expect((await here.ledger()).extrinsics).toEqual(before.extrinsics);

    const risky = new Service(["run", "--config", elsewhere, "--accept-doppelganger-risk"], here.dir);
    const warning = await risky.event("doppelganger-risk-accepted");
    expect(warning).toMatchObject({ level: "warn", lastUpdate: submission.block });
    await toTheWindow(here, await bought(risky));
    const [document] = await risky.sealed(1);
    expect(document?.submission.state).toBe("reflected");
    expect((await risky.end("SIGTERM")).code).toBe(0);
    expect((await here.ledger()).extrinsics).toHaveLength(2);
  }, 60_000);

  test("both at work: the one that comes second sees the other's weights, signs nothing and stops with 71", async () => {
    await using here = await localnet();
    const first = Service.run(here, here.variant("one", FEW));
    const second = Service.run(here, here.variant("elsewhere", FEW));
    const [ends] = await Promise.all([bought(first), bought(second)]);
    // It sleeps through the moment in which the first one's weights are set.
    const ended = second.end("SIGSTOP");
    await toTheWindow(here, ends);
    const [document] = await first.sealed(1);
    expect(document?.submission.state).toBe("reflected");
    void second.end("SIGCONT");
    const { code, stderr } = await ended;
    expect(code).toBe(71);
    expect(lastLine(stderr)).toContain(`were set in block ${document?.submission.block}, but not by this validator`);
    expect((await here.ledger()).extrinsics.map(({ hash }) => hash)).toEqual([document?.submission.extrinsic]);
    expect((await first.end("SIGTERM")).code).toBe(0);
  }, 60_000);
});
