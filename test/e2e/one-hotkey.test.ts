import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { OnceShape } from "../../src/cli/machine-types.ts";
import type { JournalImportShape, PauseShape } from "../../src/cli/operator-types.ts";
import { toHex } from "../../src/core/determinism/digest.ts";
import { localSeed, secretOf } from "../../src/localnet/population.ts";
import { answer, errorOf, type Finished, LONG_EPOCH, quickNet, requests, touchstone, until } from "./processes.ts";

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

  test("another registered hotkey in a moved journal signs nothing where the former began, and its weights come in the next epoch", {
    timeout: 120_000,
  }, async () => {
    await using net = await quickNet();
    const seed = toHex(secretOf(localSeed(1), "miner/1"));
    const guest = net.variant("guest", { wallet: { seedFile: net.write("guest-seed", seed) } });
    const move = async (from: string, to: string, name: string): Promise<Finished> => {
      const file = join(net.dir, name);
      answer(await touchstone(["journal", "export", file, "--config", from, "--json"]));
      return touchstone(["journal", "import", file, "--config", to, "--json"]);
    };
    await net.faults([{ target: "chutes", match: "judge", kind: "half-open" }]);
    const cut = net.start("once");
    await until(
      () => net.ledger(),
      // Four miners and sixteen tasks: nothing that was paid for is lost by the cut.
      (ledger) => requests(ledger, "invoke", 200) === 64,
    );
    cut.child.kill("SIGKILL");
    await cut.finished;
    await net.faults([]);

    // Begun by the validator, taken over by a miner's hotkey, and given back.
    const away = await move(net.ready.config, guest, "away.journal");
    const hotkey = { journal: net.ready.hotkey, configured: (await net.truth())[0]?.hotkey };
    expect(answer<JournalImportShape>(away)).toMatchObject({ hotkey, warnings: [{ code: "another-hotkey" }] });
    expect(away.stderr).toContain(hotkey.journal);
    const stopped = await net.run("once", guest);
    expect([stopped.code, errorOf(stopped).code]).toEqual([64, "cycle-foreign"]);
    expect((await net.ledger()).extrinsics).toEqual([]);
    const back = await move(guest, net.ready.config, "back.journal");
    expect(answer<JournalImportShape>(back).warnings).toEqual([]);
    expect(answer<OnceShape>(await net.run("once")).submission.state).toBe("reflected");

    // The miner's hotkey has a cycle of its own next; the validator's goes on from that journal.
    await net.advance(LONG_EPOCH);
    await move(net.ready.config, guest, "again.journal");
    expect(answer<OnceShape>(await net.run("once", guest)).submission.kind).toBe("withheld");
    const house = net.variant("house");
    expect(answer<JournalImportShape>(await move(guest, house, "house.journal")).warnings).toHaveLength(1);
    await net.advance(LONG_EPOCH);
    expect(answer<OnceShape>(await net.run("once", house)).submission.state).toBe("reflected");
    const signers = (await net.ledger()).extrinsics.map(({ signer }) => signer);
    expect(signers).toEqual([net.ready.hotkey, net.ready.hotkey]);
  });
});
