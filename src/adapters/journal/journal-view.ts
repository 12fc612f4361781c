import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { CycleKey, Digest } from "../../core/model/ids.ts";
import type { RecordKind } from "../../core/model/record-base.ts";
import type { CycleRecord, Header, SubmissionState } from "../../core/model/records.ts";
import { type DataSize, dataSize, type JournalFiles, journalFiles } from "./data-size.ts";
import { isFolderLocked } from "./folder-lock.ts";
import { checkJournal } from "./journal-schema.ts";
import { type MovedMark, movedMark } from "./moved-mark.ts";
import { journalError } from "./sqlite-error.ts";

/** One cycle as the journal has it now. */
export interface CycleView {
  readonly key: CycleKey;
  /** Null while the cycle is open; `at` in milliseconds of Unix time, null where an older version sealed it. */
  readonly sealed: { readonly seal: Digest; readonly bundle: string; readonly at: number | null } | null;
  /** Whether a vector has the claim to be signed. */
  readonly claimed: boolean;
  /** How many records of each kind it has. Those of long-sealed cycles are in their bundles. */
  readonly records: Readonly<Record<string, number>>;
  /** Paid calls that were announced. */
  readonly announced: number;
  readonly steps: readonly SubmissionState[];
}

export interface MechanismView {
  readonly netuid: number;
  readonly mechid: number;
  readonly sealedCycles: number;
  readonly last: CycleView | null;
  /** Begun and not sealed, oldest first. */
  readonly open: readonly CycleView[];
  /** The newest block in which the LastUpdate of the hotkey that ran last is known to have moved; null when never noted. */
  readonly ownUpdate: number | null;
}

/** A journal for reading only, beside whoever writes it. */
export interface JournalView extends Disposable {
  mechanisms(): readonly MechanismView[];
  /** The only record of its kind of a recent cycle. */
  record<K extends RecordKind>(key: CycleKey, kind: K): Extract<CycleRecord, { kind: K }> | undefined;
  size(): DataSize;
  /** Whether a process works with this journal. */
  isLocked(): boolean;
  /** Where it went on, if it was moved away. */
  moved(): MovedMark | null;
}

/**
 * Opens the journal of a data folder for reading; undefined when there is none yet. It takes no lock, makes no folder, changes
 * nothing, and reads journals of earlier versions as they are.
 * @throws ValidatorError exit `journal` when it is damaged, foreign, newer or cannot be read.
 */
export function openJournalReadOnly(place: {
  readonly folder: string;
  readonly mode: Header["mode"];
}): JournalView | undefined {
  const folder = resolve(place.folder);
  const files = journalFiles(folder, place.mode);
  if (!existsSync(files.journal)) return undefined;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(files.journal, { readOnly: true, timeout: 5000 });
    checkJournal(database, files.journal);
    return new SqliteView(database, folder, files);
  } catch (error) {
    database?.close();
    throw journalError(error, files.journal);
  }
}

interface Row {
  readonly id: number;
  readonly netuid: number;
  readonly mechid: number;
  readonly epoch: number;
  readonly claim: string | null;
  readonly bundle: string | null;
  readonly seal: Digest | null;
  /** Absent in journals of version 1. */
  readonly sealed_at?: number | null;
}

/** Narrows own updates to those of the hotkey in the mechanism's newest header. */
const OF_NEWEST = `AND hotkey = (SELECT text ->> '$.hotkey' FROM record JOIN cycle ON cycle.id = record.cycle
  WHERE kind = 'header' AND cycle.netuid = ?1 AND cycle.mechid = ?2 ORDER BY cycle.id DESC LIMIT 1)`;

class SqliteView implements JournalView {
  readonly #database: DatabaseSync;
  readonly #folder: string;
  readonly #files: JournalFiles;

  constructor(database: DatabaseSync, folder: string, files: JournalFiles) {
    this.#database = database;
    this.#folder = folder;
    this.#files = files;
  }

