import { countedEpochBlock, nextEpochBlock } from "../../core/chain/epoch.ts";
import { moduloEpoch } from "../../core/chain/modulo-epochs.ts";
import type { EpochMode, EpochState } from "../../core/model/metagraph.ts";
import { count, parseAnswer } from "./answers.ts";
import { LinkError } from "./chain-fault.ts";
import { type Scalars, subtensorItems } from "./scalars.ts";
import type { Reads, StorageItem } from "./view.ts";

const ITEMS = [
  "subnetEpochIndex",
  "lastEpochBlock",
  "pendingEpochAt",
  "blocksSinceLastStep",
  "subnetEpochConsensus",
  "nullPruningTarget",
] as const;

/** With `tempo`, which is among the hyperparameters. */
export function epochItems(netuid: number): readonly StorageItem[] {
  return subtensorItems(ITEMS, [netuid]);
}

/** First block of the next epoch as the runtime says it, null where it does not. @throws LinkError, RpcError. */
export async function readNextEpoch(reads: Reads, netuid: number): Promise<number | null> {
  if (reads.tables.call["subnetInfoRuntimeApi"]?.["getNextEpochStartBlock"] === undefined) return null;
  const answer = await reads.call("subnetInfoRuntimeApi", "getNextEpochStartBlock", [netuid]);
  return answer === null ? null : parseAnswer(count, answer, "the next epoch");
}

/**
 * Schedule and mode of a subnet (chain.md §5, chain-newest.md §1.8). A runtime without `SubnetEpochIndex` counts its epochs by
 * the height alone.
 *
 * @throws LinkError, ValidatorError `runtime-unsupported`.
 */
export function epochStateFrom(
  scalars: Scalars,
  at: { readonly netuid: number; readonly block: number; readonly nextEpochBlock: number | null },
): EpochState {
  const mode = modeOf(scalars);
  const pruningTarget = scalars.optionalCount("nullPruningTarget");
  if (!scalars.has("subnetEpochIndex")) {
    const epoch = moduloEpoch(at.block, at.netuid, scalars.count("tempo"));
    return { scheme: "modulo", mode, pruningTarget, pendingEpochAt: 0, ...epoch };
  }
  const schedule = {
    lastEpochBlock: scalars.count("lastEpochBlock"),
    pendingEpochAt: scalars.count("pendingEpochAt"),
    blocksSinceLastStep: scalars.count("blocksSinceLastStep"),
    nextEpochBlock: at.nextEpochBlock,
  };
  const tempo = scalars.count("tempo");
  if (isPast(at) && nextEpochBlock({ ...schedule, nextEpochBlock: null }, tempo) > at.block) {
    throw new LinkError("The chain node contradicts itself about when the next epoch begins.");
  }
  const next = countedEpochBlock(schedule, tempo, at.block);
  return {
    scheme: "state",
    mode,
    index: scalars.count("subnetEpochIndex"),
    ...schedule,
    nextEpochBlock: next,
    pruningTarget,
  };
}

/** The runtime's answer and the state are asked for apart: of another block than the state's it would close the epoch at once. */
function isPast(at: { readonly block: number; readonly nextEpochBlock: number | null }): boolean {
  return at.nextEpochBlock !== null && at.nextEpochBlock <= at.block;
}

/** A runtime without the item knows no modes; a variant that we or our tables do not know is `unknown` (D4a). */
export function modeOf(scalars: Scalars): EpochMode {
  if (!scalars.has("subnetEpochConsensus")) return "absent";
  const mode = storedMode(scalars);
  if (mode === "Yuma") return "yuma";
  return mode === "Null" ? "null" : "unknown";
}

function storedMode(scalars: Scalars): unknown {
  try {
    return scalars.json("subnetEpochConsensus");
  } catch (error) {
    if (error instanceof LinkError) return undefined;
    throw error;
  }
}
