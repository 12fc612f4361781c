import type { CommitTime } from "../../core/timelock/reveal-round.ts";
import { asHash, count, parseAnswer } from "./answers.ts";
import { LinkError } from "./chain-fault.ts";
import type { ChainConnection } from "./connection.ts";
import { decodeStorage, storageKey, type View } from "./view.ts";

/** Blocks over which their pace is measured, twice; public nodes keep about 300. */
const SPAN = 100;
const LATE_SPAN = 20;
const NOW = { pallet: "timestamp", item: "now", keys: [] };

/**
 * The chain's own time at the view's block, and how fast blocks have come of late: never the local clock, which may be wrong
 * (chain.md §4.2, T40). Of two stretches the faster counts: a standstill in one of them is over, and a round that is too late
 * loses the commit where one that is too early only opens it before its time (chain.md §5.3). `timeMs` is Timestamp.Now there.
 *
 * @throws LinkError, RpcError.
 */
export async function chainClock(
  connection: ChainConnection,
  view: View,
  timeMs: number,
  signal: AbortSignal,
): Promise<CommitTime> {
  const head = view.number;
  // Block 0 has no time.
  const [oldest, middle] = [SPAN, LATE_SPAN].map((span) => Math.max(1, head - span));
  if (oldest === undefined || middle === undefined || middle >= head) {
    throw new LinkError("The chain is too young to measure its blocks.");
  }
  const [first, second] = await Promise.all([
    timeAt(connection, view, oldest, signal),
    timeAt(connection, view, middle, signal),
  ]);
  const late = (timeMs - second) / (head - middle);
  const early = middle > oldest ? (second - first) / (middle - oldest) : late;
  return { head, nowSeconds: timeMs / 1000, blockSeconds: Math.min(early, late) / 1000 };
}

/** With the newer block's tables: the type of the time has never changed. */
async function timeAt(
  connection: ChainConnection,
  { tables }: View,
  block: number,
  signal: AbortSignal,
): Promise<number> {
  const hash = asHash(await connection.request("chain_getBlockHash", [block], signal));
  const key = storageKey(tables, NOW);
  const value = await connection.request("state_getStorage", [key, hash], signal);
  if (typeof value !== "string" || !/^0x[0-9a-f]+$/.test(value)) {
    throw new LinkError("The chain node does not know the time of an older block.");
  }
  return parseAnswer(count, decodeStorage(tables, NOW, value as `0x${string}`), "Timestamp.Now");
}
