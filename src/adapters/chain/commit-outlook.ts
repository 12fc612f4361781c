import { filingOf } from "../../core/chain/filing.ts";
import type { Fault } from "../../core/model/fault.ts";
import type { EpochState } from "../../core/model/metagraph.ts";
import { chainClock } from "./chain-clock.ts";
import { orFault } from "./chain-fault.ts";
import type { ChainConnection } from "./connection.ts";
import { epochItems, epochStateFrom, readNextEpoch } from "./epoch-state.ts";
import { hyperparameterItems, hyperparametersFrom } from "./hyperparameters.ts";
import { hasSubnet, noSubnet } from "./metagraph.ts";
import { readScalars, type Scalars, subtensorItems } from "./scalars.ts";
import { type Reads, readAt } from "./view.ts";

/** The schedule at the finalized head, and the round of a commit made now. */
export interface CommitOutlook {
  readonly block: number;
  readonly epochState: EpochState;
  readonly tempo: number;
  readonly commitRevealEnabled: boolean;
  /** Null without commit-reveal, and where no round follows from what the chain shows. */
  readonly revealRound: number | null;
}

interface Place {
  readonly netuid: number;
  readonly mechid: number;
}

/**
 * By the state of the finalized head and the pace of the last blocks, as the submitter does it at the best one. Faults are
 * `chain-unreachable` only.
 * @throws ValidatorError `subnet-not-found` (configuration), `runtime-unsupported` (runtime).
 */
export function readCommitOutlook(
  connection: ChainConnection,
  place: Place,
  signal: AbortSignal,
): Promise<CommitOutlook | Fault> {
  return orFault(() => read(connection, place, signal), signal, connection);
}

async function read(
  connection: ChainConnection,
  { netuid, mechid }: Place,
  signal: AbortSignal,
): Promise<CommitOutlook> {
  const { finalizedHash: hash } = await connection.heads.latest(signal);
  const ask = (reads: Reads): Promise<[Scalars, number | null]> =>
    Promise.all([readScalars(reads, itemsOf(netuid)), readNextEpoch(reads, netuid)]);
  const { view, found } = await readAt(connection, { hash, read: ask }, signal);
  const [scalars, nextEpochBlock] = found;
  if (!hasSubnet(scalars, mechid)) throw noSubnet(netuid, mechid);
  const hyperparameters = hyperparametersFrom(scalars);
  const epochState = epochStateFrom(scalars, { netuid, block: view.number, nextEpochBlock });
  const { commitRevealEnabled, tempo } = hyperparameters;
  const outlook = { block: view.number, epochState, tempo, commitRevealEnabled };
  // The pace of a chain of one block is nobody's to know.
  if (!commitRevealEnabled || view.number < 2) return { ...outlook, revealRound: null };
  const time = await chainClock(connection, view, scalars.count("now"), signal);
  const filing = filingOf({ netuid, epochState, hyperparameters }, time);
  return { ...outlook, revealRound: typeof filing === "string" ? null : filing.round };
}

function itemsOf(netuid: number): ReturnType<typeof epochItems> {
  return [
    ...hyperparameterItems(netuid),
    ...epochItems(netuid),
    ...subtensorItems(["networksAdded"], [netuid]),
    { pallet: "timestamp", item: "now", keys: [] },
  ];
}
