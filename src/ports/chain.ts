import type { Fault } from "../core/model/fault.ts";
import type { CycleKey, Decimal, Digest, Hex, Ss58 } from "../core/model/ids.ts";
import type { EpochMode, EpochState, Hyperparameters, MetagraphSnapshot } from "../core/model/metagraph.ts";
import type { Commit, ResolvedWeights, SubmissionState, WithholdReason } from "../core/model/records.ts";

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
  /** Hotkeys whose history is kept: those without a seat are followed to their successors. */
  readonly known: readonly Ss58[];
}

/** Where the epoch stands; cheap enough to be asked for again and again. */
export interface EpochSight {
  readonly block: { readonly hash: Hex; readonly number: number };
  readonly timeMs: number;
  readonly epochState: EpochState;
  readonly tempo: number;
  readonly commitRevealEnabled: boolean;
  /** Of the asking hotkey in this mechanism; null without a seat. */
  readonly lastUpdate: number | null;
}

export interface RevealQuery {
  readonly netuid: number;
  readonly mechid: number;
  readonly hotkey: Ss58;
  readonly commit: Commit;
}

/** What one finalized block shows of a commit, and of what its reveal depends on (chain.md §3.3, §4.5). */
export interface RevealSight {
  readonly block: { readonly hash: Hex; readonly number: number };
  readonly epochIndex: number;
  /** The commit still stands in the queue of its epoch. */
  readonly queued: boolean;
  /** The pulse of its round on chain, 48 bytes. */
  readonly pulse: Hex | null;
  readonly lastStoredRound: number;
  /** Null without a seat. */
  readonly row: { readonly uids: readonly number[]; readonly values: readonly number[] } | null;
  readonly uid: number | null;
  readonly permit: boolean;
  readonly owner: boolean;
  readonly stakeRao: Decimal;
  readonly neurons: number;
  readonly mode: EpochMode;
  readonly limits: Pick<
    Hyperparameters,
    "minAllowedWeights" | "weightsVersionKey" | "stakeThresholdRao" | "mechanismCount"
  >;
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
  /** Epoch state and schedule at the finalized head. */
  schedule(request: Omit<ObserveRequest, "known">, signal: AbortSignal): Promise<EpochSight | Fault>;
  /** What became of a commit, as far as the finalized head shows. */
  reveal(query: RevealQuery, signal: AbortSignal): Promise<RevealSight | Fault>;
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
  /** Height of the snapshot that the vector was made from. */
  readonly snapshotBlock: number;
  /**
   * The newest block in which we moved our own LastUpdate, as the journal knows it: one beyond it is somebody else's. Null when
   * the operator has accepted that risk.
   */
  readonly knownUpdate: number | null;
  /** A service's weights are for the cycle's own epoch alone: the next one has weights of its own. */
  readonly epochOnly?: boolean;
}

/** Called before each step with what must be durable first; the submitter waits for it. */
export type SubmissionProgress = (step: {
  readonly state: SubmissionState;
  readonly extrinsic?: Hex;
  readonly nonce?: number;
  readonly eraBirth?: number;
  readonly eraPeriod?: number;
  readonly block?: { readonly hash: Hex; readonly number: number };
  /** With `signed`: the whole extrinsic, and what it carries. */
  readonly bytes?: Hex;
  readonly call?: string;
  readonly resolved?: ResolvedWeights | null;
  readonly commit?: Commit | null;
}) => Promise<void>;

export type SubmissionOutcome =
  | {
      readonly kind: "direct";
      readonly state: "reflected" | "finalized";
      readonly call: string;
      readonly extrinsic: Hex;
      readonly block: { readonly hash: Hex; readonly number: number };
      readonly resolved: ResolvedWeights | null;
      /** Set when the row read back differs from the row sent. */
      readonly fault: Fault | null;
    }
  | {
      readonly kind: "timelocked";
      /** `reflected`: the commit stands in the chain's queue, under the epoch it was made for. */
      readonly state: "reflected" | "finalized";
      readonly call: string;
      readonly extrinsic: Hex;
      readonly block: { readonly hash: Hex; readonly number: number };
      readonly resolved: ResolvedWeights | null;
      readonly commit: Commit;
      readonly fault: Fault | null;
    }
  /** LastUpdate lies beyond what the journal knows: another process signs with this hotkey. Nothing was sent. */
  | { readonly kind: "foreign-update"; readonly lastUpdate: number; readonly known: number }
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
      readonly path: "direct" | "timelocked";
      readonly commit: Commit | null;
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
  readonly call: string | null;
  readonly resolved: ResolvedWeights | null;
  /** Null for direct weights. */
  readonly commit: Commit | null;
  /** The signed extrinsic, where it may be handed to the node once more: its nonce lets it be accepted once at most. */
  readonly again?: Hex | null;
}
