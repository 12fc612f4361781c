import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";

/**
 * An exported journal carries a digest of its content: SQLite finds a page that is out of order, not a letter of a claim that is
 * another. The table is dropped when the file becomes a data folder's journal.
 */
const TABLE = "checksum";
const KNOWN = ["cycle", "record", "purchase", "step", "own_update", "moved", "step_of_cycle", TABLE];

/** Puts the digest of everything else into a copy that is written no more. */
export function addChecksum(copy: DatabaseSync): void {
  const digest = contentDigest(copy);
  copy.exec(`CREATE TABLE ${TABLE} (sha256 TEXT NOT NULL) STRICT`);
  copy.prepare(`INSERT INTO ${TABLE} VALUES (?)`).run(digest);
}

export function dropChecksum(copy: DatabaseSync): void {
  copy.exec(`DROP TABLE IF EXISTS ${TABLE}`);
}

/** False when the content is not that of the export; files of earlier versions, and a data folder's own, say nothing. */
export function checksumHolds(database: DatabaseSync): boolean {
  if (database.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(TABLE) === undefined) return true;
  const rows = database.prepare(`SELECT sha256 FROM ${TABLE}`).all();
  return rows.length === 1 && rows[0]?.["sha256"] === contentDigest(database);
}

/** Whether there is a table, view, trigger or index that no journal has. */
export function holdsMore(database: DatabaseSync): boolean {
  const names = database.prepare("SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_autoindex_%'").all();
  return names.some(({ name, type }) => !KNOWN.includes(String(name)) || !["table", "index"].includes(String(type)));
}

/** SHA-256 over version, schema and every row; row by row, for a journal can be larger than the memory. */
function contentDigest(database: DatabaseSync): string {
  const hash = createHash("sha256");
  const add = (sql: string): void => {
    const statement = database.prepare(sql);
    statement.setReadBigInts(true);
    for (const row of statement.iterate()) {
      hash.update(JSON.stringify(Object.entries(row).map(([name, value]) => [name, typeof value, String(value)])));
    }
    hash.update("\n");
  };
  add("PRAGMA user_version");
  add(`SELECT type, name, sql FROM sqlite_schema WHERE name <> '${TABLE}' ORDER BY name`);
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> ? ORDER BY name");
  for (const { name } of tables.all(TABLE)) add(`SELECT * FROM "${String(name)}" ORDER BY rowid`);
  return hash.digest("hex");
}
