import { ValidatorError } from "../core/model/fault.ts";
import type { Ss58 } from "../core/model/ids.ts";
import type { Observation } from "../ports/chain.ts";
import type { CyclePorts } from "./cycle-context.ts";

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

/** A registered hotkey that may not set weights now; it may in the next epoch. On Yuma the subnet owner's needs no permit (chain.md §3.3 #10). */
export function lacksPermit({ epochState, neurons, ownerHotkey }: Observation, hotkey: Ss58 | null): boolean {
  if (epochState.mode !== "null" && hotkey === ownerHotkey) return false;
  return neurons.some((neuron) => neuron.hotkey === hotkey && !neuron.permit);
}

/** Why it may not, told once an epoch: on a Null subnet who was elected, and by how much (chain-newest.md §1.3). */
export function sayNoPermit(
  { telemetry }: Pick<CyclePorts, "telemetry">,
  seen: Observation,
  hotkey: Ss58 | null,
): void {
  const epoch = seen.epochState.index;
  const own = seen.neurons.find((neuron) => neuron.hotkey === hotkey);
  const elected = seen.neurons.find((neuron) => neuron.permit);
  if (seen.epochState.mode !== "null" || own === undefined || elected === undefined) {
    telemetry.event("warn", "no-permit", {
      epoch,
      remedy:
        "The hotkey has no validator permit: stake more to it. Nothing was bought; it is looked at again each epoch.",
    });
    return;
  }
  telemetry.event("warn", "not-elected", {
    epoch,
    electedUid: elected.uid,
    electedHotkey: elected.hotkey,
    electedStakeRao: elected.stakeRao,
    ownUid: own.uid,
    ownStakeRao: own.stakeRao,
    missingRao: String(BigInt(elected.stakeRao) - BigInt(own.stakeRao)),
    remedy:
      "On this subnet only the validator with most stake sets weights: stake more to the hotkey, or wait. Nothing was bought; it is looked at again each epoch.",
  });
}
