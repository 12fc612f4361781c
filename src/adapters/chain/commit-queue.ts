import * as z from "zod";
import { type CycleKey, type Hex, type Ss58, storageIndex } from "../../core/model/ids.ts";
import { count, natural, parseAnswer } from "./answers.ts";
import type { Reads } from "./view.ts";

/** A commit as the chain keeps it until it is opened (chain.md §3.5, §4.1). */
export interface QueuedCommit {
  readonly hotkey: Ss58;
  /** Where it was included. */
  readonly block: number;
  readonly bytes: Hex;
  /** At most 2^53 − 1. */
  readonly round: number;
}

const LAST_ROUND = BigInt(Number.MAX_SAFE_INTEGER);
const hex = z.string().regex(/^0x(?:[0-9a-f]{2})*$/) as unknown as z.ZodType<Hex>;
/** Anybody may file a commit for a round that no number holds (chain.md §4.5), and none of ours may fail for it. */
const round = natural.transform((value) => Number(value < LAST_ROUND ? value : LAST_ROUND));
const queue = z.array(z.tuple([z.string(), count, hex, round])) satisfies z.ZodType<[string, number, Hex, number][]>;

/** The commits of one mechanism filed under each of these epochs, in the chain's order. @throws LinkError. */
export async function readQueues(
  reads: Reads,
  { netuid, mechid }: Pick<CycleKey, "netuid" | "mechid">,
  epochs: readonly number[],
): Promise<readonly (readonly QueuedCommit[])[]> {
  const index = storageIndex(netuid, mechid);
  const items = epochs.map((epoch) => ({
    pallet: "subtensorModule",
    item: "timelockedWeightCommits",
    keys: [index, epoch],
  }));
  const found = await reads.storage(items);
  return found.map((value) => parseAnswer(queue, value ?? [], "the queue of commits").map(readEntry));
}

function readEntry([hotkey, block, bytes, round]: readonly [string, number, Hex, number]): QueuedCommit {
  return { hotkey, block, bytes, round };
}
