import type { Header } from "../../core/model/records.ts";
import type { JournalPast, Seat } from "../../ports/journal.ts";
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

/** The newest block in which the seat's LastUpdate is known to have moved; null when never noted. */
export function knownUpdate(store: SqliteStore, { hotkey, mechid, netuid }: Seat): number | null {
  const row = store.read(() =>
    store
      .sql("SELECT block FROM own_update WHERE hotkey = ? AND netuid = ? AND mechid = ?")
      .get(hotkey, netuid, mechid),
  );
  return row === undefined ? null : Number(row["block"]);
}

/** A lower block than the known one changes nothing. */
export async function noteUpdate(store: SqliteStore, { hotkey, mechid, netuid }: Seat, block: number): Promise<void> {
  await store.write(() =>
    store
      .sql(
        `INSERT INTO own_update (hotkey, netuid, mechid, block) VALUES (?, ?, ?, ?)
         ON CONFLICT (hotkey, netuid, mechid) DO UPDATE SET block = max(block, excluded.block)`,
      )
      .run(hotkey, netuid, mechid, block),
  );
}
