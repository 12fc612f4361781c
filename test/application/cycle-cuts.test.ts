import { describe, expect, test } from "vitest";
import { openCommit } from "../../src/core/audit/open-commit.ts";
import { replayChain } from "../../src/core/audit/replay-chain.ts";
import type { RevealSight } from "../../src/ports/chain.ts";
import { Bench, goodScript, recordOf, replayFile, SIGNER, sealedOf } from "../support/cycle-bench.ts";
import { scriptedPorts } from "../support/scripted-ports.ts";
import { observationOf } from "../support/scripted-world.ts";
import { commitOf, pulseOf, ROUND } from "../support/sealed-weights.ts";
import { Cut, type Trip, Tripwire } from "../support/tripwire.ts";

/** What the chain shows of a commit that holds other weights than those on record. */
const LOST: RevealSight = {
  block: { hash: `0x${"b2".repeat(32)}`, number: 1405 },
  epochIndex: 4,
  queued: false,
  pulse: pulseOf(),
  lastStoredRound: ROUND,
  row: { uids: [], values: [] },
  uid: 0,
  permit: true,
  owner: false,
  stakeRao: "0",
  neurons: 3,
  mode: "yuma",
  limits: { minAllowedWeights: 1, weightsVersionKey: "0", stakeThresholdRao: "0", mechanismCount: 1 },
};

const SCRIPT = goodScript();
/** After a restart the submitter may be asked once more; what was sent is what counts. */
const RESTARTED = { ...SCRIPT, submissions: ["reflected", "reflected"] as const };

/** How many port calls an undisturbed cycle makes. */
async function callsOf(): Promise<readonly string[]> {
  using bench = new Bench();
  const { ports } = await bench.run(SCRIPT);
  return ports.wire.calls;
}

const CALLS = await callsOf();

function repeated(items: readonly string[]): readonly string[] {
  return items.filter((item, index) => items.indexOf(item) !== index);
}

/** A process that ends at one call, and one after it that goes on. */
async function cutAndRestart(trip: Trip): Promise<void> {
  using bench = new Bench();
  const wire = new Tripwire(trip);
  const outcome = await bench.run(SCRIPT, { wire }).catch((error: unknown) => error);
  if (trip.how !== "abort") expect(outcome).toBeInstanceOf(Cut);
  else if (outcome instanceof Error) expect(outcome).toBe(wire.abort.signal.reason);

  const { result } = await bench.run(RESTARTED);
  expect(repeated(bench.ledger.bought)).toEqual([]);
  expect(repeated(bench.ledger.judged)).toEqual([]);
  expect(bench.ledger.sent).toHaveLength(1);

  const bundle = result.kind === "recorded" ? result.cycle.bundle : sealedOf(result).bundle;
  expect(await replayFile(bundle)).toMatchObject({ result: "verified", signature: "verified" });
}

/** Where the end after a call is another one than the end before the next: what was done outside is done. */
const OUTSIDE = /^(chute|answer|judge|submit|sign|seal|claim)/;

describe("a process that ends at any call leaves a cycle that another finishes, buying and sending nothing twice", () => {
  test("the calls are those of a whole cycle", () => {
    expect(CALLS.length).toBeGreaterThan(50);
    expect(new Set(CALLS.map((name) => name.split(" ")[0]))).toEqual(
      new Set(
        ["observe", "open", "append", "chute", "keep", "finalized", "announce", "answer", "judge"].concat([
          "claim",
          "submit",
          "step",
          "sign",
          "seal",
        ]),
      ),
    );
  });

  test.each(["before", "after", "abort"] as const)(
    "%s a call, each in turn",
    async (how) => {
      for (let at = 1; at <= CALLS.length; at += 1) {
        if (how === "after" && !OUTSIDE.test(CALLS[at - 1] ?? "")) continue;
        await cutAndRestart({ at, how }).catch((error: unknown) => {
          throw new Error(`cut ${how} call ${at}, ${CALLS[at - 1]}`, { cause: error });
        });
      }
    },
    120_000,
  );

  test("even when every process is cut off a little later than the one before", async () => {
    using bench = new Bench();
    for (let at = 5; ; at += 7) {
      const wire = new Tripwire({ at, how: at % 2 === 0 ? "before" : "after" });
      const outcome = await bench.run(RESTARTED, { wire }).catch((error: unknown) => error);
      if (!(outcome instanceof Cut)) break;
    }
    const { result } = await bench.run(RESTARTED);
    if (result.kind !== "recorded") throw new Error("the cycle was sealed before");
    expect(await replayFile(result.cycle.bundle)).toMatchObject({ result: "verified" });
    expect(repeated(bench.ledger.bought)).toEqual([]);
    expect(bench.ledger.sent.length).toBeLessThanOrEqual(1);
  });
});

