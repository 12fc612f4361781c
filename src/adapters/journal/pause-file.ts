import { closeSync, constants, fstatSync, mkdirSync, openSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ValidatorError } from "../../core/model/fault.ts";
import type { Pause, SubmissionPause } from "../../ports/pause.ts";
import { syncPath, writeOwnFile } from "./write-file.ts";

/** The most of an operator's words that is kept. */
export const LONGEST_REASON = 500;
/** What we write is below 4 KiB whatever the words are. */
const MOST_BYTES = 8192;

const shape = z.strictObject({
  since: z.iso.datetime(),
  reason: z.string().max(LONGEST_REASON).nullable(),
}) satisfies z.ZodType<Pause>;

/** Where the wish of a data folder stands. */
export function pauseFile(folder: string): string {
  return join(folder, "pause.json");
}

/** What stands in the folder at each question; a running process needs no restart to hear of it. */
export function folderPause(folder: string): SubmissionPause {
  return { current: () => currentPause(folder) };
}

/**
 * Null when there is none. A file that is not ours counts as a wish, with what is wrong with it as the reason: weights are
 * never sent against an operator's wish because the wish was damaged.
 */
export function currentPause(folder: string): Pause | null {
  const path = pauseFile(folder);
  try {
    const text = readBounded(path);
    return text === undefined ? null : shape.parse(JSON.parse(text));
  } catch (error) {
    return { since: null, reason: `${path} cannot be read (${defect(error)}); touchstone resume removes it` };
  }
}

/**
 * Paused from now on, or as before with other words. The folder is made when it is missing: one can pause before the first
 * start.
 * @throws ValidatorError exit `configuration` (`reason-too-long`), exit `journal` when the folder cannot be written.
 */
export function pause(folder: string, reason: string | null, now: string): Pause {
  if (reason !== null && reason.length > LONGEST_REASON) throw tooLong(reason.length);
  const before = currentPause(folder);
  const next: Pause = { since: before?.since ?? now, reason: reason ?? (before?.since == null ? null : before.reason) };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeOwnFile(pauseFile(folder), `${JSON.stringify(next)}\n`);
  } catch (error) {
    throw unwritable(folder, error);
  }
  return next;
}

/** Whether there was a wish. @throws ValidatorError exit `journal` when the folder cannot be written. */
export function resume(folder: string): boolean {
  if (currentPause(folder) === null) return false;
  try {
    rmSync(pauseFile(folder), { recursive: true });
    syncPath(folder);
  } catch (error) {
    throw unwritable(folder, error);
  }
  return true;
}

/** Undefined when there is no such file. Links are not followed, and nothing but a file is waited for. */
function readBounded(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    if (!fstatSync(file).isFile()) throw new RangeError("it is not a file");
    if (size > MOST_BYTES) throw new RangeError("it is too large");
    const buffer = Buffer.alloc(MOST_BYTES);
    return new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, readSync(file, buffer)));
  } finally {
    closeSync(file);
  }
}

/** What the file holds is never repeated. */
function defect(error: unknown): string {
  if (error instanceof RangeError) return error.message;
  const code = errorCode(error);
  return code === "" || code.startsWith("ERR_") ? "it is not what touchstone pause writes" : code;
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function tooLong(length: number): ValidatorError {
  return new ValidatorError(`The reason has ${length} characters; at most ${LONGEST_REASON} are kept.`, {
    exit: "configuration",
    code: "reason-too-long",
    blame: "validator",
    remedy: "Say it in fewer words.",
  });
}

function unwritable(folder: string, cause: unknown): ValidatorError {
  return new ValidatorError(`The data folder ${folder} cannot be written (${errorCode(cause)}).`, {
    exit: "journal",
    code: "journal-unusable",
    blame: "validator",
    remedy: "Make space there, or make it writable for this user, then say it again.",
    cause,
  });
}
