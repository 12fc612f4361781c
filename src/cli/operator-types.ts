/** Documents of the commands around the data folder; their schemas stand in operator-shapes.ts. */

/** What `pause` and `resume` answer. */
export interface PauseShape {
  readonly paused: boolean;
  /** ISO 8601; null when not paused, or when it cannot be read. */
  readonly since: string | null;
  readonly reason: string | null;
}

export interface JournalExportShape {
  /** Absolute path. */
  readonly file: string;
  readonly bytes: number;
  readonly cycles: number;
  /** False with --keep: the data folder stays the validator's home. */
  readonly moved: boolean;
}

export interface JournalImportShape {
  /** Absolute path of the data folder. */
  readonly data: string;
  readonly cycles: number;
  /** Begun and not sealed, oldest first: the next start goes on with them. */
  readonly open: readonly {
    readonly netuid: number;
    readonly mechid: number;
    readonly epoch: number;
    /** Whether a vector has the claim to be signed. */
    readonly claimed: boolean;
  }[];
  /** SS58 addresses, each null when it is not known. */
  readonly hotkey: {
    /** With which the newest cycle was begun. */
    readonly journal: string | null;
    /** Of the configured wallet, read without a password. */
    readonly configured: string | null;
  };
  /** What does not stop an import and should be looked at before the start. */
  readonly warnings: readonly { readonly code: "another-hotkey"; readonly message: string; readonly remedy: string }[];
}

/** Of `status`: where the journal of the folder went on, and since when. */
export interface MovedShape {
  /** ISO 8601. */
  readonly at: string;
  readonly file: string;
}

/** Of `status`: how a mechanism's weights stand on chain, as far as the journal knows. */
export interface StandingShape {
  /** Block in which the own LastUpdate moved last; null when none is known. */
  readonly lastUpdate: number | null;
  /** Whole tempos from there to the newest snapshot; null when nothing is known. */
  readonly temposBehind: number | null;
  /** What was learnt last of a former cycle's weights. */
  readonly settlement: {
    /** Of the cycle whose weights they are. */
    readonly epoch: number;
    readonly state: string;
    /** Why a commit was not opened into the own row. */
    readonly cause?: string;
  } | null;
}
