import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Sent } from "../../core/audit/settlement.ts";
import { canonicalJson } from "../../core/determinism/canonical.ts";
import type { RetentionConfig } from "../../core/model/config.ts";
import { ValidatorError } from "../../core/model/fault.ts";
import type { CycleKey, Digest, Hex, Ss58 } from "../../core/model/ids.ts";
import type { Header } from "../../core/model/records.ts";
import type { EstimatorState } from "../../core/model/scoring-state.ts";
import type { CycleLog, Journal, JournalPast, SealedCycle, Seat } from "../../ports/journal.ts";
import { SILENT, type Telemetry } from "../../ports/telemetry.ts";
import { writeBundle } from "./bundle-file.ts";
import { dataSize, type JournalFiles, journalFiles } from "./data-size.ts";
import { type FolderLock, lockFolder } from "./folder-lock.ts";
import { forgetOld } from "./forget.ts";
import { journalPast, knownUpdate, noteUpdate } from "./journal-past.ts";
import { movedAway, movedMark } from "./moved-mark.ts";
import { deleteOldBundles, KEEP_BUNDLES, type SealedFile } from "./retention.ts";
import { sentUntil } from "./sent-until.ts";
import { type CycleRow, SqliteCycleLog } from "./sqlite-cycle-log.ts";
import { journalError } from "./sqlite-error.ts";
import { SqliteStore } from "./sqlite-store.ts";

export interface JournalPlace {
  /** The data folder; made when missing. */
  readonly folder: string;
  /** A dry run has its own journal, lock and bundles, so that it can run beside a validator. */
  readonly mode: Header["mode"];
  /** What is kept how long; without it every bundle, and the records of eight cycles. */
  readonly retention?: RetentionConfig;
  readonly telemetry?: Telemetry;
}

/** Below so much free space the operator is warned: a large cycle takes some 100 MB in all. */
const LITTLE_SPACE = 1e9;

/**
 * Opens the journal of a data folder and locks it for this process.
 * @throws ValidatorError exit `locked` when another process has it, exit `journal` when it is damaged, foreign, of a newer
 * version, or cannot be written, exit `doppelganger` when it was moved to another host.
 */
