import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exportJournal, type JournalExport } from "../../../src/adapters/journal/journal-export.ts";
import { importJournal } from "../../../src/adapters/journal/journal-import.ts";
import { openJournalReadOnly } from "../../../src/adapters/journal/journal-view.ts";
import { openJournal } from "../../../src/adapters/journal/sqlite-journal.ts";
import { ValidatorError } from "../../../src/core/model/fault.ts";
import { EMPTY_STATE } from "../../../src/core/model/scoring-state.ts";
import type { Journal } from "../../../src/ports/journal.ts";
import { SAMPLE_ROSTER, sampleResponse } from "../../support/sample-records.ts";

const SECRET = `0x${"ab".repeat(32)}` as const;
const SEAL = `0x${"5e".repeat(32)}` as const;
const VECTOR = `0x${"cd".repeat(32)}` as const;
const OTHER = `0x${"ef".repeat(32)}` as const;
const KEY = { netuid: 2, mechid: 0, epoch: 7 };
const SEAT = { netuid: 2, mechid: 0, hotkey: "5Own" };
const CHILD = new URL("../../support/journal-child.ts", import.meta.url).pathname;
const VERSION_1 = readFileSync(new URL("../../vectors/journal-v1.sql", import.meta.url), "utf8");
const NOW = 1_790_000_000_000;
const never = (): never => {
  throw new Error("a secret was drawn for a cycle that was begun elsewhere");
};

let folder: string;
let old: string;
let house: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "touchstone-moving-"));
  old = join(folder, "old");
  house = join(folder, "house");
  file = join(folder, "validator.journal");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function within<T>(at: string, work: (journal: Journal) => Promise<T>): Promise<T> {
  const journal = await openJournal({ folder: at, mode: "run" });
  try {
    return await work(journal);
  } finally {
    await journal.close();
  }
}

/** A validator in the middle of an epoch: one cycle sealed, the claim of the next one taken and its weights sent. */
function live(at: string, epoch = KEY.epoch): Promise<void> {
  return within(at, async (journal) => {
    const former = await journal.open({ ...KEY, epoch: epoch - 1 }, () => SECRET);
    await former.append(SAMPLE_ROSTER);
    await former.seal(["{}"], SEAL, { ...EMPTY_STATE, cycles: epoch - 1 });
    const log = await journal.open({ ...KEY, epoch }, () => SECRET);
    await log.announce("response/1/t00");
    await log.append(sampleResponse(1, "t00", "paid"));
    await log.claim(VECTOR);
    await log.step({ state: "signed", facts: { eraBirth: 1700, eraPeriod: 16 } });
    await journal.noteUpdate(SEAT, 1650);
    await journal.noteUpdate({ ...SEAT, hotkey: "5Former" }, 1800);
  });
}

const give = (keep = false): JournalExport => exportJournal(old, file, { keep, now: NOW });
const code = (work: () => unknown): string => {
  try {
    work();
    return "done";
  } catch (error) {
    if (error instanceof ValidatorError) return `${error.exit} ${error.code}`;
    throw error;
  }
};
const leftOvers = (at: string): readonly string[] =>
  existsSync(at) ? readdirSync(at).filter((name) => name.includes(".part")) : [];

