import { CanonicalError, canonicalJson } from "../../core/determinism/canonical.ts";
import { recordTextDigest } from "../../core/determinism/digest.ts";
import { ValidatorError } from "../../core/model/fault.ts";
import type { CycleKey, Digest, Hex } from "../../core/model/ids.ts";
import type { RecordKind } from "../../core/model/record-base.ts";
import type { CycleRecord, SubmissionState } from "../../core/model/records.ts";
import type { EstimatorState } from "../../core/model/scoring-state.ts";
import { type CycleLog, recordKey, type SubmissionStep } from "../../ports/journal.ts";
import type { SqliteStore } from "./sqlite-store.ts";

/** Writes the bundle and marks its cycle; given by the journal, which owns the folder of bundles. */
export type Sealer = (lines: readonly string[], seal: Digest, after: EstimatorState) => Promise<string>;

export interface CycleRow {
  readonly id: number;
  readonly key: CycleKey;
  readonly secret: Hex;
}

type RecordOf<K extends RecordKind> = Extract<CycleRecord, { kind: K }>;

interface StoredRecord {
  readonly key: string;
  readonly digest: Digest;
  readonly text: string;
}

/** One cycle of the journal. Holds no records in memory: what an earlier process left is simply there. */
export class SqliteCycleLog implements CycleLog {
  readonly key: CycleKey;
  readonly secret: Hex;
  readonly seal: Sealer;
  readonly #id: number;
  readonly #store: SqliteStore;

  constructor(store: SqliteStore, row: CycleRow, sealer: Sealer) {
    this.key = row.key;
    this.secret = row.secret;
    this.seal = sealer;
    this.#id = row.id;
    this.#store = store;
  }

  async append(record: CycleRecord): Promise<Digest> {
    const key = recordKey(record);
    const text = this.#canonical(record, `record ${record.kind} ${key}`);
    const digest = recordTextDigest(record.kind, text);
    return this.#store.write(() => {
      const before = this.#stored(record.kind, key);
      if (before === undefined) {
        this.#store
          .sql("INSERT INTO record (cycle, kind, key, digest, text) VALUES (?, ?, ?, ?, ?)")
          .run(this.#id, record.kind, key, digest, text);
      } else if (before.digest !== digest) throw this.#conflict(record.kind, key);
      return digest;
    });
  }

  find<K extends RecordKind>(kind: K, key = ""): RecordOf<K> | undefined {
    const row = this.#store.read(() => this.#stored(kind, key));
    return row === undefined ? undefined : this.#parse(kind, row);
  }

  /** Ascending by uid, then by task, whatever the order of arrival was. */
  list<K extends RecordKind>(kind: K): readonly RecordOf<K>[] {
    const rows = this.#store.read(
      () =>
        this.#store
          .sql("SELECT key, digest, text FROM record WHERE cycle = ? AND kind = ?")
          .all(this.#id, kind) as unknown as StoredRecord[],
    );
    return rows.toSorted((a, b) => byPlace(a.key, b.key)).map((row) => this.#parse(kind, row));
  }

  announce(purchase: string): Promise<"first" | "asked-before"> {
    return this.#store.write(() => {
      const { changes } = this.#store
        .sql(
          `INSERT INTO purchase (cycle, name, announced) VALUES (?, ?, 1)
           ON CONFLICT DO UPDATE SET announced = 1 WHERE announced = 0`,
        )
        .run(this.#id, purchase);
      return Number(changes) === 1 ? "first" : "asked-before";
    });
  }

  async keep(purchase: string, value: unknown): Promise<void> {
    const text = this.#canonical(value, `purchase ${purchase}`);
    await this.#store.write(() => {
      this.#store
        .sql(
          `INSERT INTO purchase (cycle, name, announced, kept) VALUES (?, ?, 0, ?)
           ON CONFLICT DO UPDATE SET kept = excluded.kept`,
        )
        .run(this.#id, purchase, text);
    });
  }

  kept(purchase: string): unknown {
    const row = this.#store.read(() =>
      this.#store.sql("SELECT kept FROM purchase WHERE cycle = ? AND name = ?").get(this.#id, purchase),
    );
    const text = row?.["kept"];
    return typeof text === "string" ? this.#json(text) : undefined;
  }

  async claim(vector: Digest): Promise<"claimed" | "same" | "other"> {
    return this.#store.exclusive(() => {
      const claim = this.#store.sql("SELECT claim FROM cycle WHERE id = ?").get(this.#id)?.["claim"];
      if (typeof claim === "string") return claim === vector ? "same" : "other";
      this.#store.sql("UPDATE cycle SET claim = ? WHERE id = ?").run(vector, this.#id);
      return "claimed";
    });
  }

  async step(step: SubmissionStep): Promise<void> {
    const facts = this.#canonical(step.facts, `step ${step.state}`);
    await this.#store.write(() => {
      this.#store.sql("INSERT INTO step (cycle, state, facts) VALUES (?, ?, ?)").run(this.#id, step.state, facts);
    });
  }

  steps(): readonly SubmissionStep[] {
    const rows = this.#store.read(() =>
      this.#store.sql("SELECT state, facts FROM step WHERE cycle = ? ORDER BY id").all(this.#id),
    );
    return rows.map((row) => ({
      state: row["state"] as SubmissionState,
      facts: this.#json(row["facts"] as string) as SubmissionStep["facts"],
    }));
  }

  #stored(kind: RecordKind, key: string): StoredRecord | undefined {
    return this.#store
      .sql("SELECT key, digest, text FROM record WHERE cycle = ? AND kind = ? AND key = ?")
      .get(this.#id, kind, key) as unknown as StoredRecord | undefined;
  }

  #parse<K extends RecordKind>(kind: K, row: StoredRecord): RecordOf<K> {
    if (recordTextDigest(kind, row.text) !== row.digest) throw this.#damaged(`record ${kind} ${row.key}`);
    return this.#json(row.text) as RecordOf<K>;
  }

  #json(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw this.#damaged(`a row (${error instanceof Error ? error.message : "unreadable"})`);
    }
  }

  #canonical(value: unknown, what: string): string {
    try {
      return canonicalJson(value);
    } catch (error) {
      if (!(error instanceof CanonicalError)) throw error;
      throw this.#error(`${what} cannot be written: ${error.message}`, "record-unwritable", error);
    }
  }

  #conflict(kind: RecordKind, key: string): ValidatorError {
    const place = key === "" ? kind : `${kind} ${key}`;
    return this.#error(`there already is another record ${place}`, "record-conflict");
  }

  #damaged(what: string): ValidatorError {
    return this.#error(`${what} was changed on disk`, "journal-damaged");
  }

  #error(what: string, code: string, cause?: unknown): ValidatorError {
    const { netuid, mechid, epoch } = this.key;
    return new ValidatorError(`Cycle ${netuid}/${mechid}/${epoch} of the journal: ${what}.`, {
      exit: "journal",
      code,
      blame: "validator",
      remedy: "Keep a copy of the data folder and report this.",
      cause,
    });
  }
}

/** `12/t03` before `100/t00`: uids as numbers, then tasks as text. */
function byPlace(left: string, right: string): number {
  const [leftUid = "", leftTask = ""] = left.split("/");
  const [rightUid = "", rightTask = ""] = right.split("/");
  if (leftUid !== rightUid) return Number(leftUid) - Number(rightUid);
  return leftTask < rightTask ? -1 : 1;
}