export async function openJournal(place: JournalPlace): Promise<Journal> {
  const folder = resolve(place.folder);
  const files = journalFiles(folder, place.mode);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    mkdirSync(files.bundles, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw journalError(error, folder);
  }
  const lock = lockFolder(folder, files.lock);
  try {
    const { retention = KEEP_BUNDLES, telemetry = SILENT } = place;
    const store = new SqliteStore(files.journal);
    const mark = store.read(() => movedMark((sql) => store.sql(sql).get()));
    if (mark !== null) {
      store.close();
      throw movedAway(folder, mark);
    }
    const journal = new SqliteJournal(store, lock, { folder, files, retention, telemetry });
    journal.tidy();
    return journal;
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface Keeping {
  readonly folder: string;
  readonly files: JournalFiles;
  readonly retention: RetentionConfig;
  readonly telemetry: Telemetry;
}

class SqliteJournal implements Journal {
  readonly #store: SqliteStore;
  readonly #lock: FolderLock;
  readonly #bundles: string;
  readonly #keeping: Keeping;

  constructor(store: SqliteStore, lock: FolderLock, keeping: Keeping) {
    this.#store = store;
    this.#lock = lock;
    this.#bundles = keeping.files.bundles;
    this.#keeping = keeping;
  }

  /** Keeps the data folder within its bounds and says how large it is; after the start and after every seal. */
  tidy(): void {
    const { folder, files, retention, telemetry } = this.#keeping;
    try {
      deleteOldBundles(this.#bundles, this.#sealedFiles(), retention, telemetry);
      this.#store.compact();
      const size = dataSize(folder, files);
      telemetry.event(size.freeBytes < LITTLE_SPACE ? "warn" : "info", "data-size", { ...size });
    } catch (error) {
      // Weights go on: what is written for a cycle meets the same disk and stops the process where something would be lost.
      if (!(error instanceof ValidatorError)) throw error;
      telemetry.event("error", "data-not-tidied", { message: error.message, remedy: error.remedy });
    }
  }

  async open(key: CycleKey, secret: () => Hex): Promise<CycleLog> {
    const row = await this.#store.write(() => {
      const found = this.#row(key);
      if (found !== undefined) return { id: found.id, key, secret: found.secret };
      const fresh = secret();
      const { lastInsertRowid } = this.#store
        .sql("INSERT INTO cycle (netuid, mechid, epoch, secret) VALUES (?, ?, ?, ?)")
        .run(key.netuid, key.mechid, key.epoch, fresh);
      return { id: Number(lastInsertRowid), key, secret: fresh };
    });
    return this.#log(row);
  }

  sealed(key: CycleKey): SealedCycle | undefined {
    const row = this.#store.read(() => this.#row(key));
    if (row === undefined || row.seal === null || row.bundle === null) return undefined;
    return { key, seal: row.seal, bundle: join(this.#bundles, row.bundle) };
  }

  unsealed(netuid: number, mechid: number): readonly CycleKey[] {
    const rows = this.#store.read(() =>
      this.#store
        .sql("SELECT epoch FROM cycle WHERE netuid = ? AND mechid = ? AND sealed IS NULL ORDER BY id")
        .all(netuid, mechid),
    );
    return rows.map((row) => ({ netuid, mechid, epoch: Number(row["epoch"]) }));
  }

  /** Newest by order of sealing: each seal names the one before it, so that order is the chain. */
  last(netuid: number, mechid: number): { readonly seal: Digest; readonly state: EstimatorState } | undefined {
    const row = this.#store.read(() =>
      this.#store
        .sql(
          "SELECT seal, state FROM cycle WHERE netuid = ? AND mechid = ? AND sealed > 0 ORDER BY sealed DESC LIMIT 1",
        )
        .get(netuid, mechid),
    );
    if (row === undefined) return undefined;
    return { seal: row["seal"] as Digest, state: JSON.parse(row["state"] as string) as EstimatorState };
  }

  /** Sealed cycles lose their records in time, the newest ones keep theirs: there is a header as soon as there is a past. */
  sentUntil(until: CycleKey & { readonly hotkey: Ss58 | null }): Sent | undefined {
    return sentUntil(this.#store, until, (row) => this.#log(row));
  }

  knownUpdate(seat: Seat): number | null {
    return knownUpdate(this.#store, seat);
  }

  noteUpdate(seat: Seat, block: number): Promise<void> {
    return noteUpdate(this.#store, seat, block);
  }

  past(netuid: number, mechid: number): JournalPast {
    return journalPast(this.#store, netuid, mechid);
  }

  async close(): Promise<void> {
    this.#store.close();
    this.#lock.release();
  }

  #sealedFiles(): readonly SealedFile[] {
    return this.#store.read(
      () =>
        this.#store
          .sql(
            "SELECT netuid, mechid, epoch, bundle, sealed_at AS at FROM cycle WHERE seal IS NOT NULL AND bundle IS NOT NULL ORDER BY sealed",
          )
          .all() as unknown as SealedFile[],
    );
  }

  #log(row: CycleRow): SqliteCycleLog {
    return new SqliteCycleLog(this.#store, row, (lines, seal, after) => this.#seal(row, lines, { seal, after }));
  }

  #row(key: CycleKey): SealedRow | undefined {
    return this.#store
      .sql("SELECT id, secret, bundle, seal FROM cycle WHERE netuid = ? AND mechid = ? AND epoch = ?")
      .get(key.netuid, key.mechid, key.epoch) as unknown as SealedRow | undefined;
  }

  async #seal(
    { id, key }: CycleRow,
    lines: readonly string[],
    end: { readonly seal: Digest; readonly after: EstimatorState },
  ): Promise<string> {
    const name = `cycle-${key.netuid}-${key.mechid}-${key.epoch}.jsonl.zst`;
    const path = join(this.#bundles, name);
    const row = this.#store.read(() => this.#row(key));
    if (row !== undefined && row.seal !== null) {
      if (row.seal === end.seal) return path;
      throw sealRefused(`cycle ${key.netuid}/${key.mechid}/${key.epoch} already has another seal`, "record-conflict");
    }
    if (row?.bundle === null && existsSync(path)) {
      throw sealRefused(`${path} exists, but was not written from this journal`, "bundle-exists");
    }
    const state = canonicalJson(end.after);
    await this.#store.write(() => this.#store.sql("UPDATE cycle SET bundle = ? WHERE id = ?").run(name, id));
    await writeBundle(path, lines);
    await this.#store.write(() => {
      this.#store
        .sql(
          `UPDATE cycle SET seal = ?, state = ?, sealed_at = ?, sealed = (SELECT coalesce(max(sealed), 0) + 1 FROM cycle)
           WHERE id = ?`,
        )
        .run(end.seal, state, Date.now(), id);
      forgetOld(this.#store, key, this.#keeping.retention.records);
    });
    this.tidy();
    return path;
  }
}

interface SealedRow {
  readonly id: number;
  readonly secret: Hex;
  readonly bundle: string | null;
  readonly seal: Digest | null;
}

function sealRefused(what: string, code: string): ValidatorError {
  return new ValidatorError(`The cycle cannot be sealed: ${what}.`, {
    exit: "journal",
    code,
    blame: "validator",
    remedy: "Move the old bundle to another folder, or name another data folder.",
  });
}
