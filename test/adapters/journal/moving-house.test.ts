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
import type { CycleLog, Journal } from "../../../src/ports/journal.ts";
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
const refusal = (work: () => unknown): ValidatorError | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof ValidatorError) return error;
    throw error;
  }
};
const code = (work: () => unknown): string => {
  const error = refusal(work);
  return error === undefined ? "done" : `${error.exit} ${error.code}`;
};
const leftOvers = (at: string): readonly string[] =>
  existsSync(at) ? readdirSync(at).filter((name) => name.includes(".part")) : [];

describe("moving house", () => {
  test("carries claim, steps, purchases, secret, own updates and estimator state of the open epoch", async () => {
    await live(old);
    expect(give()).toEqual({ file, bytes: statSync(file).size, cycles: 2, moved: true });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(importJournal(house, file)).toEqual({ cycles: 2, open: [{ ...KEY, claimed: true }], hotkey: null });
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
    ["an empty file", () => truncateSync(file, 0), "journal journal-damaged"],
    ["half a file", () => truncateSync(file, Math.floor(statSync(file).size / 2)), "journal journal-damaged"],
    ["another program's database", () => alter("PRAGMA application_id = 1"), "journal journal-foreign"],
    ["a newer version", () => alter("PRAGMA user_version = 99"), "journal journal-version"],
    ["no version", () => alter("PRAGMA user_version = 0"), "journal journal-version"],
    ["a trigger", () => alter("CREATE TRIGGER t AFTER INSERT ON cycle BEGIN SELECT 1; END"), "journal journal-foreign"],
    ["no tables", () => alter("DROP TABLE own_update; DROP TABLE moved"), "journal journal-damaged"],
  ];
  test.each(REFUSED)("of %s", async (_name, spoil, expected) => {
    await live(old);
    give();
    spoil();
    expect(code(() => importJournal(house, file))).toBe(expected);
    expect(existsSync(join(house, "journal.sqlite"))).toBe(false);
    expect(leftOvers(house)).toEqual([]);
    expect(existsSync(house)).toBe(existsSync(file));
  });

  test("or takes the very same journal, wherever bytes of the file were changed or cut; the folder loses nothing", async () => {
    await live(old);
    give();
    const whole = readFileSync(file);
    const home = join(old, "journal.sqlite");
    const marked = readFileSync(home);
    const before = rowsOf(home, ["moved"]);
    const flip = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(fc.array(flip, { maxLength: 3 }), fc.option(fc.nat(whole.length)), (flips, length) => {
        const bytes = Buffer.from(whole).subarray(0, length ?? whole.length);
        for (const [at, mask] of flips) if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ mask;
        writeFileSync(file, bytes);
        writeFileSync(home, marked);
        const error = refusal(() => importJournal(old, file));
        if (error !== undefined) {
          expect(`${error.exit} ${error.code}`).toMatch(/^journal journal-(damaged|foreign|version)$/);
          expect(error.message).toMatch(/^The file .* Nothing was imported\.$/);
          expect(`${error.message}${error.remedy}`).not.toMatch(/\n|data folder/);
        }
        expect(rowsOf(home, ["moved"])).toEqual(before);
        expect(leftOvers(old)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test("of a file in which one letter of a claim, a step or a secret is another", async () => {
    await live(old);
    give();
    const whole = readFileSync(file);
    for (const [text, other] of [
      [VECTOR, VECTOR.replace("cdcd", "cdce")],
      ['"eraBirth":1700', '"eraBirth":1709'],
      [SECRET, SECRET.replace("abab", "abac")],
    ] as const) {
      const at = whole.indexOf(text);
      expect(at).toBeGreaterThan(0);
      const bytes = Buffer.from(whole);
      bytes.write(other, at);
      writeFileSync(file, bytes);
      expect(code(() => importJournal(house, file))).toBe("journal journal-damaged");
    }
  });
});

describe("an import never takes away what the folder has", () => {
  test("the claim and the seal of a cycle that the older file has as begun only", async () => {
    await within(old, async (journal) => void (await journal.open(KEY, () => SECRET)));
    const former = join(folder, "former.journal");
    exportJournal(old, former, { keep: true, now: NOW });
    await within(old, async (journal) => {
      const log = await journal.open(KEY, never);
      await log.claim(VECTOR);
      await log.seal(["{}"], SEAL, EMPTY_STATE);
    });
    give();
    const error = refusal(() => importJournal(old, former));
    expect(error).toMatchObject({ exit: "journal", code: "journal-older" });
    expect(error?.message).toContain("lacks the claim of subnet 2, mechanism 0, epoch 7");
    expect(error?.message).toMatch(/Nothing was imported\.$/);
    importJournal(old, file);
    await within(old, async (journal) => expect(journal.sealed(KEY)?.seal).toBe(SEAL));
  });

  const NEWS: readonly (readonly [string, (journal: Journal) => Promise<unknown>, string])[] = [
    ["a cycle", (journal) => journal.open({ ...KEY, epoch: 8 }, () => SECRET), "the cycle of"],
    ["a claim", async (journal) => (await journal.open({ ...KEY, epoch: 8 }, never)).claim(OTHER), "the claim of"],
    ["a record", async (journal) => (await log7(journal)).append(sampleResponse(2, "t00", "paid")), "a record of"],
    ["a step", async (journal) => (await log7(journal)).step({ state: "broadcast", facts: {} }), "a step of"],
    ["a paid call", async (journal) => (await log7(journal)).announce("response/2/t00"), "a paid call of"],
    ["a result", async (journal) => (await log7(journal)).keep("response/1/t00", 1), "a paid call of"],
    ["a seal", async (journal) => (await log7(journal)).seal(["{}"], SEAL, EMPTY_STATE), "the seal of"],
    ["an own update", (journal) => journal.noteUpdate(SEAT, 1651), "an own update of"],
    ["one of a new hotkey", (journal) => journal.noteUpdate({ ...SEAT, hotkey: "5New" }, 1), "an own update of"],
  ];
  test.each(NEWS)("%s that came after the file was written", async (name, add, lacking) => {
    await live(old);
    if (name === "a claim") {
      await within(old, async (journal) => void (await journal.open({ ...KEY, epoch: 8 }, () => SECRET)));
    }
    const former = join(folder, "former.journal");
    exportJournal(old, former, { keep: true, now: NOW });
    await within(old, add);
    give();
    const before = rowsOf(join(old, "journal.sqlite"));
    const error = refusal(() => importJournal(old, former));
    expect([error?.code, error?.message]).toEqual(["journal-older", expect.stringContaining(`it lacks ${lacking}`)]);
    expect(rowsOf(join(old, "journal.sqlite"))).toEqual(before);
    expect(code(() => importJournal(old, file))).toBe("done");
  });

  test("nor is another validator's journal taken, however many cycles it has", async () => {
    await live(old);
    await within(house, async (journal) => {
      for (const epoch of [5, 6, 7, 8]) await journal.open({ ...KEY, epoch }, () => `0x${"99".repeat(32)}`);
    });
    exportJournal(house, join(folder, "other.journal"), { keep: false, now: NOW });
    give();
    expect(code(() => importJournal(old, join(folder, "other.journal")))).toBe("journal journal-older");
  });

  test("but records of long-sealed cycles that were given up where it went on are no loss", async () => {
    await live(old);
    give();
    importJournal(house, file);
    const records = { bundleDays: null, bundleBytes: null, records: 1 };
    const journal = await openJournal({ folder: house, mode: "run", retention: records });
    for (const epoch of [7, 8, 9]) {
      const log = await journal.open({ ...KEY, epoch }, () => SECRET);
      await log.seal(["{}"], SEAL, { ...EMPTY_STATE, cycles: epoch });
    }
    expect((await journal.open(KEY, never)).steps()).toEqual([]);
    await journal.close();
    const back = join(folder, "back.journal");
    exportJournal(house, back, { keep: false, now: NOW + 1 });
    expect(importJournal(old, back).cycles).toBe(4);
  });
});

describe("what is said of a file that cannot be imported", () => {
  const SAID: readonly (readonly [string, () => void, RegExp, RegExp])[] = [
    ["cut", () => truncateSync(file, 4096 * 3), /^The file .* was cut or damaged/, /copy it again/i],
    ["empty", () => truncateSync(file, 0), /^The file .* is empty/, /copy it again/i],
    ["a text", () => writeFileSync(file, "hello ".repeat(500)), /^The file .* is no journal/, /journal export wrote/],
    [
      "foreign",
      () => alter("PRAGMA application_id = 1"),
      /^The file .* belongs to another program/,
      /journal export wrote/,
    ],
    ["newer", () => alter("PRAGMA user_version = 99"), /^The file .* has version 99/, /version of Touchstone/],
    ["more", () => alter("CREATE TABLE more (x)"), /^The file .* holds more than a journal/, /journal export wrote/],
    ["changed", () => alter("UPDATE step SET facts = '{}'"), /^The file .* was cut or damaged/, /copy it again/i],
    ["no tables", () => alter("DROP TABLE own_update; DROP TABLE moved"), /^The file .* was cut or damaged/, /again/i],
  ];
  test.each(SAID)("%s", async (_name, spoil, what, remedy) => {
    await live(old);
    give();
    spoil();
    const error = refusal(() => importJournal(house, file));
    expect(error).toMatchObject({
      exit: "journal",
      blame: "validator",
      message: expect.stringMatching(what),
      remedy: expect.stringMatching(remedy),
    });
    expect(error?.message).toMatch(/Nothing was imported\.$/);
    expect(`${error?.message}${error?.remedy}`).not.toMatch(/\n|data folder|kept beside/);
  });

  test("a damaged page: the library's own words stand on one line", async () => {
    await live(old);
    give();
    const bytes = readFileSync(file);
    bytes.fill(0xff, 4096 * 2, 4096 * 2 + 64);
    writeFileSync(file, bytes);
    const error = refusal(() => importJournal(house, file));
    expect(error?.code).toBe("journal-damaged");
    expect(error?.message).not.toContain("\n");
  });

  test("a folder instead of a file", () => {
    expect(refusal(() => importJournal(house, folder))).toMatchObject({
      exit: "configuration",
      code: "file-unreadable",
      message: `The file ${folder} cannot be read. Nothing was imported.`,
    });
  });

  test("and of a data folder that is in the way", async () => {
    await live(old);
    give();
    writeFileSync(house, "a file");
    const error = refusal(() => importJournal(house, file));
    expect([error?.exit, error?.message]).toEqual(["journal", expect.stringMatching(/Nothing was imported\.$/)]);
  });
});

test("status can be read right after an import into an empty folder", async () => {
  await live(old);
  give();
  importJournal(house, file);
  using view = openJournalReadOnly({ folder: house, mode: "run" });
  expect(view?.size()).toMatchObject({ bundles: 0, bundleBytes: 0, journalBytes: expect.any(Number) });
});

test("says whose the newest cycle of the imported journal is", async () => {
  await live(old);
  const database = new DatabaseSync(join(old, "journal.sqlite"));
  const header = database.prepare("INSERT INTO record SELECT id, 'header', '', 'x', ? FROM cycle WHERE epoch = ?");
  header.run('{"hotkey":"5Former"}', 6);
  header.run('{"hotkey":"5Own"}', 7);
  database.close();
  give();
  expect(importJournal(house, file).hotkey).toBe("5Own");
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

const log7 = (journal: Journal): Promise<CycleLog> => journal.open(KEY, never);

/** Every row of a journal, by table. */
function rowsOf(path: string, without: readonly string[] = []): Readonly<Record<string, unknown>> {
  const database = new DatabaseSync(path, { readOnly: true });
  const tables = ["cycle", "record", "purchase", "step", "own_update", "moved"].filter(
    (name) => !without.includes(name),
  );
  const rows = tables.map((name) => [name, database.prepare(`SELECT * FROM ${name} ORDER BY rowid`).all()]);
  database.close();
  return Object.fromEntries(rows) as Readonly<Record<string, unknown>>;
}
