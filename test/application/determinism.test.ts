import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CycleRecord } from "../../src/core/model/records.ts";
import { Bench, goodScript, sealedOf } from "../support/cycle-bench.ts";

const CHILD = join(import.meta.dirname, "../support/cycle-digests-child.ts");

async function digestsIn(env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const run = promisify(execFile)(process.execPath, [CHILD], { env: { PATH: process.env["PATH"] ?? "", ...env } });
  return JSON.parse((await run).stdout) as string[];
}

async function recordsWith(
  script: ReturnType<typeof goodScript>,
  concurrency: number,
): Promise<readonly CycleRecord[]> {
  using bench = new Bench();
  const { result } = await bench.run(script, { settings: { concurrency } });
  return sealedOf(result).records.slice(0, -1);
}

describe("the records of a cycle", () => {
  test("do not depend on time zone, language or locale of the machine", async () => {
    const [first, ...others] = await Promise.all([
      digestsIn({ TZ: "UTC", LANG: "C", LC_ALL: "C" }),
      digestsIn({ TZ: "Pacific/Chatham", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" }),
      digestsIn({ TZ: "America/St_Johns", LANG: "sv_SE.UTF-8", LC_ALL: "sv_SE.UTF-8" }),
    ]);
    expect(first).toHaveLength(25);
    for (const other of others) expect(other).toEqual(first);
  });

  test("do not depend on the order in which answers come, nor on how many are asked for at once", async () => {
    const script = goodScript({ miners: 3 });
    const inOrder = await recordsWith(script, 1);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 8 }), fc.infiniteStream(fc.nat(6)), async (concurrency, delays) => {
        const answer: typeof script.answer = async (question) => {
          const turns = delays.next().value ?? 0;
          for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
          return script.answer?.(question) ?? "";
        };
        expect(await recordsWith({ ...script, answer }, concurrency)).toEqual(inOrder);
      }),
      { numRuns: 15 },
    );
  });
});
