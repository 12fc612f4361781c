import type { Sent } from "../core/audit/settlement.ts";
import type { CycleKey, Digest, Hex, Ss58 } from "../core/model/ids.ts";
import type { RecordKind } from "../core/model/record-base.ts";
import type { CycleRecord, SubmissionState } from "../core/model/records.ts";
import type { EstimatorState } from "../core/model/scoring-state.ts";

/** A record's place in its cycle: `""` for the only one of its kind, `<uid>/<taskId>` for responses and judgements. */
export function recordKey(record: CycleRecord): string {
  return record.kind === "response" || record.kind === "judgement" ? `${record.uid}/${record.taskId}` : "";
}

export interface SubmissionStep {
  readonly state: SubmissionState;
  readonly facts: Readonly<Record<string, unknown>>;
}

/**
 * One open cycle. `append` resolves when the record is on disk; appending an equal record again is harmless, another one for
 * the same place is a broken invariant (ValidatorError, exit `journal`).
 */
export interface CycleLog {
  readonly key: CycleKey;
  readonly secret: Hex;
  append(record: CycleRecord): Promise<Digest>;
  find<K extends RecordKind>(kind: K, key?: string): Extract<CycleRecord, { kind: K }> | undefined;
  list<K extends RecordKind>(kind: K): readonly Extract<CycleRecord, { kind: K }>[];
  /**
   * Before a paid call: durable notice that it is about to be made. `asked-before` means that an earlier process announced
   * this very call and left no result: it may have been paid, so it is not made again.
   */
  announce(purchase: string): Promise<"first" | "asked-before">;
  /** Partial results of a purchase (a judge's first attempt), durable, by the purchase's name. */
  keep(purchase: string, value: unknown): Promise<void>;
  kept(purchase: string): unknown;
  /** Check and insert in one exclusive transaction, before anything is signed. `same`: this vector holds the claim. */
  claim(vector: Digest): Promise<"claimed" | "same" | "other">;
  step(step: SubmissionStep): Promise<void>;
  steps(): readonly SubmissionStep[];
  /** Writes the bundle file (temporary file, fsync, rename), then marks the cycle sealed. Returns the absolute path. */
  seal(lines: readonly string[], sealDigest: Digest, after: EstimatorState): Promise<string>;
}

export interface SealedCycle {
  readonly key: CycleKey;
  readonly seal: Digest;
  readonly bundle: string;
}

/** Whose weights of which mechanism: the chain keeps one LastUpdate and one row for each (chain.md §3.4). */
export interface Seat {
  readonly netuid: number;
  readonly mechid: number;
  readonly hotkey: Ss58;
}

/** What a journal remembers of the chain it was written on. */
export interface JournalPast {
  /** Genesis hash in the newest header, whatever its subnet; null in an empty journal. */
  readonly genesis: Hex | null;
  /** The highest epoch of the mechanism that was begun; null before the first. */
  readonly epoch: number | null;
}

export interface Journal {
  /** The cycle of this key: new with a fresh secret, or as an earlier process left it. */
  open(key: CycleKey, secret: () => Hex): Promise<CycleLog>;
  sealed(key: CycleKey): SealedCycle | undefined;
  /** Cycles begun and not sealed, oldest first. */
  unsealed(netuid: number, mechid: number): readonly CycleKey[];
  /** The newest sealed cycle of this mechanism: its seal is the next one's parent, its state the next one's start. */
  last(netuid: number, mechid: number): { readonly seal: Digest; readonly state: EstimatorState } | undefined;
  /**
   * What the newest sealed cycle of at most that epoch did with its weights; undefined when its records are no longer here, or
   * are another hotkey's. Hotkey null: of a dry run without a wallet.
   */
  sentUntil(until: CycleKey & { readonly hotkey: Ss58 | null }): Sent | undefined;
  /** The newest block in which the seat's LastUpdate is known to have moved, by us or before our time; null when never noted. */
  knownUpdate(seat: Seat): number | null;
  /** Durable when it resolves; a lower block than the known one changes nothing. */
  noteUpdate(seat: Seat, block: number): Promise<void>;
  past(netuid: number, mechid: number): JournalPast;
  close(): Promise<void>;
}
