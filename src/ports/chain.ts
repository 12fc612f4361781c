import type { Fault } from "../core/model/fault.ts";
import type { CycleKey, Digest, Hex, Ss58 } from "../core/model/ids.ts";
import type { MetagraphSnapshot } from "../core/model/metagraph.ts";
import type { SubmissionState, WithholdReason } from "../core/model/records.ts";

export interface ChainIdentity {
  readonly genesis: Hex;
  readonly chain: string;
  readonly specName: string;
  readonly specVersion: number;
  /** True for the localnet in the box and for dev chains: the only ones on which well-known keys may sign. */
  readonly local: boolean;
}

export interface ObserveRequest {
  readonly netuid: number;
  readonly mechid: number;
  /** Whose row to compare with; null without a wallet. */
  readonly hotkey: Ss58 | null;
}

/** A head as announced; numbers are block heights. */
export interface Heads {
  readonly finalized: number;
  readonly finalizedHash: Hex;
}

export interface ChainReader {
  readonly identity: ChainIdentity;
  /** Everything at one finalized hash (DESIGN §9). Without `parents` and `kind`: the caller makes the record. */
  observe(request: ObserveRequest, signal: AbortSignal): Promise<Observation | Fault>;
  /** The finalized head as last seen; asks when none has been seen. */
  finalized(signal: AbortSignal): Promise<Heads | Fault>;
}

export type Observation = Omit<MetagraphSnapshot, "kind" | "parents">;

export interface SubmissionPlan {
  readonly cycle: CycleKey;
  /** Target hotkeys in the order of `uids`; each is resolved again before signing (D15). */
  readonly targets: readonly { readonly uid: number; readonly hotkey: Ss58; readonly registeredAt: number }[];
  readonly uids: readonly number[];
  readonly values: readonly number[];
  readonly versionKey: string;
  readonly vectorDigest: Digest;
}

/** Called before each step with what must be durable first; the submitter waits for it. */
export type SubmissionProgress = (step: {
  readonly state: SubmissionState;
  readonly extrinsic?: Hex;
  readonly nonce?: number;
  readonly eraBirth?: number;
  readonly eraPeriod?: number;
  readonly block?: { readonly hash: Hex; readonly number: number };
}) => Promise<void>;

export type SubmissionOutcome =
  | {
      readonly kind: "direct";
      readonly state: "reflected" | "finalized";
      readonly call: string;
      readonly extrinsic: Hex;
      readonly block: { readonly hash: Hex; readonly number: number };
      /** Set when the row read back differs from the row sent. */
      readonly fault: Fault | null;
    }
  /** Not sent, for a reason the chain's state gives (chain.md §3.2, §3.3). */
  | {
      readonly kind: "withheld";
      readonly reason: WithholdReason;
      readonly detail: string;
      /** For `rate-limited`: the first block in which the chain would take it. */
      readonly untilBlock?: number;
    }
  /** A dry run: nothing was sent and nothing will be. */
  | { readonly kind: "dry-run" }
  /** Sent or about to be, and refused or lost. */
  | {
      readonly kind: "failed";
      readonly state: SubmissionState;
      readonly extrinsic: Hex | null;
      readonly fault: Fault;
      /** True while it may still reach the chain, or have reached it: then nothing else may be signed for this epoch. */
      readonly open: boolean;
    };

export interface WeightSubmitter {
  /** Pre-flight at the head, sign, send, follow to finality, read the row back. Never rejects but on abort. */
  submit(plan: SubmissionPlan, progress: SubmissionProgress, signal: AbortSignal): Promise<SubmissionOutcome>;
  /** What became of a submission that a former process began: settles an open claim (DESIGN promise 2). */
  settle(plan: SubmissionPlan, known: SettleFacts, signal: AbortSignal): Promise<SubmissionOutcome>;
}

export interface SettleFacts {
  readonly state: SubmissionState;
  readonly extrinsic: Hex | null;
  readonly eraBirth: number | null;
  readonly eraPeriod: number | null;
}
