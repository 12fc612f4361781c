import type { SQLOutputValue } from "node:sqlite";
import { ValidatorError } from "../../core/model/fault.ts";

/** Says of a journal that it goes on elsewhere. */
export interface MovedMark {
  /** Milliseconds of Unix time. */
  readonly at: number;
  /** Absolute path of the export. */
  readonly file: string;
}

/** Null for a journal that is at home. */
export function movedMark(get: (sql: string) => Record<string, SQLOutputValue> | undefined): MovedMark | null {
  const row = get("SELECT at, file FROM moved ORDER BY at DESC LIMIT 1");
  return row === undefined ? null : { at: Number(row["at"]), file: String(row["file"]) };
}

/** Why nothing is run on it: its copy may be running on another host, with the same hotkey. */
export function movedAway(folder: string, { at, file }: MovedMark): ValidatorError {
  return new ValidatorError(
    `The journal of the data folder ${folder} was moved away to ${file} (${new Date(at).toISOString()}): the validator goes on there, and two with one hotkey would contradict each other.`,
    {
      exit: "doppelganger",
      code: "moved-away",
      blame: "validator",
      remedy:
        "Run it where it was moved to. To go on here, stop it there, export its journal and give that file to touchstone journal import.",
    },
  );
}
