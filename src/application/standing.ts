import { ValidatorError } from "../core/model/fault.ts";
import type { Ss58 } from "../core/model/ids.ts";
import type { Observation } from "../ports/chain.ts";

/**
 * Before anything is bought: what a hotkey without a seat asks and judges can never be sent.
 * @throws ValidatorError `not-registered` (exit unregistered).
 */
export function requireRegistered({ neurons, netuid }: Observation, hotkey: Ss58 | null): void {
  if (hotkey === null || neurons.some((neuron) => neuron.hotkey === hotkey)) return;
  throw new ValidatorError(`The hotkey ${hotkey} is not registered on subnet ${netuid}; nothing was bought.`, {
    exit: "unregistered",
    code: "not-registered",
    blame: "validator",
    remedy: `Register it (btcli subnet register --netuid ${netuid}), or configure the hotkey that is registered there.`,
  });
}

/** A registered hotkey that may not set weights now; it may in the next epoch. */
export function lacksPermit({ neurons }: Observation, hotkey: Ss58 | null): boolean {
  return neurons.some((neuron) => neuron.hotkey === hotkey && !neuron.permit);
}
