import { existsSync, readdirSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Header } from "../../core/model/records.ts";
import { journalError } from "./sqlite-error.ts";

/** Where a journal and its bundles lie: a dry run has its own, so that it can run beside a validator. */
export interface JournalFiles {
  readonly journal: string;
  readonly lock: string;
  readonly bundles: string;
}

export function journalFiles(folder: string, mode: Header["mode"]): JournalFiles {
  const dry = mode === "dry-run";
  return {
    journal: join(folder, dry ? "dry-run.sqlite" : "journal.sqlite"),
    lock: join(folder, dry ? "dry-run-lock.sqlite" : "lock.sqlite"),
    bundles: join(folder, dry ? "dry-run-bundles" : "bundles"),
  };
}

/** What a data folder takes of its disk, in bytes. */
export interface DataSize {
  /** The database with its write-ahead log. */
  readonly journalBytes: number;
  readonly bundles: number;
  readonly bundleBytes: number;
  /** What is left on the disk for this user. */
  readonly freeBytes: number;
}

/** @throws ValidatorError exit `journal` when the folder cannot be read. */
export function dataSize(folder: string, files: JournalFiles): DataSize {
  try {
    const journal = [files.journal, `${files.journal}-wal`, `${files.journal}-shm`].map(sizeOf);
    const bundles = namesIn(files.bundles)
      .filter((name) => name.endsWith(".jsonl.zst"))
      .map((name) => sizeOf(join(files.bundles, name)));
    const disk = statfsSync(folder);
    return {
      journalBytes: sum(journal),
      bundles: bundles.length,
      bundleBytes: sum(bundles),
      freeBytes: disk.bavail * disk.bsize,
    };
  } catch (error) {
    throw journalError(error, folder);
  }
}

/** None for a folder that is not there: a journal that was just imported has no bundles yet. */
function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** 0 for a file that is not there, or not any more. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
