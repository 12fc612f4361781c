import type { Hex } from "../../core/model/ids.ts";
import type { DecodedCall, RuntimeCodec } from "../metadata/registry.ts";

/** As in `author_extrinsicUpdate`. */
export type ExtrinsicStatus =
  | "future"
  | "ready"
  | "dropped"
  | "invalid"
  | { readonly inBlock: Hex }
  | { readonly retracted: Hex }
  | { readonly finalized: Hex };

/** A transaction that passed all checks. */
export interface CheckedExtrinsic {
  readonly hash: Hex;
  readonly bytes: Uint8Array;
  readonly call: DecodedCall;
  readonly signer: Uint8Array;
  readonly nonce: number;
  /** First block in which its era is over. */
  readonly death: number;
  /** By which it was checked: a signature holds for one spec version. */
  readonly runtime: RuntimeCodec;
}

export type StatusListener = (status: ExtrinsicStatus) => void;

/** One transaction in the pool, with those who watch it. */
export interface PoolEntry extends CheckedExtrinsic {
  readonly listeners: Set<StatusListener>;
  /** Whether `ready` has been told; until then it waits for the nonces before its own. */
  ready: boolean;
}

export function tell(entry: PoolEntry, status: ExtrinsicStatus): void {
  for (const listener of entry.listeners) listener(status);
}
