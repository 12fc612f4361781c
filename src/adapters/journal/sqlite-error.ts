import { ValidatorError } from "../../core/model/fault.ts";

/** Primary SQLite result codes (sqlite.org/rescode.html) in words an operator can act on. */
const CAUSES: Readonly<Record<number, readonly [what: string, remedy: string]>> = {
  5: ["is in use by another program", "Close the other program, then start again."],
  8: ["cannot be written", "Make the data folder writable for this user."],
  10: ["could not be read or written by the disk", "Check the disk and its free space, then start again."],
  11: ["is damaged", "Restore it from a backup, or move it away: sealed bundles are kept beside it."],
  13: ["cannot grow: the disk is full", "Free some disk space, then start again."],
  14: ["cannot be opened", "Check that the data folder exists and that this user may write to it."],
  26: ["is not a journal (not an SQLite file)", "Move the file away, or name another data folder."],
};

const FULL = CAUSES[13];
const UNWRITABLE = CAUSES[8];
/** The same of the file system, where bundles are written. */
const FILE_CAUSES: Readonly<Record<string, readonly [what: string, remedy: string] | undefined>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EFBIG: ["cannot grow: this user may write no larger file", "Raise the limit (ulimit -f), then start again."],
  EROFS: UNWRITABLE,
  EACCES: UNWRITABLE,
  EPERM: UNWRITABLE,
  EIO: CAUSES[10],
};

/** Words an SQLite failure (or a file system's) as the error with which the process ends: exit `journal`. */
export function journalError(error: unknown, path: string): ValidatorError {
  if (error instanceof ValidatorError) return error;
  const result = sqliteCode(error);
  const [what, remedy] = CAUSES[result ?? -1] ??
    FILE_CAUSES[fileCode(error)] ?? [
      `failed: ${error instanceof Error ? oneLine(error.message) : "unknown reason"}`,
      "Check the data folder and its disk, then start again.",
    ];
  return new ValidatorError(`The journal ${path} ${what}.`, {
    exit: "journal",
    code: result === 11 || result === 26 ? "journal-damaged" : "journal-unusable",
    blame: "validator",
    remedy,
    cause: error,
  });
}

function fileCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** The primary result code of an error of node:sqlite; undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode % 256;
}

const MOST_WORDS = 200;

/** A library's words within a sentence of ours: on one line, printable and short. */
export function oneLine(text: string): string {
  // A damaged file's own bytes can stand in them.
  const line = text.replaceAll(/[^\u0020-\u007e]+/g, " ").trim();
  return line.length > MOST_WORDS ? `${line.slice(0, MOST_WORDS)}…` : line;
}