  mechanisms(): readonly MechanismView[] {
    return this.#read(() => {
      const groups = this.#database
        .prepare(
          "SELECT netuid, mechid, count(seal) AS count FROM cycle GROUP BY netuid, mechid ORDER BY netuid, mechid",
        )
        .all() as unknown as readonly { readonly netuid: number; readonly mechid: number; readonly count: number }[];
      return groups.map(({ netuid, mechid, count }) => ({
        netuid,
        mechid,
        sealedCycles: count,
        last: this.#rows(netuid, mechid, "seal IS NOT NULL ORDER BY sealed DESC LIMIT 1").at(0) ?? null,
        open: this.#rows(netuid, mechid, "seal IS NULL ORDER BY id"),
        ownUpdate: this.#ownUpdate(netuid, mechid),
      }));
    });
  }

  record<K extends RecordKind>(key: CycleKey, kind: K): Extract<CycleRecord, { kind: K }> | undefined {
    const row = this.#read(() =>
      this.#database
        .prepare(
          `SELECT text FROM record JOIN cycle ON cycle.id = record.cycle
           WHERE netuid = ? AND mechid = ? AND epoch = ? AND kind = ? AND key = ''`,
        )
        .get(key.netuid, key.mechid, key.epoch, kind),
    );
    if (row === undefined) return undefined;
    return this.#read(() => JSON.parse(row["text"] as string) as Extract<CycleRecord, { kind: K }>);
  }

  size(): DataSize {
    return dataSize(this.#folder, this.#files);
  }

  isLocked(): boolean {
    return isFolderLocked(this.#files.lock);
  }

  moved(): MovedMark | null {
    return this.#read(() => (this.#has("moved") ? movedMark((sql) => this.#database.prepare(sql).get()) : null));
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #ownUpdate(netuid: number, mechid: number): number | null {
    if (!this.#has("own_update")) return null;
    const named = this.#database.prepare("SELECT 1 FROM pragma_table_info('own_update') WHERE name = 'hotkey'").get();
    const row = this.#database
      .prepare(`SELECT block FROM own_update WHERE netuid = ?1 AND mechid = ?2 ${named === undefined ? "" : OF_NEWEST}`)
      .get(netuid, mechid);
    return row === undefined ? null : Number(row["block"]);
  }

  /** Journals of earlier versions lack some tables. */
  #has(table: string): boolean {
    return this.#database.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(table) !== undefined;
  }

  #rows(netuid: number, mechid: number, which: string): readonly CycleView[] {
    const rows = this.#database
      .prepare(`SELECT * FROM cycle WHERE netuid = ? AND mechid = ? AND ${which}`)
      .all(netuid, mechid) as unknown as readonly Row[];
    return rows.map((row) => this.#view(row));
  }

  #view({ id, netuid, mechid, epoch, claim, bundle, seal, sealed_at = null }: Row): CycleView {
    const all = (sql: string): readonly Record<string, unknown>[] => this.#database.prepare(sql).all(id);
    const records = all("SELECT kind, count(*) AS count FROM record WHERE cycle = ? GROUP BY kind ORDER BY kind");
    const [purchases] = all("SELECT count(*) AS count FROM purchase WHERE cycle = ? AND announced = 1");
    return {
      key: { netuid, mechid, epoch },
      sealed:
        seal === null || bundle === null ? null : { seal, bundle: join(this.#files.bundles, bundle), at: sealed_at },
      claimed: claim !== null,
      records: Object.fromEntries(records.map(({ kind, count }) => [String(kind), Number(count)])),
      announced: Number(purchases?.["count"] ?? 0),
      steps: all("SELECT state FROM step WHERE cycle = ? ORDER BY id").map(({ state }) => state as SubmissionState),
    };
  }

  /** One transaction a question: everything in an answer is of one moment. */
  #read<T>(work: () => T): T {
    try {
      this.#database.exec("BEGIN");
      return work();
    } catch (error) {
      throw journalError(error, this.#files.journal);
    } finally {
      if (this.#database.isTransaction) this.#database.exec("COMMIT");
    }
  }
}
