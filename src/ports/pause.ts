/** An operator's wish that no weights are sent for a while; asking, judging and scoring go on. */
export interface Pause {
  /** ISO 8601; null where it cannot be read. */
  readonly since: string | null;
  /** The operator's own words, at most 500 characters, for the operator's eyes: they belong into no bundle. */
  readonly reason: string | null;
}

/** Holds for a data folder and for whatever process works with it, one that is running already included. */
export interface SubmissionPause {
  /** As it is at this moment; null when weights may be sent. A wish that cannot be read counts as one. Never throws. */
  current(): Pause | null;
}
