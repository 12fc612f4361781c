import type { CycleKey } from "../../core/model/ids.ts";
import type { SqliteStore } from "./sqlite-store.ts";

/**
 * Inside the sealing transaction of a cycle: drops the records of older ones, which their bundles hold anyway. Claims and seals stay
 * for ever; so do the newest `most` cycles, and all from the oldest one on whose commit this cycle or a later one has to settle: a
 * commit is settled RevealPeriodEpochs later (chain.md §4.1), which may be more cycles than the operator wants to keep.
 */
export function forgetOld(store: SqliteStore, { epoch, mechid, netuid }: CycleKey, most: number): void {
  const period = store
    .sql(
      `SELECT text ->> '$.hyperparameters.commitRevealPeriod' AS epochs FROM record JOIN cycle ON cycle.id = record.cycle
       WHERE netuid = ? AND mechid = ? AND epoch = ? AND kind = 'snapshot'`,
    )
    .get(netuid, mechid, epoch);
  const waiting = store
    .sql(
      `SELECT min(sealed) AS place FROM cycle JOIN record ON record.cycle = cycle.id AND kind = 'submission'
       WHERE netuid = ? AND mechid = ? AND state IS NOT NULL AND (text ->> '$.commit.epoch') + ? >= ?`,
    )
    .get(netuid, mechid, Number(period?.["epochs"] ?? 0), epoch);
  const old = store
    .sql(
      `SELECT id FROM (SELECT id, sealed FROM cycle WHERE netuid = ? AND mechid = ? AND state IS NOT NULL
       ORDER BY sealed DESC LIMIT -1 OFFSET ?) WHERE sealed < ?`,
    )
    .all(netuid, mechid, most, Number(waiting?.["place"] ?? Number.MAX_SAFE_INTEGER));
  for (const { id = null } of old) {
    for (const table of ["record", "purchase", "step"]) store.sql(`DELETE FROM ${table} WHERE cycle = ?`).run(id);
    store.sql("UPDATE cycle SET state = NULL WHERE id = ?").run(id);
  }
}
