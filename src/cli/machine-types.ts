import type { AuditValue, ReplayMismatch } from "../core/audit/replay-result.ts";

/** The documents other programs read (DESIGN §6); their schemas stand in shapes.ts. Absent fields are left out, not null. */

export interface WeightsShape {
  readonly uids: readonly number[];
  readonly values: readonly number[];
}

export interface OnceShape {
  readonly netuid: number;
  readonly mechid: number;
  /** SubnetEpochIndex. */
  readonly epoch: number;
  /** The snapshot's. */
  readonly block: number;
  /** Every uid but our own, ascending. */
  readonly miners: readonly {
    readonly uid: number;
    readonly hotkey: string;
    /** As the policy used it; null where there is none. */
    readonly score: number | null;
    readonly stderr: number | null;
    readonly answered: number;
    readonly missed: number;
    readonly reason?: string;
  }[];
  readonly weights: WeightsShape;
  readonly submission: {
    readonly kind: "direct" | "timelocked" | "dry-run" | "withheld";
    readonly state: string;
    /** Where it was included. */
    readonly block?: number;
    readonly extrinsic?: string;
    readonly round?: number;
    readonly reason?: string;
  };
  /** Absolute path. */
  readonly bundle: string;
  /** Digest of the bundle's last line. */
  readonly seal: string;
  readonly spend: { readonly requests: number; readonly tokens: number; readonly microUsd: number };
}

export interface DryRunShape extends OnceShape {
  readonly chain: WeightsShape;
  readonly difference: readonly { readonly uid: number; readonly ours: number; readonly chain: number }[];
}

export interface ReplayShape {
  readonly bundles: readonly {
    readonly file: string;
    /** Null where the file does not say, because it cannot be read so far. */
    readonly netuid: number | null;
    readonly mechid: number | null;
    readonly epoch: number | null;
    readonly result: AuditValue;
    readonly signature: "verified" | "mismatch" | "absent";
    readonly first?: ReplayMismatch;
  }[];
  readonly chain: AuditValue;
}

export interface StartShape {
  readonly cycles: number;
  /** Kendall τ-b of the last cycle's scores and latent quality; null with fewer than two scored miners. */
  readonly rankCorrelation: number | null;
  readonly weightsSet: number;
  readonly replayed: number;
  readonly verified: number;
  readonly bundles: readonly string[];
  readonly seconds: number;
}

export interface ReadyShape {
  readonly ready: true;
  readonly node: string;
  readonly chutes: string;
  readonly control: string;
  readonly netuid: number;
  readonly genesis: string;
  readonly config: string;
  readonly hotkey: string;
  readonly wallet: string;
  readonly apiKey: string;
  readonly seconds: number;
}

export interface ErrorShape {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly blame: string;
    readonly remedy: string;
  };
}
