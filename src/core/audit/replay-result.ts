import type { Digest, Hex, Ss58 } from "../model/ids.ts";
import type { WeightRow } from "../model/metagraph.ts";
import type { Settlement } from "../model/records.ts";
import type { EstimatorState } from "../model/scoring-state.ts";
import type { Sent } from "./settlement.ts";

/** The four values of every audit answer (DESIGN §1): there is no silent "ok". */
export type AuditValue = "verified" | "mismatch" | "cannot-check" | "absent";

/** The first thing in a bundle that does not follow. `index` is the line, from 0. */
export interface ReplayMismatch {
  readonly record: string;
  readonly index: number;
  readonly field: string;
  readonly expected: string;
  readonly found: string;
}

export interface BundleVerdict {
  readonly netuid: number | null;
  readonly mechid: number | null;
  readonly epoch: number | null;
  readonly result: AuditValue;
  readonly signature: "verified" | "mismatch" | "absent";
  readonly first?: ReplayMismatch;
  /** Set when the bundle was read to its end: what its neighbours must agree with. */
  readonly link?: BundleLink;
}

/** Bundles of one validator for one mechanism of one network are a chain. */
export interface BundleLink {
  readonly genesis: Hex;
  readonly hotkey: Ss58 | null;
  readonly netuid: number;
  readonly mechid: number;
  readonly epoch: number;
  readonly seal: Digest;
  readonly previousSeal: Digest | null;
  readonly before: EstimatorState;
  readonly after: EstimatorState;
  /** RevealPeriodEpochs at the snapshot. */
  readonly revealPeriod: number;
  /** What a later bundle settles. */
  readonly sent: Sent;
  /** What this bundle says about an earlier one, and the row it saw; null where there is none. */
  readonly settlement: Settlement | null;
  readonly ownRow: Pick<WeightRow, "uids" | "values"> | null;
}

const SHOWN = 120;

/** A value as a short text for a report; what strangers wrote is cut, and may end in half a character no more. */
export function shown(value: unknown): string {
  const text = spelled(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN).toWellFormed()}…` : text;
}

function spelled(value: unknown): string {
  if (value === undefined) return "nothing";
  // JSON would write null for NaN and the infinities, which only a forged input leads to.
  if (typeof value === "string" || typeof value === "number") return String(value);
  return JSON.stringify(value);
}
