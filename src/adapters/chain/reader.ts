import type { Fault } from "../../core/model/fault.ts";
import type { ChainReader, Observation, ObserveRequest } from "../../ports/chain.ts";
import { orFault } from "./chain-fault.ts";
import { readCommitments } from "./commitment-rows.ts";
import type { ChainConnection } from "./connection.ts";
import { readSubnet } from "./subnet-state.ts";
import { viewAt } from "./view.ts";
import { readComparisonRow } from "./weight-row.ts";

/**
 * Reads the chain through one connection. Faults are `chain-unreachable` only.
 * @throws ValidatorError `subnet-not-found` (configuration), `runtime-unsupported` (runtime).
 */
export function chainReader(connection: ChainConnection): ChainReader {
  return {
    identity: connection.identity,
    observe: (request, signal) => orFault(() => observe(connection, request, signal), signal),
    finalized: (signal) => orFault(() => connection.heads.latest(signal), signal),
  };
}

/** The finalized head is asked for once; every read after that names its hash (chain.md T19). */
async function observe(
  connection: ChainConnection,
  request: ObserveRequest,
  signal: AbortSignal,
): Promise<Observation | Fault> {
  const view = await viewAt(connection, await connection.heads.hash(signal), signal);
  const { netuid, mechid } = request;
  const subnet = await readSubnet(view, netuid, mechid);
  const [commitments, row] = await Promise.all([
    readCommitments(view, netuid, subnet.accounts),
    readComparisonRow(view, request, subnet.neurons),
  ]);
  const { neurons, hyperparameters, epochState, timeMs } = subnet;
  return {
    netuid,
    mechid,
    block: { hash: view.hash, number: view.number, timeMs },
    specVersion: view.specVersion,
    hyperparameters,
    epochState,
    neurons,
    commitments,
    row,
  };
}
