import type { EventInput } from "../metadata/registry.ts";
import type { WritableState } from "./storage-item.ts";

export interface RuntimeEvent {
  readonly pallet: string;
  readonly event: string;
  readonly fields: EventInput["fields"];
}

/** What a call of a pallet works with. */
export interface CallContext {
  readonly state: WritableState;
  readonly block: number;
  readonly signer: Uint8Array;
  readonly emit: (event: RuntimeEvent) => void;
}

/** A check of a call that did not hold; `dispatch` turns it into the module error of that name. */
export class DispatchFailure extends Error {
  readonly pallet: string;
  readonly error: string;

  constructor(pallet: string, error: string) {
    super(`${pallet}.${error}`);
    this.name = "DispatchFailure";
    this.pallet = pallet;
    this.error = error;
  }
}

/** Reads like the checks of the pallets. @throws DispatchFailure */
export function ensure(condition: boolean, error: string, pallet = "SubtensorModule"): asserts condition {
  if (!condition) throw new DispatchFailure(pallet, error);
}
