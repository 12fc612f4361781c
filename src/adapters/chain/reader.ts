import type { Fault } from "../../core/model/fault.ts";
import type { ChainReader, Observation, ObserveRequest } from "../../ports/chain.ts";
import { orFault } from "./chain-fault.ts";
import { readCommitments } from "./commitment-rows.ts";
import type { ChainConnection } from "./connection.ts";
import { readSchedule } from "./epoch-sight.ts";
import { readReveal } from "./reveal-sight.ts";
import { askSubnet, subnetFrom } from "./subnet-state.ts";
import { readSuccessions } from "./successions.ts";
import { readAt } from "./view.ts";
import { readComparisonRow } from "./weight-row.ts";

/**
 * Reads the chain through one connection. Faults are `chain-unreachable` only.
 * @throws ValidatorError `subnet-not-found` (configuration), `runtime-unsupported` (runtime).
 */
export function chainReader(connection: ChainConnection): ChainReader {
  return {
    identity: connection.identity,
    observe: (request, signal) => orFault(() => observe(connection, request, signal), signal, connection),
    schedule: (request, signal) => orFault(() => readSchedule(connection, request, signal), signal, connection),
    reveal: (query, signal) => orFault(() => readReveal(connection, query, signal), signal, connection),
    finalized: (signal) => orFault(() => connection.heads.latest(signal), signal, connection),
  };
}

/**
 * Two round trips after the head is known, whatever the number of neurons; every read names the head's hash (chain.md T19).
 * First the subnet, then what can only be asked for once its hotkeys are known.
 */
async function observe(
  connection: ChainConnection,
  request: ObserveRequest,
  signal: AbortSignal,
): Promise<Observation | Fault> {
  const { netuid, mechid } = request;
  const hash = await connection.heads.hash(signal);
  const { view, found } = await readAt(connection, { hash, read: (reads) => askSubnet(reads, netuid, mechid) }, signal);
  const { accounts, ...subnet } = subnetFrom(found, { netuid, block: view.number });
  const seated = new Set(subnet.neurons.map(({ hotkey }) => hotkey));
  const [commitments, row, successors] = await Promise.all([
    readCommitments(view, netuid, accounts),
    readComparisonRow(view, request, subnet.neurons),
    readSuccessions(view, request, seated),
  ]);
  const { neurons, hyperparameters, epochState, ownerHotkey, timeMs } = subnet;
  return {
    netuid,
    mechid,
    block: { hash, number: view.number, timeMs },
    specVersion: view.specVersion,
    hyperparameters,
    epochState,
    ownerHotkey,
    neurons,
    commitments,
    row,
    successors,
  };
}
