import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openJournal } from "../../src/adapters/journal/sqlite-journal.ts";
import { requireOwnPast } from "../../src/application/own-past.ts";
import type { Header } from "../../src/core/model/records.ts";
import { EMPTY_STATE } from "../../src/core/model/scoring-state.ts";
import type { Observation } from "../../src/ports/chain.ts";
import type { Journal } from "../../src/ports/journal.ts";

const OWN = `0x${"aa".repeat(32)}` as const;
const OTHER = `0x${"bb".repeat(32)}` as const;
const SEAL = `0x${"cc".repeat(32)}` as const;

let folder: string;
let journal: Journal;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "touchstone-past-"));
  journal = await openJournal({ folder, mode: "once" });
});
afterEach(async () => {
  await journal.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Only what is looked at: the journal stores the rest as it comes. */
async function begin(epoch: number, netuid = 2, genesis: Header["genesis"] = OWN): Promise<void> {
  const key = { netuid, mechid: 0, epoch };
  const log = await journal.open(key, () => SEAL);
  await log.append({ kind: "header", parents: [], schema: 1, ...key, genesis } as unknown as Header);
}

async function seal(epoch: number): Promise<void> {
  await begin(epoch);
  const log = await journal.open({ netuid: 2, mechid: 0, epoch }, () => SEAL);
  await log.seal(["{}\n"], SEAL, EMPTY_STATE);
}

function check(epoch: number, genesis: Header["genesis"] = OWN): unknown {
  const chain = { identity: { genesis } } as unknown as Parameters<typeof requireOwnPast>[0]["chain"];
  const seen = { netuid: 2, mechid: 0, epochState: { index: epoch } } as unknown as Observation;
  try {
    requireOwnPast({ chain, journal }, seen);
    return "own";
  } catch (error) {
    return error;
  }
}

describe("a journal is held to its chain", () => {
  test("an empty one to none", () => {
    expect(check(0)).toBe("own");
    expect(check(9, OTHER)).toBe("own");
  });

  test.each([
    [7, "own"],
    [8, "own"],
    [6, "chain-behind-its-past"],
    [0, "chain-behind-its-past"],
  ] as const)("after epoch 7, epoch %i is %s", async (epoch, expected) => {
    await begin(7);
    const found = check(epoch);
    if (expected === "own") expect(found).toBe("own");
    else expect(found).toMatchObject({ name: "ValidatorError", exit: "configuration", code: expected });
  });

  test("a sealed epoch counts after its records were dropped, and so does the genesis", async () => {
    for (let epoch = 1; epoch <= 12; epoch += 1) await seal(epoch);
    expect(check(11)).toMatchObject({ code: "chain-behind-its-past" });
    expect(check(12)).toBe("own");
    expect(check(13, OTHER)).toMatchObject({ code: "data-of-another-chain", exit: "configuration" });
  });

  test("another subnet's epochs say nothing, its genesis does", async () => {
    await begin(50, 3);
    expect(check(1)).toBe("own");
    expect(check(1, OTHER)).toMatchObject({ code: "data-of-another-chain" });
  });

  test("a cycle that was opened and never begun is no past", async () => {
    await journal.open({ netuid: 2, mechid: 0, epoch: 9 }, () => SEAL);
    expect(check(3)).toBe("own");
  });
});
