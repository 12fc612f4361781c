import { describe, expect, test } from "vitest";
import { openCommit } from "../../src/core/audit/open-commit.ts";
import { replayChain } from "../../src/core/audit/replay-chain.ts";
import { Bench, goodScript, recordOf, recordsOf, replayFile, sealedOf } from "../support/cycle-bench.ts";
import { Tripwire } from "../support/tripwire.ts";

/** Ends the cycle of epoch 3 at the first call of this name. */
async function cutAt(bench: Bench, name: string, how: "before" | "after" = "before"): Promise<void> {
  const whole = new Bench();
  const { ports } = await whole.run(goodScript());
  whole[Symbol.dispose]();
  const at = ports.wire.calls.findIndex((call) => call.startsWith(name)) + 1;
  expect(at).toBeGreaterThan(0);
  await expect(bench.run(goodScript(), { wire: new Tripwire({ at, how }) })).rejects.toThrow("cut off");
}

const BUNDLE = "cycle-7-0-3.jsonl.zst";

describe("a cycle whose epoch is over", () => {
  test("is finished first, without a purchase and without a submission", async () => {
    using bench = new Bench();
    await cutAt(bench, "answer 2/t01");
    const bought = [...bench.ledger.bought];
    const { result, ports } = await bench.run(goodScript({ epoch: 4 }));
    const second = sealedOf(result);

    const former = await replayFile(`${bench.folder}/bundles/${BUNDLE}`);
    expect(former).toMatchObject({ result: "verified", epoch: 3 });
    expect(replayChain([former.link, (await replayFile(second.bundle)).link], openCommit)).toBe("verified");
    expect(ports.events.slice(0, 2)).toEqual(["cycle-finished-late", "sealed"]);
    expect(ports.wire.calls.filter((name) => name === "observe")).toHaveLength(2);
    expect(bench.ledger.bought.slice(0, bought.length)).toEqual(bought);
    // All six of the new epoch, none of the old one.
    expect(bench.ledger.bought).toHaveLength(bought.length + 6);
    expect(bench.ledger.sent).toHaveLength(1);
  });

  test("whose vector was never signed is withheld: the weights of its successor follow at once", async () => {
    using bench = new Bench();
    await cutAt(bench, "claim");
    await bench.run(goodScript({ epoch: 4 }));
    const { records } = await recorded(bench);
    expect(recordOf(records, "weight-vector").withhold).toEqual([]);
    expect(recordOf(records, "submission")).toMatchObject({ submission: "withheld", reason: "epoch-over" });
  });

  test("whose vector was signed is settled, and nothing is signed for it again", async () => {
    using bench = new Bench();
    await cutAt(bench, "step", "after");
    const { ports } = await bench.run(goodScript({ epoch: 4 }));
    expect(bench.ledger.settled).toEqual(["signed"]);
    expect(ports.submitted).toHaveLength(1);
    const { records } = await recorded(bench);
    expect(recordOf(records, "submission")).toMatchObject({ fault: { code: "chain-refused" }, block: null });
  });

  test("that had no roster yet asked nobody, and stays as it is", async () => {
    using bench = new Bench();
    await cutAt(bench, "append roster");
    const { result, ports } = await bench.run(goodScript({ epoch: 4 }));
    expect(recordOf(sealedOf(result).records, "seal").previousSeal).toBeNull();
    expect(ports.wire.calls.filter((name) => name === "observe")).toHaveLength(1);
  });

  test("answers that were not judged in time are left out", async () => {
    using bench = new Bench();
    await cutAt(bench, "judge");
    await bench.run(goodScript({ epoch: 4 }));
    const { records } = await recorded(bench);
    const unjudged = recordsOf(records, "judgement").filter(({ score }) => score === null);
    expect(unjudged.length).toBeGreaterThan(0);
    for (const { fault } of unjudged) expect(fault?.blame).toBe("validator");
  });

  test("that was begun with another key stays open, and the new key's cycle goes on", async () => {
    using bench = new Bench();
    await cutAt(bench, "answer 2/t01");
    const script = { ...goodScript({ epoch: 4 }), submissions: [{ kind: "dry-run" } as const] };
    const { ports } = await bench.run(script, { signer: null, settings: { mode: "dry-run" } });
    expect(ports.events[0]).toBe("cycle-left-open");
  });
});

async function recorded(bench: Bench): Promise<{ readonly records: Awaited<ReturnType<typeof readRecords>> }> {
  return { records: await readRecords(`${bench.folder}/bundles/${BUNDLE}`) };
}

async function readRecords(path: string): Promise<readonly import("../../src/core/model/records.ts").CycleRecord[]> {
  const { readBundle } = await import("../../src/adapters/journal/bundle-file.ts");
  const { isDamage, parseLine } = await import("../../src/core/audit/bundle-lines.ts");
  const read = await readBundle(path);
  if (isDamage(read)) throw new Error(read.damage);
  return read.flatMap((line, index) => {
    const parsed = parseLine(line, index + 1);
    return isDamage(parsed) ? [] : [parsed.record];
  });
}
