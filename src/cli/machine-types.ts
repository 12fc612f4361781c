import type { AuditValue, ReplayMismatch } from "../core/audit/replay-result.ts";
import type { Window } from "../core/chain/epoch.ts";
import type { RefusalSource } from "../core/chain/refusals-search.ts";
import type { RefusalClass } from "../core/chain/refusals-shape.ts";
import type { Blame } from "../core/model/fault.ts";
import type { EpochMode } from "../core/model/metagraph.ts";
import type { MovedShape, PauseShape, StandingShape } from "./operator-types.ts";

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

/** What `config` answers; touchstone.yaml itself has the schema `config`. */
export interface EffectiveConfigShape {
  /** Absolute path. */
  readonly file: string;
  readonly fields: readonly {
    /** Its name in touchstone.yaml, e.g. `chutes.api`. */
    readonly field: string;
    /** Units of touchstone.yaml; null where nothing is set. Texts with variables of the environment are as written. */
    readonly value: string | number | null;
    readonly origin: "flag" | "environment" | "file" | "default";
    /** Of the flag or variable. */
    readonly name?: string;
    /** Of the file. */
    readonly line?: number;
  }[];
  readonly apiKey: {
    /** Whether there is one that can be used. */
    readonly present: boolean;
    readonly origin: "file" | "environment";
    /** Path of the file, or name of the variable. */
    readonly name: string;
    readonly problem?: string;
  };
}

export interface InitShape {
  /** Absolute paths. */
  readonly config: string;
  readonly apiKeyFile: string;
  readonly apiKeyPresent: boolean;
}

export interface WalletShape {
  readonly ss58: string;
  /** 0x and 64 hexadecimal digits. */
  readonly publicKey: string;
  readonly cryptoType: "sr25519" | "ed25519";
  readonly format: "plain" | "nacl" | "ansible" | "fernet" | "mnemonic" | "seed";
  readonly encrypted: boolean;
  /** Absolute path of the hotkey's file. */
  readonly path: string;
  /** Present when the key stayed locked: address and curve are what the pub.txt beside it claims. */
  readonly addressFrom?: "public-file";
}

export interface StatusShape {
  /** Absolute path of the data folder. */
  readonly data: string;
  /** Whether a process holds its lock. */
  readonly running: boolean;
  readonly pause: PauseShape;
  /** Null unless the journal goes on elsewhere. */
  readonly moved: MovedShape | null;
  readonly mechanisms: readonly {
    readonly netuid: number;
    readonly mechid: number;
    readonly sealedCycles: number;
    readonly standing: StandingShape;
    readonly last: {
      readonly epoch: number;
      readonly seal: string;
      /** ISO 8601; null where it was not noted. */
      readonly sealedAt: string | null;
      readonly bundle: string;
      /** False when it was moved, or deleted by retention. */
      readonly bundlePresent: boolean;
      readonly submission: OnceShape["submission"] | null;
    } | null;
    /** Begun and not sealed, oldest first. */
    readonly open: readonly {
      readonly epoch: number;
      /** What it does next. */
      readonly stage: "observe" | "discover" | "challenge" | "ask-and-judge" | "weigh" | "submit" | "seal";
      /** Paid calls that were announced. */
      readonly announced: number;
      readonly responses: number;
      readonly judgements: number;
      /** Whether a vector has the claim to be signed. */
      readonly claimed: boolean;
      readonly steps: readonly string[];
    }[];
  }[];
  /** In bytes; null where there is no journal yet. */
  readonly size: {
    readonly journalBytes: number;
    readonly bundles: number;
    readonly bundleBytes: number;
    readonly freeBytes: number;
  } | null;
}

/** Schedule of a subnet at one finalized block; all numbers are heights or counts of blocks. */
export interface EpochShape {
  readonly block: number;
  /** SubnetEpochIndex. */
  readonly epochIndex: number;
  readonly tempo: number;
  /** First block of the next epoch. */
  readonly nextEpochBlock: number;
  /** The blocks in which weights are submitted in this epoch, both included. */
  readonly window: Window;
  readonly mode: EpochMode;
  readonly commitReveal: boolean;
  /** Of a commit made now; absent without commit-reveal, and where it cannot be computed. */
  readonly revealRound?: number;
}

export interface ExplainErrorShape {
  /** As it was given. */
  readonly query: string;
  /** Everything that it can mean, at least one. */
  readonly errors: readonly {
    readonly name: string;
    readonly source: RefusalSource | "touchstone";
    /** Absent where nothing went wrong: exit 0. */
    readonly class?: RefusalClass;
    readonly blame: Blame;
    readonly message: string;
    readonly remedy: string;
  }[];
}

export interface TimelockShape {
  /** As it was given: a commit does not name its round. */
  readonly round: number | null;
  readonly uids: readonly number[];
  readonly values: readonly number[];
  /** u64, decimal. */
  readonly versionKey: string;
  /** SS58 of the signer; null in the older form without it. */
  readonly hotkey: string | null;
}

export interface ErrorShape {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly blame: string;
    readonly remedy: string;
  };
}
