import { closeSync, existsSync, openSync, rmSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ValidatorError } from "../../core/model/fault.ts";
import { addChecksum, dropChecksum } from "./checksum.ts";
import { journalFiles } from "./data-size.ts";
import { lockFolder } from "./folder-lock.ts";
import { prepareSchema } from "./journal-schema.ts";
import { journalError } from "./sqlite-error.ts";
import { putInPlace, syncPath } from "./write-file.ts";

export interface JournalExport {
  /** Absolute path. */
  readonly file: string;
  readonly bytes: number;
  readonly cycles: number;
  /** Whether the data folder is marked as moved: nothing runs on it until a journal is imported there. */
  readonly moved: boolean;
}

export interface ExportOptions {
  /** A copy for safe keeping: the folder stays the validator's home. */
  readonly keep: boolean;
  /** Milliseconds of Unix time. */
  readonly now: number;
}

/**
 * Writes the validator's journal, secrets of open cycles included, to one file of mode 0600, and marks the folder as moved. The mark
 * is on disk before the file has its name, so that no crash leaves two journals that both may run; a folder that is marked can be
 * exported again.
 * @throws ValidatorError exit `locked` while a process works with the folder, `configuration` when there is no journal or the
 * file exists, `journal` when it is damaged or the disk does not take it.
 */
export function exportJournal(data: string, to: string, { keep, now }: ExportOptions): JournalExport {
  const folder = resolve(data);
  const file = resolve(to);
  const { journal, lock: lockFile } = journalFiles(folder, "run");
  if (!existsSync(journal)) throw refused("journal-missing", `There is no journal in ${folder}.`, NAME_FOLDER);
  if (existsSync(file)) throw refused("file-exists", `${file} exists already; nothing was exported.`, NAME_FILE);
  const lock = lockFolder(folder, lockFile);
  try {
    return write(journal, file, { keep, now });
  } finally {
    lock.release();
  }
}

const NAME_FOLDER = "Name the configuration whose data folder it is with --config.";
const NAME_FILE = "Name another file, or move that one away.";

function write(journal: string, file: string, { keep, now }: ExportOptions): JournalExport {
  const temporary = `${file}.part`;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(journal, { timeout: 5000 });
    prepareSchema(database, journal);
    copyInto(database, temporary, addChecksum);
    if (!keep) database.prepare("INSERT INTO moved (at, file) VALUES (?, ?)").run(now, file);
    try {
      putInPlace(temporary, file);
    } catch (error) {
      if (!keep) database.prepare("DELETE FROM moved WHERE at = ? AND file = ?").run(now, file);
      throw error;
    }
    const cycles = Number(database.prepare("SELECT count(*) AS n FROM cycle").get()?.["n"]);
    return { file, bytes: statSync(file).size, cycles, moved: !keep };
  } catch (error) {
    throw exportError(error, journal, file);
  } finally {
    database?.close();
    rmSync(temporary, { force: true });
  }
}

/** A copy of a journal in one file of mode 0600, on disk, of this version's schema and without a mark; `finish` writes last. */
export function copyInto(database: DatabaseSync, path: string, finish?: (copy: DatabaseSync) => void): void {
  // SQLite takes the mode of a file that is there, and wants it empty.
  rmSync(path, { force: true });
  closeSync(openSync(path, "wx", 0o600));
  database.prepare("VACUUM INTO ?").run(path);
  const copy = new DatabaseSync(path);
  try {
    prepareSchema(copy, path);
    copy.exec("DELETE FROM moved");
    dropChecksum(copy);
    finish?.(copy);
  } finally {
    copy.close();
  }
  syncPath(path);
}

/** A folder that is not there or not writable is a wrong argument, no damage. */
function exportError(error: unknown, journal: string, file: string): ValidatorError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!/^(ENOENT|ENOTDIR|EISDIR|EACCES|EROFS|EPERM)$/.test(code)) return journalError(error, journal);
  return refused("file-unwritable", `${file} cannot be written (${code}); nothing was exported.`, NAME_FILE);
}

function refused(code: string, message: string, remedy: string): ValidatorError {
  return new ValidatorError(message, { exit: "configuration", code, blame: "validator", remedy });
}
