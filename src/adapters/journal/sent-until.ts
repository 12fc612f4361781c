import { type Sent, sentOf } from "../../core/audit/settlement.ts";
import type { CycleKey, Hex, Ss58 } from "../../core/model/ids.ts";
import type { CycleLog } from "../../ports/journal.ts";
import type { CycleRow } from "./sqlite-cycle-log.ts";
import type { SqliteStore } from "./sqlite-store.ts";

/**
 * What the newest sealed cycle of at most this epoch did with its weights; undefined when its records are no longer in the journal,
 * or are another hotkey's.
 */
export function sentUntil(
  store: SqliteStore,
  { netuid, mechid, epoch: most, hotkey }: CycleKey & { readonly hotkey: Ss58 | null },
  logOf: (row: CycleRow) => CycleLog,
): Sent | undefined {
  const row = store.read(() =>
    store
      .sql(
        "SELECT id, epoch, secret FROM cycle WHERE netuid = ? AND mechid = ? AND epoch <= ? AND sealed > 0 ORDER BY sealed DESC LIMIT 1",
      )
      .get(netuid, mechid, most),
  );
  if (row === undefined) return undefined;
  const epoch = Number(row["epoch"]);
  const log = logOf({ id: Number(row["id"]), key: { netuid, mechid, epoch }, secret: row["secret"] as Hex });
  if (log.find("header")?.hotkey !== hotkey) return undefined;
  const submission = log.find("submission");
  const vector = log.find("weight-vector");
  if (submission === undefined || vector === undefined) return undefined;
  return sentOf(epoch, submission, vector, log.find("settlement"));
}
