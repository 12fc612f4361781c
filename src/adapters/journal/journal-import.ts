import { existsSync, mkdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ValidatorError } from "../../core/model/fault.ts";
import { journalFiles } from "./data-size.ts";
import { lockFolder } from "./folder-lock.ts";
import { importRefused, type JournalImport, requireReadable, stageFile } from "./import-file.ts";
import { journalLacks } from "./journal-lacks.ts";
import { prepareSchema } from "./journal-schema.ts";
import { journalError } from "./sqlite-error.ts";
import { putInPlace } from "./write-file.ts";

/**
 * Makes an exported journal that of a data folder: an empty one, or the one from which it was once moved away. The journal that is
 * there stays as it is until the new one is whole on disk, and only one that has everything of it takes its place.
 * @throws ValidatorError exit `locked` while a process works with the folder, `configuration` when there is no such file, `journal`
 * when the file is damaged, foreign or of another version, or when the folder has a journal that must not be replaced.
 */
export function importJournal(data: string, from: string): JournalImport {
  const folder = resolve(data);
  const file = resolve(from);
  const { journal, lock: lockFile } = journalFiles(folder, "run");
  const temporary = `${journal}.part`;
  orNothing(() => requireReadable(file));
  const lock = orNothing(() => lockMade(folder, lockFile));
  try {
    const staged = orNothing(() => stageFile(file, temporary));
    orNothing(() => makeRoom(journal, file, temporary));
    putInPlace(temporary, journal);
    return staged;
  } catch (error) {
    throw journalError(error, journal);
  } finally {
    for (const end of ["", "-journal", "-wal", "-shm"]) rmSync(`${temporary}${end}`, { force: true });
    lock.release();
  }
}

/** Whatever stops an import before its last step leaves everything as it was, and says so. */
function orNothing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ValidatorError)) throw error;
    const { blame, code, exit, remedy } = error;
    throw new ValidatorError(`${error.message} Nothing was imported.`, { exit, code, blame, remedy, cause: error });
  }
}

function lockMade(folder: string, file: string): ReturnType<typeof lockFolder> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw journalError(error, folder);
  }
  return lockFolder(folder, file);
}

/** Checks the journal that is there, if any, and takes away its side files: a stale log would be played into the new one. */
function makeRoom(journal: string, file: string, temporary: string): void {
  if (!existsSync(journal)) return;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(journal, { timeout: 5000 });
    prepareSchema(database, journal);
    requireReplaceable(database, file, temporary);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE);");
  } catch (error) {
    throw journalError(error, journal);
  } finally {
    database?.close();
  }
  for (const end of ["-wal", "-shm"]) rmSync(`${journal}${end}`, { force: true });
}

/** A journal without a cycle has nothing to lose: what it noted of the chain, the first look finds again. */
function requireReplaceable(database: DatabaseSync, file: string, temporary: string): void {
  const cycles = Number(database.prepare("SELECT count(*) AS n FROM cycle").get()?.["n"]);
  if (cycles === 0) return;
  if (database.prepare("SELECT 1 FROM moved LIMIT 1").get() === undefined) {
    throw importRefused("journal", "journal-in-use", `The data folder has a journal with ${cycles} cycles already.`);
  }
  const lacking = journalLacks(database, temporary);
  if (lacking === undefined) return;
  throw importRefused(
    "journal",
    "journal-older",
    `The file ${file} is older than what was moved away from here, or another validator's: it lacks ${lacking}.`,
  );
}
