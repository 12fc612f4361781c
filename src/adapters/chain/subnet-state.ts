import * as z from "zod";
import type { EpochState, Hyperparameters } from "../../core/model/metagraph.ts";
import { count, parseAnswer } from "./answers.ts";
import { epochItems, readEpochState } from "./epoch-state.ts";
import { hyperparameterItems, readHyperparameters } from "./hyperparameters.ts";
import { type Metagraph, readMetagraph } from "./metagraph.ts";
import type { View } from "./view.ts";

/** What both the snapshot and the pre-flight need of a subnet, at one block. */
export interface SubnetState extends Metagraph {
  readonly hyperparameters: Hyperparameters;
  readonly epochState: EpochState;
  readonly timeMs: number;
  /** The owner's hotkey may always set weights on Yuma (chain.md §3.3); null when the runtime does not say. */
  readonly ownerHotkey: string | null;
}

/** Runtime calls and one request for all scalars, side by side. */
export async function readSubnet(view: View, netuid: number, mechid: number): Promise<SubnetState> {
  const hyper = hyperparameterItems(netuid);
  const epoch = epochItems(netuid);
  const scalars = view.storage([
    ...hyper,
    ...epoch,
    { pallet: "timestamp", item: "now", keys: [] },
    { pallet: "subtensorModule", item: "subnetOwnerHotkey", keys: [netuid] },
  ]);
  const [metagraph, hyperparameters, epochState, values] = await Promise.all([
    readMetagraph(view, netuid, mechid),
    readHyperparameters(view, netuid, scalars),
    readEpochState(
      view,
      netuid,
      scalars.then((all) => all.slice(hyper.length, hyper.length + epoch.length)),
    ),
    scalars,
  ]);
  const [now, owner] = values.slice(hyper.length + epoch.length);
  return {
    ...metagraph,
    hyperparameters,
    epochState,
    timeMs: parseAnswer(count, now, "Timestamp.Now"),
    ownerHotkey: owner === undefined || owner === null ? null : parseAnswer(z.string(), owner, "SubnetOwnerHotkey"),
  };
}
