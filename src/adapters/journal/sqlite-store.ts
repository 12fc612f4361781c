import { chmodSync, closeSync, openSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { ValidatorError } from "../../core/model/fault.ts";
import { prepareSchema } from "./journal-schema.ts";
import { journalError } from "./sqlite-error.ts";

/** Work inside the transaction of one tick: it either does its writes or throws a ValidatorError before the first. */
interface Job {
  readonly run: () => void;
  readonly reject: (error: unknown) => void;
  /** Set by `run`: delivers its result, or its own refusal, once the transaction is on disk. */
  settle: () => void;
}

/**
 * The journal's database. Writes of one tick share one transaction (group commit): each promise resolves after COMMIT
 * with synchronous=FULL, so that what is resolved survives a power cut.
 */
export class SqliteStore {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #jobs: Job[] = [];
  #closed = false;

  /** @throws ValidatorError exit `journal` when the file cannot be used. */
  constructor(path: string) {
    this.#path = path;
    let database: DatabaseSync | undefined;
    try {
      // The cycle secret is in here until the seal. SQLite gives its side files the mode of the main one.
      closeSync(openSync(path, "a", 0o600));
      chmodSync(path, 0o600);
      database = new DatabaseSync(path, { timeout: 5000, enableForeignKeyConstraints: true });
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
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

  /** Runs `work` in the transaction of this tick; resolves with its result after COMMIT. */
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
      if (this.#jobs.length === 1) setImmediate(() => this.#flush());
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

  /** Writes what is still waiting, then closes. */
  close(): void {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    this.#database.close();
  }

  #flush(): void {
    const jobs = this.#jobs;
    this.#jobs = [];
    if (jobs.length === 0) return;
    try {
      this.#transaction("IMMEDIATE", () => {
        for (const job of jobs) job.run();
      });
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
