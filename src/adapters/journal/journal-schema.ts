import type { DatabaseSync } from "node:sqlite";
import { ValidatorError } from "../../core/model/fault.ts";

/** "TSTN": SQLite's application_id of a journal of ours. */
const APPLICATION_ID = 0x5453544e;
const VERSION = 1;

/**
 * `claim` is the vector digest that may be signed for the cycle; it stays when the records of long-sealed cycles go.
 * `bundle` is set before the file is put in place, `sealed` (a running number) and `seal` after it.
 */
const SCHEMA = `
  CREATE TABLE cycle (
    id INTEGER PRIMARY KEY,
    netuid INTEGER NOT NULL, mechid INTEGER NOT NULL, epoch INTEGER NOT NULL,
    secret TEXT NOT NULL, claim TEXT, bundle TEXT, sealed INTEGER, seal TEXT, state TEXT,
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
  CREATE INDEX step_of_cycle ON step (cycle, id);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${VERSION};
`;

/**
 * Creates the tables in an empty file, or checks that the file is a journal of this version and whole.
 * @throws ValidatorError exit `journal` for a foreign, newer or damaged file; SQLite's own errors pass through.
 */
export function prepareSchema(database: DatabaseSync, path: string): void {
  const application = pragma(database, "application_id");
  const version = pragma(database, "user_version");
  if (application === 0 && version === 0 && isEmpty(database)) {
    database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
    return;
  }
  if (application !== APPLICATION_ID) throw refused(path, "belongs to another program", "journal-foreign");
  if (version !== VERSION) {
    throw refused(path, `has version ${version}, this program reads version ${VERSION}`, "journal-version");
  }
  const check = Object.values(database.prepare("PRAGMA quick_check(1)").get() ?? {})[0];
  if (check !== "ok") throw refused(path, `is damaged (${String(check)})`, "journal-damaged");
}

function pragma(database: DatabaseSync, name: "application_id" | "user_version"): number {
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
