import { digestOf } from "../../core/audit/record-digests.ts";
import type { Sent } from "../../core/audit/settlement.ts";
import type { CycleKey, Hex } from "../../core/model/ids.ts";
import type { CycleLog } from "../../ports/journal.ts";
import type { CycleRow } from "./sqlite-cycle-log.ts";
import type { SqliteStore } from "./sqlite-store.ts";

/** What the newest sealed cycle did with its weights; undefined when its records are no longer in the journal. */
export function lastSent(
  store: SqliteStore,
  { netuid, mechid }: Omit<CycleKey, "epoch">,
  logOf: (row: CycleRow) => CycleLog,
): Sent | undefined {
  const row = store.read(() =>
    store
      .sql(
        "SELECT id, epoch, secret FROM cycle WHERE netuid = ? AND mechid = ? AND sealed > 0 ORDER BY sealed DESC LIMIT 1",
      )
      .get(netuid, mechid),
  );
  if (row === undefined) return undefined;
  const epoch = Number(row["epoch"]);
  const log = logOf({ id: Number(row["id"]), key: { netuid, mechid, epoch }, secret: row["secret"] as Hex });
  const submission = log.find("submission");
  const vector = log.find("weight-vector");
  if (submission === undefined || vector === undefined) return undefined;
  const { uids, values } = vector;
  return { epoch, digest: digestOf(submission), submission: submission.submission, vector: { uids, values } };
}