describe("a process that ends at any call of a sealed cycle after a sealed one", () => {
  const hotkey = SIGNER.hotkey;
  const first = { ...goodScript(), commit: commitOf({ hotkey, uids: [1], values: [65_535] }) };
  const second = {
    ...goodScript({ epoch: 4 }),
    commit: commitOf({ hotkey, uids: [2], values: [65_535] }, { epoch: 4 }),
    submissions: ["reflected", "reflected"] as const,
    reveal: () => LOST,
  };

  test.each(["before", "after"] as const)(
    "%s a call leaves one commit, one settlement, and a chain that replay verifies",
    async (how) => {
      using whole = new Bench();
      await whole.run(first);
      const { ports } = await whole.run(second);
      // The commit is looked at while the roster is made: from there on.
      const from = ports.wire.calls.indexOf("reveal") + 1;
      expect(from).toBeGreaterThan(0);
      for (let at = from; at <= ports.wire.calls.length; at += 1) {
        using bench = new Bench();
        const former = sealedOf((await bench.run(first)).result);
        const outcome = await bench.run(second, { wire: new Tripwire({ at, how }) }).catch((error: unknown) => error);
        expect(outcome, ports.wire.calls[at - 1]).toBeInstanceOf(Cut);
        const { result } = await bench.run(second);
        const bundle = result.kind === "recorded" ? result.cycle.bundle : sealedOf(result).bundle;
        const verdicts = [await replayFile(former.bundle), await replayFile(bundle)];
        expect(verdicts.map((verdict) => verdict.result)).toEqual(["verified", "verified"]);
        const [, link] = verdicts.map((verdict) => verdict.link);
        expect(link?.settlement).toMatchObject({ epoch: 3, state: "lost", reveal: { cause: "content-differs" } });
        expect(
          replayChain(
            verdicts.map((verdict) => verdict.link),
            openCommit,
          ),
        ).toBe("verified");
        expect(bench.ledger.sent).toHaveLength(2);
      }
    },
    120_000,
  );
});

describe("what an ended process may have paid for", () => {
  test("is not bought again and is nobody's fault but ours", async () => {
    using bench = new Bench();
    const at = CALLS.indexOf("answer 1/t00") + 1;
    await bench.run(SCRIPT, { wire: new Tripwire({ at, how: "after" }) }).catch(() => undefined);
    const { result } = await bench.run(RESTARTED);
    const { records } = sealedOf(result);
    const lost = records.find((record) => record.kind === "response" && record.uid === 1 && record.taskId === "t00");
    expect(lost).toMatchObject({ outcome: { answered: false, fault: { code: "fate-unknown", blame: "validator" } } });
    expect(recordOf(records, "score-sheet").miners.find(({ uid }) => uid === 1)).toMatchObject({ minerFaults: 0 });
  });

  test("counts towards the limits of the cycle after a restart", async () => {
    using bench = new Bench();
    const at = CALLS.indexOf("append score-sheet") + 1;
    await bench.run(SCRIPT, { wire: new Tripwire({ at, how: "before" }) }).catch(() => undefined);
    const spent = await bench.inside(async (journal) => {
      const script = { observation: observationOf({ epoch: 3, miners: 2, own: SIGNER.hotkey }) };
      const { ledger } = bench;
      const ports = scriptedPorts({ script, journal, signer: null, ledger, secret: new Uint8Array(32) });
      const log = await ports.journal.open({ netuid: 7, mechid: 0, epoch: 3 }, () => `0x${"00".repeat(32)}`);
      return log.kept("spend");
    });
    expect(spent).toMatchObject({ requests: 8 });
  });
});
