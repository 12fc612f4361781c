import type { Fault } from "../../core/model/fault.ts";
import { type Hex, type Ss58, storageIndex } from "../../core/model/ids.ts";
import type { SubmissionPlan } from "../../ports/chain.ts";
import { count, parseAnswer } from "./answers.ts";
import type { ChainConnection } from "./connection.ts";
import { viewAt } from "./view.ts";
import { type Row, readRow } from "./weight-row.ts";

/** The own row in finalized state, with the block of the last update; null for a hotkey without a uid. */
export interface OwnRow extends Row {
  readonly lastUpdate: number;
}

export async function readOwnRow(
  connection: ChainConnection,
  at: { readonly hash: Hex; readonly hotkey: Ss58; readonly plan: SubmissionPlan },
  signal: AbortSignal,
): Promise<OwnRow | null> {
  const { netuid, mechid } = at.plan.cycle;
  const view = await viewAt(connection, at.hash, signal);
  const index = storageIndex(netuid, mechid);
  const [uid, updates] = await view.storage([
    { pallet: "subtensorModule", item: "uids", keys: [netuid, at.hotkey] },
    { pallet: "subtensorModule", item: "lastUpdate", keys: [index] },
  ]);
  if (uid === null) return null;
  const own = parseAnswer(count, uid, "Uids");
  const lastUpdate = Array.isArray(updates) ? parseAnswer(count, updates[own] ?? 0, "LastUpdate") : 0;
  return { ...(await readRow(view, index, own)), lastUpdate };
}

/** Whether the row says what was sent; a zero says the same as no entry. */
export function sameRow(sent: Row, stored: Row): boolean {
  const left = positive(sent);
  const right = positive(stored);
  return left.size === right.size && [...left].every(([uid, value]) => right.get(uid) === value);
}

function positive(row: Row): ReadonlyMap<number, number> {
  const entries = row.uids.map((uid, index): [number, number] => [uid, row.values[index] ?? 0]);
  return new Map(entries.filter(([, value]) => value > 0));
}

/** Included and finalized, and yet the chain's row is another. */
export function differentRow(): Fault {
  return {
    code: "chain-unconfirmed",
    blame: "chain",
    retryable: false,
    message: "The chain accepted the weights, but its row is not the one that was sent.",
    remedy: "Look for a second process with the same hotkey; the next cycle sends again.",
  };
}
