import type { DatabaseSync } from "node:sqlite";
import { ValidatorError } from "../../core/model/fault.ts";
import { oneLine } from "./sqlite-error.ts";

/** "TSTN": SQLite's application_id of a journal of ours. */
const APPLICATION_ID = 0x5453544e;
const VERSION = 4;

/**
 * `own_update` is the newest block in which the hotkey's LastUpdate is known to have moved.
 * `moved` has a row when the journal was exported to go on elsewhere: milliseconds of Unix time, and the file it went to.
 * `claim` is the vector digest that may be signed for the cycle; it stays when the records of long-sealed cycles go.
 * `bundle` is set before the file is put in place, `sealed` (a running number), `sealed_at` (milliseconds of Unix time) and
 * `seal` after it.
 */
const SCHEMA = `
  CREATE TABLE cycle (
    id INTEGER PRIMARY KEY,
    netuid INTEGER NOT NULL, mechid INTEGER NOT NULL, epoch INTEGER NOT NULL,
    secret TEXT NOT NULL, claim TEXT, bundle TEXT, sealed INTEGER, seal TEXT, state TEXT,
    sealed_at INTEGER,
    UNIQUE (netuid, mechid, epoch)
  ) STRICT;
  CREATE TABLE record (
    cycle INTEGER NOT NULL REFERENCES cycle (id), kind TEXT NOT NULL, key TEXT NOT NULL,
    digest TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (cycle, kind, key)
  ) STRICT;
  CREATE TABLE purchase (
    cycle INTEGER NOT NULL REFERENCES cycle (id), name TEXT NOT NULL, announced INTEGER NOT NULL, kept TEXT,
    PRIMARY KEY (cycle, name)
  ) STRICT;
  CREATE TABLE step (
    id INTEGER PRIMARY KEY, cycle INTEGER NOT NULL REFERENCES cycle (id), state TEXT NOT NULL, facts TEXT NOT NULL
  ) STRICT;
  CREATE TABLE own_update (
    hotkey TEXT NOT NULL, netuid INTEGER NOT NULL, mechid INTEGER NOT NULL, block INTEGER NOT NULL,
    PRIMARY KEY (hotkey, netuid, mechid)
  ) STRICT;
  CREATE TABLE moved (at INTEGER NOT NULL, file TEXT NOT NULL) STRICT;
  CREATE INDEX step_of_cycle ON step (cycle, id);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${VERSION};
`;

/** What leads from each version to the next one, in the transaction of the whole way. Never changed once released. */
const MIGRATIONS: Readonly<Record<number, string>> = {
  1: "ALTER TABLE cycle ADD COLUMN sealed_at INTEGER;",
  // What this validator has set so far must not look like another's.
  2: `CREATE TABLE own_update (
    netuid INTEGER NOT NULL, mechid INTEGER NOT NULL, block INTEGER NOT NULL, PRIMARY KEY (netuid, mechid)
  ) STRICT;
  INSERT INTO own_update SELECT netuid, mechid, max(text ->> '$.block.number') FROM record JOIN cycle ON cycle.id = record.cycle
    WHERE kind = 'submission' AND text ->> '$.block.number' IS NOT NULL GROUP BY netuid, mechid;
  CREATE TABLE moved (at INTEGER NOT NULL, file TEXT NOT NULL) STRICT;`,
  // Whose a block was stands in the headers. Each hotkey gets that of its own submissions; a newer one was noted for whoever ran
  // last. Without any header nothing was ever signed from here, and an empty journal says just that.
  3: `ALTER TABLE own_update RENAME TO former_update;
  CREATE TABLE own_update (
    hotkey TEXT NOT NULL, netuid INTEGER NOT NULL, mechid INTEGER NOT NULL, block INTEGER NOT NULL,
    PRIMARY KEY (hotkey, netuid, mechid)
  ) STRICT;
  INSERT INTO own_update SELECT header.text ->> '$.hotkey', netuid, mechid, max(sent.text ->> '$.block.number')
    FROM cycle JOIN record AS header ON header.cycle = cycle.id AND header.kind = 'header'
    JOIN record AS sent ON sent.cycle = cycle.id AND sent.kind = 'submission'
    WHERE header.text ->> '$.hotkey' IS NOT NULL AND sent.text ->> '$.block.number' IS NOT NULL GROUP BY 1, 2, 3;
  INSERT INTO own_update SELECT * FROM (SELECT
      (SELECT text ->> '$.hotkey' FROM record JOIN cycle ON cycle.id = record.cycle
        WHERE kind = 'header' AND cycle.netuid = former.netuid AND cycle.mechid = former.mechid
        ORDER BY cycle.id DESC LIMIT 1) AS hotkey,
      netuid, mechid, block FROM former_update AS former) AS noted
    WHERE hotkey IS NOT NULL AND block > coalesce((SELECT max(block) FROM own_update AS own
      WHERE own.netuid = noted.netuid AND own.mechid = noted.mechid), -1)
    ON CONFLICT DO UPDATE SET block = excluded.block;
  DROP TABLE former_update;`,
};

