import { fromHex } from "../../core/determinism/digest.ts";
import type { Hex, Ss58 } from "../../core/model/ids.ts";
import type { EpochState, Hyperparameters } from "../../core/model/metagraph.ts";
import { encodeSs58 } from "../../core/signing/ss58.ts";
import { LinkError } from "./chain-fault.ts";
import { epochItems, epochStateFrom, readNextEpoch } from "./epoch-state.ts";
import { hyperparameterItems, hyperparametersFrom } from "./hyperparameters.ts";
import { hasSubnet, type Metagraph, noSubnet, readMetagraph } from "./metagraph.ts";
import { readScalars, type Scalars, subtensorItems } from "./scalars.ts";
import type { Reads, View } from "./view.ts";

/** What both the snapshot and the pre-flight need of a subnet, at one block. */
export interface SubnetState extends Metagraph {
  readonly hyperparameters: Hyperparameters;
  readonly epochState: EpochState;
  readonly timeMs: number;
  /** The owner's hotkey may always set weights on Yuma (chain.md §3.3); null when the runtime does not say. */
  readonly ownerHotkey: Ss58 | null;
}

/** The same before it is known which block it is. */
export interface SubnetAnswers {
  readonly metagraph: Metagraph;
  readonly scalars: Scalars;
  readonly nextEpochBlock: number | null;
}

/**
 * The state of one mechanism of a subnet.
 * @throws LinkError, RpcError, ValidatorError `subnet-not-found`, `runtime-unsupported`.
 */
export async function readSubnet(view: View, netuid: number, mechid: number): Promise<SubnetState> {
  return subnetFrom(await askSubnet(view, netuid, mechid), { netuid, block: view.number });
}

/**
 * Metagraph, next epoch and one request for all scalars, side by side.
 * @throws LinkError, RpcError, ValidatorError `subnet-not-found`, `runtime-unsupported`.
 */
export async function askSubnet(reads: Reads, netuid: number, mechid: number): Promise<SubnetAnswers> {
  const asked = readScalars(reads, [
    ...hyperparameterItems(netuid),
    ...epochItems(netuid),
    ...subtensorItems(["networksAdded", "subnetworkN", "subnetOwnerHotkey"], [netuid]),
    { pallet: "timestamp", item: "now", keys: [] },
  ]);
  const [scalars, metagraph, nextEpochBlock] = await Promise.all([
    asked,
    readMetagraph(reads, { netuid, mechid }, asked),
    readNextEpoch(reads, netuid),
  ]);
  const exists = hasSubnet(scalars, mechid);
  const shown = metagraph !== null && metagraph.neurons.length > 0;
  if (!exists && !shown) throw noSubnet(netuid, mechid);
  if (!exists || metagraph === null)
    throw new LinkError("The chain node contradicts itself about whether the subnet exists.");
  return { metagraph, scalars, nextEpochBlock };
}

/** @throws LinkError, ValidatorError `runtime-unsupported`. */
export function subnetFrom(
  { metagraph, scalars, nextEpochBlock }: SubnetAnswers,
  at: { readonly netuid: number; readonly block: number },
): SubnetState {
  return {
    ...metagraph,
    hyperparameters: hyperparametersFrom(scalars),
    epochState: epochStateFrom(scalars, { ...at, nextEpochBlock }),
    timeMs: scalars.count("now"),
    ownerHotkey: accountOf(scalars.raw("subnetOwnerHotkey")),
  };
}

/** A subnet that has no owner is owned by the account of zeros. */
function accountOf(value: Hex | null): Ss58 | null {
  return value !== null && value.length === 66 && /[1-9a-f]/.test(value.slice(2)) ? encodeSs58(fromHex(value)) : null;
}
