import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { ValidatorError } from "../../core/model/fault.ts";
import { journalError, sqliteCode } from "./sqlite-error.ts";

/** Held until released (again is harmless) or until the process ends, however it ends. */
export interface FolderLock {
  release(): void;
}

/** `status` takes a shared lock for an instant when it looks; a validator that starts just then waits for it. */
const LOOK_MS = 500;

/** Whether a process holds the lock, without keeping it from one that wants it. */
export function isFolderLocked(file: string): boolean {
  if (!existsSync(file)) return false;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: 0 });
    database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get();
    return false;
  } catch (error) {
    if (sqliteCode(error) === 5) return true;
    throw journalError(error, file);
  } finally {
    database?.close();
  }
}

/**
 * One process at a time (D6): an exclusive transaction on a second SQLite file, never committed. The kernel drops it with
 * the process, after kill −9 too. Nothing else may open that file in this process: closing any descriptor of it would
 * drop the POSIX lock.
 * @throws ValidatorError exit `locked` when another process (or this one) holds it.
 */
export function lockFolder(folder: string, file: string): FolderLock {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: LOOK_MS });
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database?.close();
    if (sqliteCode(error) === 5) throw alreadyLocked(folder, error);
    throw journalError(error, file);
  }
  const held = database;
  return {
    release: () => {
      if (held.isOpen) held.close();
    },
  };
}

function alreadyLocked(folder: string, cause: unknown): ValidatorError {
  return new ValidatorError(`Another process is using the data folder ${folder}.`, {
    exit: "locked",
    code: "folder-locked",
    blame: "validator",
    remedy: "Stop the other validator, or give this one a data folder of its own.",
    cause,
  });
}
