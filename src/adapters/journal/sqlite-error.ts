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

/** Words an SQLite failure (or a file system's) as the error with which the process ends: exit `journal`. */
export function journalError(error: unknown, path: string): ValidatorError {
  if (error instanceof ValidatorError) return error;
  const result = sqliteCode(error);
  const [what, remedy] = CAUSES[result ?? -1] ?? [
    `failed: ${error instanceof Error ? error.message : "unknown reason"}`,
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

/** The primary result code of an error of node:sqlite; undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode % 256;
}