/** SQLite's auto_vacuum mode in which freed pages can be given back a few at a time. */
const INCREMENTAL = 2;

/**
 * Creates the tables in an empty file, or checks that the file is a journal and whole, and brings one of an earlier version up
 * to this one: all the way or not at all.
 * @throws ValidatorError exit `journal` for a foreign, newer or damaged file; SQLite's own errors pass through.
 */
export function prepareSchema(database: DatabaseSync, path: string): void {
  const application = pragma(database, "application_id");
  const version = pragma(database, "user_version");
  if (application === 0 && version === 0 && isEmpty(database)) {
    database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
    return;
  }
  checkJournal(database, path);
  const check = Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {})[0];
  if (check !== "ok") throw refused(path, `is damaged (${oneLine(String(check))})`, "journal-damaged");
  if (version < VERSION) migrate(database, version);
  // The mode of an existing file changes with its next VACUUM only; one that stopped in between is changed the next time.
  if (pragma(database, "auto_vacuum") !== INCREMENTAL) database.exec("PRAGMA auto_vacuum = INCREMENTAL; VACUUM;");
}

/**
 * That a file is a journal of this version or an earlier one.
 * @throws ValidatorError exit `journal` for a foreign or newer file; SQLite's own errors pass through.
 */
export function checkJournal(database: DatabaseSync, path: string): void {
  const verdict = journalVerdict(database);
  if (verdict !== undefined) throw refused(path, verdict.what, verdict.code);
}

/** Why a file is no journal of this version or an earlier one; undefined when it is one. SQLite's own errors pass through. */
export function journalVerdict(database: DatabaseSync): { readonly what: string; readonly code: string } | undefined {
  const version = pragma(database, "user_version");
  if (pragma(database, "application_id") !== APPLICATION_ID) {
    return { what: "belongs to another program", code: "journal-foreign" };
  }
  if (version >= 1 && version <= VERSION) return undefined;
  return { what: `has version ${version}, this program reads versions 1 to ${VERSION}`, code: "journal-version" };
}

function migrate(database: DatabaseSync, from: number): void {
  const steps = Array.from({ length: VERSION - from }, (_, index) => MIGRATIONS[from + index] ?? "");
  try {
    database.exec(`BEGIN EXCLUSIVE; ${steps.join(" ")} PRAGMA user_version = ${VERSION}; COMMIT;`);
  } finally {
    if (database.isTransaction) database.exec("ROLLBACK");
  }
}

function pragma(database: DatabaseSync, name: "application_id" | "user_version" | "auto_vacuum"): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

function isEmpty(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
}

function refused(path: string, what: string, code: string): ValidatorError {
  return new ValidatorError(`The journal ${path} ${what}.`, {
    exit: "journal",
    code,
    blame: "validator",
    remedy: "Use the program that wrote it, or move it away or name another data folder.",
  });
}
