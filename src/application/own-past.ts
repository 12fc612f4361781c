import { ValidatorError } from "../core/model/fault.ts";
import type { Observation } from "../ports/chain.ts";
import type { CyclePorts } from "./cycle-context.ts";

/**
 * Holds a journal to the chain it was written on, before anything is bought: what it claims, has bought and has learnt belongs
 * to that chain's epochs. Genesis hashes tell chains apart; a chain begun anew from the same genesis (a restarted localnet), or
 * a node that has not caught up, is told by an epoch below one that was begun already.
 * @throws ValidatorError exit `configuration`, code `data-of-another-chain` or `chain-behind-its-past`.
 */
export function requireOwnPast(ports: Pick<CyclePorts, "chain" | "journal">, seen: Observation): void {
  const { netuid, mechid, epochState } = seen;
  const { genesis } = ports.chain.identity;
  const past = ports.journal.past(netuid, mechid);
  if (past.genesis !== null && past.genesis !== genesis) {
    throw refused(
      "data-of-another-chain",
      `The data folder was written on the chain ${past.genesis}, but the node serves ${genesis}; nothing was bought.`,
      "Correct the network, or name another data folder (data: in the configuration) for this chain.",
    );
  }
  if (past.epoch !== null && epochState.index < past.epoch) {
    throw refused(
      "chain-behind-its-past",
      `The chain is in epoch ${epochState.index} of subnet ${netuid}, but the data folder holds epoch ${past.epoch} already; nothing was bought.`,
      "Name a node that has caught up; if this is a localnet that began anew, move the data folder away.",
    );
  }
}

function refused(code: string, message: string, remedy: string): ValidatorError {
  return new ValidatorError(message, { exit: "configuration", code, blame: "validator", remedy });
}
