import { chmodSync, closeSync, openSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { ValidatorError } from "../../core/model/fault.ts";
import { prepareSchema } from "./journal-schema.ts";
import { journalError } from "./sqlite-error.ts";

/** 64 MiB of pages: several cycles' worth, given back in well under a second. */
const COMPACT_PAGES = 16_384;

/**
 * A commit waits for the disk, and the whole process waits with it: the disk rests four times as long as the commit before
 * took, so that under load a fifth of the time is spent so and the writes of the rest share the next commit.
 */
const REST = 4;
const MAX_REST_MS = 100;

/** Work inside a shared transaction: it either does its writes or throws a ValidatorError before the first. */
interface Job {
  readonly run: () => void;
  readonly reject: (error: unknown) => void;
  /** Set by `run`: delivers its result, or its own refusal, once the transaction is on disk. */
  settle: () => void;
}

/**
 * The journal's database. Writes that come together share one transaction (group commit): each promise resolves after COMMIT
 * with synchronous=FULL, so that what is resolved survives a power cut.
 */
export class SqliteStore {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #jobs: Job[] = [];
  #closed = false;
  /** From when on a commit may follow the last one at once, on the process's own clock. */
  #restedAt = 0;

  /** @throws ValidatorError exit `journal` when the file cannot be used. */
  constructor(path: string) {
    this.#path = path;
    let database: DatabaseSync | undefined;
    try {
      // The cycle secret is in here until the seal. SQLite gives its side files the mode of the main one.
      closeSync(openSync(path, "a", 0o600));
      chmodSync(path, 0o600);
      database = new DatabaseSync(path, { timeout: 5000, enableForeignKeyConstraints: true });
      // auto_vacuum of a new file comes before everything else; the limit cuts the write-ahead log back after a large cycle.
      database.exec(
        "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216;",
      );
      prepareSchema(database, path);
    } catch (error) {
      database?.close();
      throw journalError(error, path);
    }
    this.#database = database;
  }

  /** One statement, prepared once. */
  sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#database.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }

  /** Reads outside a transaction; SQLite's errors come out as ValidatorError. */
  read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.#closed ? this.#afterClose() : journalError(error, this.#path);
    }
  }

  /** Runs `work` in the next shared transaction; resolves with its result after COMMIT. */
  write<T>(work: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(this.#afterClose());
    return new Promise<T>((resolve, reject) => {
      const job: Job = {
        run: () => {
          try {
            const result = work();
            job.settle = () => resolve(result);
          } catch (error) {
            if (!(error instanceof ValidatorError)) throw error;
            job.settle = () => reject(error);
          }
        },
        reject,
        settle: () => undefined,
      };
      this.#jobs.push(job);
      if (this.#jobs.length === 1) this.#schedule();
    });
  }

  /** Runs `work` at once in a transaction of its own that excludes every other writer. */
  exclusive<T>(work: () => T): T {
    if (this.#closed) throw this.#afterClose();
    this.#flush();
    try {
      return this.#transaction("EXCLUSIVE", work);
    } catch (error) {
      throw journalError(error, this.#path);
    }
  }

  /**
   * Gives the pages of deleted rows back to the file system, a bounded number at a time, and empties the write-ahead log where
   * no reader is in the way.
   */
  compact(): void {
    if (this.#closed) throw this.#afterClose();
    this.#flush();
    try {
      this.#database.exec(`PRAGMA incremental_vacuum(${COMPACT_PAGES}); PRAGMA wal_checkpoint(TRUNCATE);`);
    } catch (error) {
      throw journalError(error, this.#path);
    }
  }

  /** Writes what is still waiting, then closes. */
  close(): void {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    this.#database.close();
  }

  /** At once when the disk has rested, else after its rest: thousands of answers a minute must not each wait for a sync. */
  #schedule(): void {
    const restMs = this.#restedAt - performance.now();
    if (restMs > 0) setTimeout(() => this.#flush(), restMs);
    else setImmediate(() => this.#flush());
  }

  #flush(): void {
    const jobs = this.#jobs;
    this.#jobs = [];
    if (jobs.length === 0) return;
    const begun = performance.now();
    try {
      this.#transaction("IMMEDIATE", () => {
        for (const job of jobs) job.run();
      });
      const ended = performance.now();
      this.#restedAt = ended + Math.min((ended - begun) * REST, MAX_REST_MS);
    } catch (error) {
      const failure = journalError(error, this.#path);
      for (const job of jobs) job.reject(failure);
      return;
    }
    for (const job of jobs) job.settle();
  }

  #transaction<T>(kind: "IMMEDIATE" | "EXCLUSIVE", work: () => T): T {
    this.#database.exec(`BEGIN ${kind}`);
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } finally {
      // SQLite has already rolled back by itself after a full disk.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
    }
  }

  #afterClose(): ValidatorError {
    return new ValidatorError(`The journal ${this.#path} was used after it was closed.`, {
      exit: "internal",
      code: "journal-closed",
      blame: "validator",
      remedy: "Report this as a bug.",
    });
  }
}
