import * as z from "zod";
import { storageIndex } from "../../core/model/ids.ts";
import type { EpochSight, ObserveRequest } from "../../ports/chain.ts";
import { count, parseAnswer } from "./answers.ts";
import type { ChainConnection } from "./connection.ts";
import { epochItems, epochStateFrom, readNextEpoch } from "./epoch-state.ts";
import { hasSubnet, noSubnet } from "./metagraph.ts";
import { readScalars, type Scalars, subtensorItems } from "./scalars.ts";
import { type Reads, readAt } from "./view.ts";

type Request = Omit<ObserveRequest, "known">;

/**
 * Where the epoch stands at the finalized head: one round trip.
 * @throws LinkError, RpcError, ValidatorError `subnet-not-found`, `runtime-unsupported`.
 */
export async function readSchedule(
  connection: ChainConnection,
  request: Request,
  signal: AbortSignal,
): Promise<EpochSight> {
  const { netuid, mechid } = request;
  const hash = await connection.heads.hash(signal);
  const read = (reads: Reads): Promise<[Scalars, number | null]> =>
    Promise.all([readScalars(reads, itemsOf(request)), readNextEpoch(reads, netuid)]);
  const { view, found } = await readAt(connection, { hash, read }, signal);
  const [scalars, nextEpochBlock] = found;
  if (!hasSubnet(scalars, mechid)) throw noSubnet(netuid, mechid);
  return {
    block: { hash, number: view.number },
    timeMs: scalars.count("now"),
    epochState: epochStateFrom(scalars, { netuid, block: view.number, nextEpochBlock }),
    tempo: scalars.count("tempo"),
    commitRevealEnabled: scalars.flag("commitRevealWeightsEnabled"),
    lastUpdate: lastUpdateOf(scalars),
  };
}

function itemsOf({ netuid, mechid, hotkey }: Request): ReturnType<typeof epochItems> {
  const own =
    hotkey === null
      ? []
      : [
          ...subtensorItems(["uids"], [netuid, hotkey]),
          ...subtensorItems(["lastUpdate"], [storageIndex(netuid, mechid)]),
        ];
  return [
    ...epochItems(netuid),
    ...subtensorItems(["tempo", "commitRevealWeightsEnabled", "networksAdded", "mechanismCountCurrent"], [netuid]),
    { pallet: "timestamp", item: "now", keys: [] },
    ...own,
  ];
}

/** Null without a hotkey, or one without a seat; the vector may be shorter than the number of neurons (chain.md T14). */
function lastUpdateOf(scalars: Scalars): number | null {
  const uid = scalars.optionalCount("uids");
  if (uid === null) return null;
  const updates = parseAnswer(z.array(z.unknown()), scalars.json("lastUpdate"), "LastUpdate");
  return parseAnswer(count, updates[uid] ?? 0, "LastUpdate");
}
