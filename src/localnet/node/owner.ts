import { ValidatorError } from "../../core/model/fault.ts";
import { DispatchFailure } from "./call-context.ts";
import type { Engine } from "./engine.ts";
import { type PlannedAction, readOwnerAction } from "./owner-action.ts";
import { Overlay } from "./state.ts";
import { WritableState } from "./storage-item.ts";

/** What the chain's refusals of an owner's action mean here. */
const SENTENCES: Readonly<Record<string, string>> = {
  InvalidValue:
    "commits wait for their reveal, the subnet has more uids than the mode allows, or the number is out of the chain's bounds",
  TooManyUIDsPerMechanism: "so many mechanisms leave less room than the subnet has uids",
  TrimmingWouldExceedMaxImmunePercentage: "more than four fifths of what would be left could not be pruned",
  EpochTriggerAlreadyPending: "an epoch has been triggered already",
  RevealPeriodTooLarge: "the reveal period is at most 100 epochs",
  RevealPeriodTooSmall: "the reveal period is at least one epoch",
  HotKeyNotRegisteredInSubNet: "there is no such uid",
  NoNeuronIdAvailable: "the owner's uid is never given away",
  CallFiltered: "the runtime of this metadata has no such thing",
};

/**
 * Carries out an owner's action in the next block, with root's rights: neither the freeze window nor the owner's rate limits
 * apply, all other rules of the chain do. They are tried at the best block, and hold again in the next one.
 *
 * @returns the block in which it shows
 * @throws ValidatorError with a sentence when it is no action, or the chain refuses it
 */
export function ownerAction(engine: Engine, value: unknown): { readonly block: number } {
  const action = readOwnerAction(value);
  const { chain } = engine;
  const block = chain.best + 1;
  const trial = new WritableState(chain.runtimeAt(chain.best), new Overlay(chain.view(chain.best)));
  const failure = attempt(action, engine.netuid, { state: trial, block, emit: () => undefined });
  if (failure !== undefined) throw refusal(failure);
  engine.interventions.plan("after", ({ state, block: at, emit }) => {
    const scratch = new Overlay(state.overlay);
    const change = { state: new WritableState(state.runtime, scratch), block: at, emit };
    if (attempt(action, engine.netuid, change) === undefined) state.overlay.merge(scratch);
  });
  return { block: block + action.delay };
}

function attempt(
  action: PlannedAction,
  netuid: number,
  change: Parameters<PlannedAction["run"]>[0],
): DispatchFailure | undefined {
  try {
    action.run(change, netuid);
    return undefined;
  } catch (error) {
    if (error instanceof DispatchFailure) return error;
    throw error;
  }
}

function refusal({ pallet, error }: DispatchFailure): ValidatorError {
  const why = SENTENCES[error] ?? "a rule of the chain does not allow it";
  return new ValidatorError(`the chain refuses this with ${pallet}.${error}: ${why}`, {
    exit: "configuration",
    code: "owner-action-refused",
    blame: "validator",
    remedy: "look at the state of the subnet and send another action",
  });
}
