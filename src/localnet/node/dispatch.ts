import type { DecodedCall, RuntimeCodec } from "../metadata/registry.ts";
import { timelockedArgs, weightsArgs } from "./call-args.ts";
import { type CallContext, DispatchFailure, type RuntimeEvent } from "./call-context.ts";
import { setCommitment } from "./commitments-call.ts";
import { guardError } from "./guards.ts";
import { ownerCall } from "./owner-calls.ts";
import { Overlay } from "./state.ts";
import { WritableState } from "./storage-item.ts";
import { commitTimelocked } from "./timelocked-call.ts";
import { setWeights } from "./weights-call.ts";

export interface DispatchInput {
  readonly state: WritableState;
  readonly block: number;
  readonly signer: Uint8Array;
  readonly call: DecodedCall;
}

export interface DispatchOutcome {
  /** Undefined: the call succeeded and its changes are in the state. */
  readonly failure: DispatchFailure | undefined;
  readonly events: readonly RuntimeEvent[];
}

/**
 * Runs a call of a signed extrinsic: guards, then the body (chain.md §3.6). A call that fails changes nothing and has no
 * events. Calls this node does not simulate end as `System.CallFiltered`, as calls do that a chain does not let through.
 */
export function dispatch({ state, block, signer, call }: DispatchInput): DispatchOutcome {
  const scratch = new Overlay(state.overlay);
  const events: RuntimeEvent[] = [];
  const emit = (event: RuntimeEvent): void => {
    if (state.runtime.hasEvent(event.pallet, event.event)) events.push(event);
  };
  try {
    const refused = guardError({ state, call, signer, block });
    if (refused !== undefined) throw new DispatchFailure("SubtensorModule", refused);
    runBody({ state: new WritableState(state.runtime, scratch), block, signer, emit }, call);
  } catch (error) {
    if (error instanceof DispatchFailure) return { failure: error, events: [] };
    throw error;
  }
  state.overlay.merge(scratch);
  return { failure: undefined, events };
}

function runBody(context: CallContext, call: DecodedCall): void {
  const weights = weightsArgs(call);
  const commit = timelockedArgs(call);
  if (weights !== undefined) setWeights(context, weights);
  else if (commit !== undefined) commitTimelocked(context, commit);
  else if (call.pallet === "Commitments" && call.call === "set_commitment") setCommitment(context, call);
  else if (ownerCall(context, call)) return;
  else if (call.pallet !== "System" || call.call !== "remark") throw new DispatchFailure("System", "CallFiltered");
}

/** Weight class and fee of every call here: weight calls and commitments are free (chain.md §3.9). */
const DISPATCH_INFO = {
  weight: { ref_time: 0, proof_size: 0 },
  class: { type: "Normal" },
  pays_fee: { type: "No" },
};

/** The last event of an extrinsic. */
export function closingEvent(runtime: RuntimeCodec, failure: DispatchFailure | undefined): RuntimeEvent {
  if (failure === undefined) {
    return { pallet: "System", event: "ExtrinsicSuccess", fields: { dispatch_info: DISPATCH_INFO } };
  }
  const { pallet, error } = failure;
  // No error of a pallet.
  if (error === "BadOrigin") {
    return {
      pallet: "System",
      event: "ExtrinsicFailed",
      fields: { dispatch_error: { type: error }, dispatch_info: DISPATCH_INFO },
    };
  }
  // A metadata file may be older than an error: the chain of that time had no such case.
  const dispatch_error = runtime.hasError(pallet, error)
    ? { type: "Module", value: runtime.moduleError(pallet, error) }
    : { type: "Other" };
  return { pallet: "System", event: "ExtrinsicFailed", fields: { dispatch_error, dispatch_info: DISPATCH_INFO } };
}