describe("moving house", () => {
  test("carries claim, steps, purchases, secret, own updates and estimator state of the open epoch", async () => {
    await live(old);
    expect(give()).toEqual({ file, bytes: statSync(file).size, cycles: 2, moved: true });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(importJournal(house, file)).toEqual({ cycles: 2, open: [{ ...KEY, claimed: true }] });
    expect(statSync(join(house, "journal.sqlite")).mode & 0o777).toBe(0o600);
    await within(house, async (journal) => {
      expect(journal.unsealed(2, 0)).toEqual([KEY]);
      const log = await journal.open(KEY, never);
      expect([log.secret, log.find("response", "1/t00")]).toEqual([SECRET, sampleResponse(1, "t00", "paid")]);
      expect(await log.announce("response/1/t00")).toBe("asked-before");
      expect([await log.claim(OTHER), await log.claim(VECTOR)]).toEqual(["other", "same"]);
      expect(log.steps()).toEqual([{ state: "signed", facts: { eraBirth: 1700, eraPeriod: 16 } }]);
      expect(journal.knownUpdate(SEAT)).toBe(1650);
      expect(journal.knownUpdate({ ...SEAT, hotkey: "5Former" })).toBe(1800);
      expect(journal.last(2, 0)).toEqual({ seal: SEAL, state: { ...EMPTY_STATE, cycles: 6 } });
      await log.seal(["{}"], VECTOR, EMPTY_STATE);
    });
    expect([leftOvers(folder), leftOvers(house)]).toEqual([[], []]);
  });

  test("leaves the old house empty: run and once stop with 71, a dry run does not care", async () => {
    await live(old);
    give();
    for (const mode of ["run", "once"] as const) {
      await expect(openJournal({ folder: old, mode })).rejects.toMatchObject({
        exit: "doppelganger",
        code: "moved-away",
        message: expect.stringContaining(file),
      });
    }
    await (await openJournal({ folder: old, mode: "dry-run" })).close();
    using view = openJournalReadOnly({ folder: old, mode: "run" });
    expect(view?.moved()).toEqual({ at: NOW, file });
    expect(view?.isLocked()).toBe(false);
  });

  test("and back again: the old house takes the journal that went on elsewhere", async () => {
    await live(old);
    give();
    importJournal(house, file);
    await live(house, 9);
    const back = join(folder, "back.journal");
    expect(exportJournal(house, back, { keep: false, now: NOW + 1 }).cycles).toBe(4);
    expect(importJournal(old, back).cycles).toBe(4);
    await within(old, async (journal) => expect(journal.knownUpdate(SEAT)).toBe(1650));
    await expect(openJournal({ folder: house, mode: "run" })).rejects.toMatchObject({ code: "moved-away" });
    expect(code(() => importJournal(house, file))).toBe("journal journal-older");
  });

  test("that was called off: the same file brings it back", async () => {
    await live(old);
    give();
    importJournal(old, file);
    await within(old, async (journal) => expect(journal.unsealed(2, 0)).toEqual([KEY]));
  });

  test("cut off before the file had its name can be done again", async () => {
    await live(old);
    give();
    rmSync(file);
    expect(give().moved).toBe(true);
    importJournal(house, file);
    await within(house, async (journal) => expect(journal.unsealed(2, 0)).toEqual([KEY]));
  });

  test("with --keep is a copy: the old house stays a home", async () => {
    await live(old);
    expect(give(true).moved).toBe(false);
    await within(old, async (journal) => expect(journal.unsealed(2, 0)).toEqual([KEY]));
    importJournal(house, file);
    await within(house, async (journal) => expect(journal.unsealed(2, 0)).toEqual([KEY]));
  });

  test("takes a journal of an earlier version along", async () => {
    const database = new DatabaseSync(file);
    database.exec(`${VERSION_1} PRAGMA journal_mode = DELETE;`);
    database.close();
    expect(importJournal(house, file).cycles).toBe(2);
    await within(house, async (journal) => expect(journal.last(2, 0)?.state.cycles).toBe(6));
    const source = new DatabaseSync(file, { readOnly: true });
    expect(source.prepare("PRAGMA user_version").get()).toEqual({ user_version: 1 });
    source.close();
  });
});

describe("export is refused", () => {
  test("while a process works with the folder", async () => {
    await live(old);
    await within(old, async () => expect(code(give)).toBe("locked folder-locked"));
    expect([existsSync(file), code(give)]).toEqual([false, "done"]);
  });

  test("without a journal, and makes nothing", () => {
    expect(code(give)).toBe("configuration journal-missing");
    expect(readdirSync(folder)).toEqual([]);
  });

  test("over a file that is there, or into a place that is not; the house stays a home", async () => {
    await live(old);
    writeFileSync(file, "mine");
    expect([code(give), readFileSync(file, "utf8")]).toEqual(["configuration file-exists", "mine"]);
    const nowhere = join(folder, "no", "where");
    expect(code(() => exportJournal(old, nowhere, { keep: false, now: NOW }))).toBe("configuration file-unwritable");
    await within(old, async (journal) => expect(journal.unsealed(2, 0)).toEqual([KEY]));
  });

  test("of a damaged journal", async () => {
    await live(old);
    writeFileSync(join(old, "journal.sqlite"), "hello ".repeat(500));
    expect(code(give)).toBe("journal journal-damaged");
    expect(existsSync(file)).toBe(false);
  });

  test("through a link that somebody laid: its target is left alone", async () => {
    await live(old);
    writeFileSync(join(folder, "precious"), "mine");
    symlinkSync(join(folder, "precious"), `${file}.part`);
    give();
    expect(readFileSync(join(folder, "precious"), "utf8")).toBe("mine");
    expect(importJournal(house, file).cycles).toBe(2);
  });
});

