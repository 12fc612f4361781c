import type { Digest } from "../model/ids.ts";
import type { EstimatorState } from "../model/scoring-state.ts";

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

export interface BundleLink {
  readonly netuid: number;
  readonly mechid: number;
  readonly epoch: number;
  readonly seal: Digest;
  readonly previousSeal: Digest | null;
  readonly before: EstimatorState;
  readonly after: EstimatorState;
}

const SHOWN = 120;

/** A value as a short text for a report; what strangers wrote is cut. */
export function shown(value: unknown): string {
  const text = value === undefined ? "nothing" : typeof value === "string" ? value : JSON.stringify(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
