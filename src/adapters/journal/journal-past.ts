import type { Header } from "../../core/model/records.ts";
import type { JournalPast } from "../../ports/journal.ts";
import type { SqliteStore } from "./sqlite-store.ts";

/** What a journal remembers of the chain it was written on. */
export function journalPast(store: SqliteStore, netuid: number, mechid: number): JournalPast {
  return store.read(() => {
    const header = store.sql("SELECT text FROM record WHERE kind = 'header' ORDER BY cycle DESC LIMIT 1").get();
    const row = store
      .sql(
        `SELECT max(epoch) AS epoch FROM cycle WHERE netuid = ? AND mechid = ? AND
         (sealed IS NOT NULL OR EXISTS (SELECT 1 FROM record WHERE cycle = cycle.id AND kind = 'header'))`,
      )
      .get(netuid, mechid);
    const text = header?.["text"];
    const epoch = row?.["epoch"] ?? null;
    return {
      genesis: typeof text === "string" ? (JSON.parse(text) as Header).genesis : null,
      epoch: epoch === null ? null : Number(epoch),
    };
  });
}

/** The newest block in which the own LastUpdate is known to have moved; null when never noted. */
export function knownUpdate(store: SqliteStore, netuid: number, mechid: number): number | null {
  const row = store.read(() =>
    store.sql("SELECT block FROM own_update WHERE netuid = ? AND mechid = ?").get(netuid, mechid),
  );
  return row === undefined ? null : Number(row["block"]);
}

/** A lower block than the known one changes nothing. */
export async function noteUpdate(
  store: SqliteStore,
  { netuid, mechid, block }: { readonly netuid: number; readonly mechid: number; readonly block: number },
): Promise<void> {
  await store.write(() =>
    store
      .sql(
        `INSERT INTO own_update (netuid, mechid, block) VALUES (?, ?, ?)
         ON CONFLICT (netuid, mechid) DO UPDATE SET block = max(block, excluded.block)`,
      )
      .run(netuid, mechid, block),
  );
}