describe("import is refused", () => {
  test("into a folder that has cycles already, which stays as it was", async () => {
    await live(old);
    give(true);
    await live(house, 20);
    const before = readFileSync(join(house, "journal.sqlite"));
    expect(code(() => importJournal(house, file))).toBe("journal journal-in-use");
    expect(readFileSync(join(house, "journal.sqlite")).equals(before)).toBe(true);
    await within(house, async (journal) => expect(journal.past(2, 0).epoch).toBe(19));
  });

  test("into one whose process is running, even with an empty journal", async () => {
    await live(old);
    give();
    await within(house, async () => expect(code(() => importJournal(house, file))).toBe("locked folder-locked"));
    expect(code(() => importJournal(house, file))).toBe("done");
  });

  const REFUSED: readonly (readonly [string, () => void, string])[] = [
    ["no file", () => rmSync(file), "configuration file-missing"],
    ["no database", () => writeFileSync(file, "hello ".repeat(500)), "journal journal-damaged"],
    ["an empty file", () => truncateSync(file, 0), "journal journal-foreign"],
    ["half a file", () => truncateSync(file, Math.floor(statSync(file).size / 2)), "journal journal-damaged"],
    ["another program's database", () => alter("PRAGMA application_id = 1"), "journal journal-foreign"],
    ["a newer version", () => alter("PRAGMA user_version = 99"), "journal journal-version"],
    ["no version", () => alter("PRAGMA user_version = 0"), "journal journal-version"],
    ["a trigger", () => alter("CREATE TRIGGER t AFTER INSERT ON cycle BEGIN SELECT 1; END"), "journal journal-foreign"],
    ["no tables", () => alter("DROP TABLE own_update; DROP TABLE moved"), "journal journal-unusable"],
  ];
  test.each(REFUSED)("of %s", async (_name, spoil, expected) => {
    await live(old);
    give();
    spoil();
    expect(code(() => importJournal(house, file))).toBe(expected);
    expect(existsSync(join(house, "journal.sqlite"))).toBe(false);
    expect(leftOvers(house)).toEqual([]);
  });

  test("or takes a whole journal, wherever bytes of the file were changed; never anything between", async () => {
    await live(old);
    give();
    const whole = readFileSync(file);
    const home = join(house, "journal.sqlite");
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        writeFileSync(file, bytes);
        rmSync(house, { recursive: true, force: true });
        const answer = code(() => importJournal(house, file));
        expect(answer).toMatch(/^(done|journal journal-(damaged|foreign|version|unusable))$/);
        expect(existsSync(home)).toBe(answer === "done");
      }),
      { numRuns: 60 },
    );
  });
});

test("a stale log of the journal that was moved away is not played into the new one", async () => {
  await live(old);
  const before = join(folder, "before");
  await within(old, async (journal) => {
    await journal.noteUpdate(SEAT, 1651);
    copyFileSync(join(old, "journal.sqlite-wal"), before);
  });
  give();
  copyFileSync(before, join(old, "journal.sqlite-wal"));
  importJournal(old, file);
  expect(existsSync(join(old, "journal.sqlite-wal"))).toBe(false);
  await within(old, async (journal) => expect(journal.knownUpdate(SEAT)).toBe(1651));
});

test("two processes on one folder: the second ends with the reason", async () => {
  await within(old, async () => {
    const second = spawnSync(process.execPath, [CHILD, "lock", old], { encoding: "utf8" });
    expect(JSON.parse(second.stdout)).toMatchObject({
      exit: "locked",
      message: `Another process is using the data folder ${old}.`,
    });
  });
});

function alter(sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}
