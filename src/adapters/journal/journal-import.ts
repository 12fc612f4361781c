import { existsSync, mkdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ValidatorError } from "../../core/model/fault.ts";
import { journalFiles } from "./data-size.ts";
import { lockFolder } from "./folder-lock.ts";
import { copyInto } from "./journal-export.ts";
import { checkJournal, prepareSchema } from "./journal-schema.ts";
import { journalError } from "./sqlite-error.ts";
import { putInPlace } from "./write-file.ts";

export interface OpenCycle {
  readonly netuid: number;
  readonly mechid: number;
  readonly epoch: number;
  /** Whether a vector has the claim to be signed. */
  readonly claimed: boolean;
}

export interface JournalImport {
  readonly cycles: number;
  readonly open: readonly OpenCycle[];
}

/**
 * Makes an exported journal that of a data folder: an empty one, or the one from which it was once moved away. The journal that is
 * there stays as it is until the new one is whole on disk.
 * @throws ValidatorError exit `locked` while a process works with the folder, `configuration` when there is no such file, `journal`
 * when the file is damaged, foreign or of another version, or when the folder has a journal that must not be replaced.
 */
export function importJournal(data: string, from: string): JournalImport {
  const folder = resolve(data);
  const file = resolve(from);
  if (!existsSync(file)) throw refused("configuration", "file-missing", `There is no file ${file}.`);
  const { journal, lock: lockFile } = journalFiles(folder, "run");
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw journalError(error, folder);
  }
  const lock = lockFolder(folder, lockFile);
  try {
    return replace(journal, file);
  } finally {
    lock.release();
  }
}

function replace(journal: string, file: string): JournalImport {
  const temporary = `${journal}.part`;
  try {
    stage(file, temporary);
    const staged = look(temporary, contents);
    makeRoom(journal, staged.cycles);
    putInPlace(temporary, journal);
    return staged;
  } finally {
    for (const end of ["", "-journal", "-wal", "-shm"]) rmSync(`${temporary}${end}`, { force: true });
  }
}

/** A checked copy of the file, which itself is only read. */
function stage(file: string, temporary: string): void {
  let source: DatabaseSync | undefined;
  try {
    source = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
    checkJournal(source, file);
    const check = String(Object.values(source.prepare("PRAGMA integrity_check(1)").get() ?? {})[0]);
    if (check !== "ok") throw refused("journal", "journal-damaged", `The file ${file} is damaged (${check}).`);
    if (source.prepare("SELECT 1 FROM sqlite_schema WHERE type IN ('trigger', 'view') LIMIT 1").get() !== undefined) {
      throw refused("journal", "journal-foreign", `The file ${file} holds more than a journal of Touchstone.`);
    }
    copyInto(source, temporary);
  } catch (error) {
    throw journalError(error, file);
  } finally {
    source?.close();
  }
}

/** Checks the journal that is there, if any, and takes away its side files: a stale log would be played into the new one. */
function makeRoom(journal: string, cycles: number): void {
  if (!existsSync(journal)) return;
  look(journal, (database) => {
    prepareSchema(database, journal);
    const here = contents(database).cycles;
    const moved = database.prepare("SELECT 1 FROM moved LIMIT 1").get() !== undefined;
    if (here > 0 && !moved) {
      throw refused("journal", "journal-in-use", `The data folder has a journal with ${here} cycles already.`);
    }
    if (here > cycles) {
      throw refused(
        "journal",
        "journal-older",
        `The file is older than what was moved away from here: it holds ${cycles} cycles, the data folder ${here}.`,
      );
    }
    database.exec("PRAGMA wal_checkpoint(TRUNCATE);");
  });
  for (const end of ["-wal", "-shm"]) rmSync(`${journal}${end}`, { force: true });
}

function look<T>(path: string, work: (database: DatabaseSync) => T): T {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 5000 });
    return work(database);
  } catch (error) {
    throw journalError(error, path);
  } finally {
    database?.close();
  }
}

function contents(database: DatabaseSync): JournalImport {
  const count = database.prepare("SELECT count(*) AS n FROM cycle").get();
  const rows = database.prepare("SELECT netuid, mechid, epoch, claim FROM cycle WHERE seal IS NULL ORDER BY id").all();
  return {
    cycles: Number(count?.["n"]),
    open: rows.map((row) => ({
      netuid: Number(row["netuid"]),
      mechid: Number(row["mechid"]),
      epoch: Number(row["epoch"]),
      claimed: row["claim"] !== null,
    })),
  };
}

const REMEDIES: Readonly<Record<string, string>> = {
  "file-missing": "Name the file that touchstone journal export wrote.",
  "journal-damaged": "Export it again where it came from, or copy the file again.",
  "journal-foreign": "Name the file that touchstone journal export wrote.",
  "journal-in-use": "Name another data folder, or move this one away; a running validator's journal is never replaced.",
  "journal-older": "Export the journal where the validator ran last, and import that file.",
};

function refused(exit: "configuration" | "journal", code: string, message: string): ValidatorError {
  const remedy = REMEDIES[code] ?? "";
  return new ValidatorError(`${message} Nothing was imported.`, { exit, code, blame: "validator", remedy });
}
