import { accessSync, constants, existsSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { ValidatorError } from "../../core/model/fault.ts";
import { checksumHolds, holdsMore } from "./checksum.ts";
import { copyInto } from "./journal-export.ts";
import { journalVerdict } from "./journal-schema.ts";
import { journalError, oneLine, sqliteCode } from "./sqlite-error.ts";

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
  /** With which the newest cycle was begun; null when there is none, or it was a dry run's. */
  readonly hotkey: string | null;
}

/**
 * Makes a checked copy of an exported journal, of this version's schema; the file itself is only read.
 * @throws ValidatorError exit `journal` when it is damaged, foreign or of another version, or when the data folder does not take
 * the copy.
 */
export function stageFile(file: string, temporary: string): JournalImport {
  let source: DatabaseSync | undefined;
  let copy: DatabaseSync | undefined;
  try {
    source = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
    requireJournal(source, file);
    copyInto(source, temporary);
    copy = new DatabaseSync(temporary, { readOnly: true });
    return contents(copy);
  } catch (error) {
    throw fileError(error, file, temporary);
  } finally {
    source?.close();
    copy?.close();
  }
}

/** How an import refuses. */
export function importRefused(exit: "configuration" | "journal", code: string, message: string): ValidatorError {
  return new ValidatorError(message, { exit, code, blame: "validator", remedy: REMEDIES[code] ?? "" });
}

const NAME_IT = "Name the file that touchstone journal export wrote.";
const REMEDIES: Readonly<Record<string, string>> = {
  "file-missing": NAME_IT,
  "file-unreadable": "Name the file that touchstone journal export wrote, and make it readable for this user.",
  "journal-damaged": "Copy it again from where touchstone journal export wrote it, or export it again there.",
  "journal-foreign": NAME_IT,
  "journal-version": "Import it with the version of Touchstone that wrote it, or a newer one.",
  "journal-in-use": "Name another data folder, or move this one away; a running validator's journal is never replaced.",
  "journal-older": "Export the journal where the validator ran last, and import that file.",
  "journal-unusable": "Close the other program, then import it again.",
};

/** @throws ValidatorError exit `configuration` when there is no such file, or none that can be read. */
export function requireReadable(file: string): void {
  if (!existsSync(file)) throw importRefused("configuration", "file-missing", `There is no file ${file}.`);
  try {
    accessSync(file, constants.R_OK);
    if (statSync(file).isFile()) return;
  } catch (cause) {
    throw unreadable(file, cause);
  }
  throw unreadable(file);
}

function unreadable(file: string, cause?: unknown): ValidatorError {
  return new ValidatorError(`The file ${file} cannot be read.`, {
    exit: "configuration",
    code: "file-unreadable",
    blame: "validator",
    remedy: REMEDIES["file-unreadable"] ?? "",
    cause,
  });
}

function requireJournal(source: DatabaseSync, file: string): void {
  if (statSync(file).size === 0) {
    throw importRefused("journal", "journal-damaged", `The file ${file} is empty: it was cut on the way.`);
  }
  const verdict = journalVerdict(source);
  if (verdict !== undefined) throw importRefused("journal", verdict.code, `The file ${file} ${verdict.what}.`);
  const check = String(Object.values(source.prepare("PRAGMA integrity_check(1)").get() ?? {})[0]);
  if (check !== "ok") throw damaged(file, check);
  if (holdsMore(source)) {
    throw importRefused("journal", "journal-foreign", `The file ${file} holds more than a journal of Touchstone.`);
  }
  if (!checksumHolds(source)) throw damaged(file, "its content is not what was exported");
}

function damaged(file: string, why: string): ValidatorError {
  return importRefused(
    "journal",
    "journal-damaged",
    `The file ${file} was cut or damaged on the way (${oneLine(why)}).`,
  );
}

/** SQLITE_ERROR and SQLITE_CORRUPT: a table or a page is not what it should be. */
const DAMAGE = new Set([1, 11]);

/** Reading the file and writing the copy fail in one place: which of the two it was, SQLite's code says. */
function fileError(error: unknown, file: string, temporary: string): ValidatorError {
  const code = sqliteCode(error);
  if (code === 26) {
    return importRefused(
      "journal",
      "journal-damaged",
      `The file ${file} is no journal (not an SQLite file), or its beginning is damaged.`,
    );
  }
  if (code === 5) return importRefused("journal", "journal-unusable", `The file ${file} is in use by another program.`);
  if (code !== undefined && DAMAGE.has(code)) return damaged(file, error instanceof Error ? error.message : "");
  return journalError(error, temporary);
}

/** What the next start goes on with. */
function contents(database: DatabaseSync): JournalImport {
  const count = database.prepare("SELECT count(*) AS n FROM cycle").get();
  const rows = database.prepare("SELECT netuid, mechid, epoch, claim FROM cycle WHERE seal IS NULL ORDER BY id").all();
  const header = database
    .prepare("SELECT text ->> '$.hotkey' AS hotkey FROM record WHERE kind = 'header' ORDER BY cycle DESC LIMIT 1")
    .get();
  const hotkey = header?.["hotkey"];
  return {
    cycles: Number(count?.["n"]),
    open: rows.map((row) => ({
      netuid: Number(row["netuid"]),
      mechid: Number(row["mechid"]),
      epoch: Number(row["epoch"]),
      claimed: row["claim"] !== null,
    })),
    hotkey: typeof hotkey === "string" ? hotkey : null,
  };
}
