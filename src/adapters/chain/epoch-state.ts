import type { EpochMode, EpochState } from "../../core/model/metagraph.ts";
import { count, parseAnswer } from "./answers.ts";
import { LinkError, unsupportedRuntime } from "./chain-fault.ts";
import type { StorageItem, View } from "./view.ts";

const ITEMS = ["subnetEpochIndex", "lastEpochBlock", "pendingEpochAt", "blocksSinceLastStep"] as const;

export function epochItems(netuid: number): readonly StorageItem[] {
  return ITEMS.map((item) => ({ pallet: "subtensorModule", item, keys: [netuid] }));
}

/** Schedule and mode of a subnet (chain.md §5.1, chain-newest.md §1.8). */
export async function readEpochState(
  view: View,
  netuid: number,
  scalars: Promise<readonly unknown[]>,
): Promise<EpochState> {
  const [values, mode, next] = await Promise.all([scalars, readMode(view, netuid), readNextEpoch(view, netuid)]);
  const [index, lastEpochBlock, pendingEpochAt, blocksSinceLastStep] = values.map((value, at) => {
    if (value === undefined) throw unsupportedRuntime(`storage item SubtensorModule.${ITEMS[at]}`);
    return parseAnswer(count, value, ITEMS[at] ?? "the epoch");
  });
  return {
    mode,
    index: index ?? 0,
    lastEpochBlock: lastEpochBlock ?? 0,
    pendingEpochAt: pendingEpochAt ?? 0,
    blocksSinceLastStep: blocksSinceLastStep ?? 0,
    nextEpochBlock: next,
  };
}

/** A runtime without the item knows no modes; a variant that we or our tables do not know is `unknown` (D4a). */
async function readMode(view: View, netuid: number): Promise<EpochMode> {
  const mode = await storedMode(view, netuid);
  if (mode === undefined) return "absent";
  if (mode === "Yuma") return "yuma";
  return mode === "Null" ? "null" : "unknown";
}

async function storedMode(view: View, netuid: number): Promise<unknown> {
  try {
    const [mode] = await view.storage([{ pallet: "subtensorModule", item: "subnetEpochConsensus", keys: [netuid] }]);
    return mode;
  } catch (error) {
    if (error instanceof LinkError && error.cause !== undefined) return "undecodable";
    throw error;
  }
}

async function readNextEpoch(view: View, netuid: number): Promise<number | null> {
  if (view.tables.call["subnetInfoRuntimeApi"]?.["getNextEpochStartBlock"] === undefined) return null;
  const answer = await view.call("subnetInfoRuntimeApi", "getNextEpochStartBlock", [netuid]);
  return answer === null ? null : parseAnswer(count, answer, "the next epoch");
}
