import type { Fault } from "./fault.ts";
import type { Ss58 } from "./ids.ts";
import type { RecordBase } from "./record-base.ts";

export interface Cord {
  readonly path: string;
  readonly method: string;
  readonly stream: boolean;
}

/** What the catalogue said of one chute; text of strangers, bounded by the adapter. */
export interface ChuteView {
  readonly chuteId: string;
  readonly name: string;
  readonly slug: string;
  readonly version: string | null;
  readonly revision: string | null;
  readonly template: string | null;
  readonly hot: boolean;
  readonly disabled: boolean;
  readonly tee: boolean;
  readonly cords: readonly Cord[];
}

export type ChuteEvidence =
  | { readonly chuteId: string; readonly found: true; readonly view: ChuteView }
  | { readonly chuteId: string; readonly found: false; readonly fault: Fault };

export const INELIGIBLE_REASONS = [
  "own-hotkey",
  "no-commitment",
  "commitment-sealed",
  "commitment-unreadable",
  "commitment-before-registration",
  "chute-claimed-earlier",
  "chute-not-found",
  "chute-disabled",
  "chute-unchecked",
  "slug-refused",
  "cord-missing",
  "cord-refused",
] as const;
export type IneligibleReason = (typeof INELIGIBLE_REASONS)[number];

export interface Target {
  readonly chuteId: string;
  readonly slug: string;
  readonly path: string;
  readonly stream: boolean;
  readonly model: string;
  readonly version: string | null;
}

export interface MinerIdentity {
  readonly uid: number;
  readonly hotkey: Ss58;
  readonly registeredAt: number;
}

export type RosterEntry = MinerIdentity &
  (
    | { readonly eligible: true; readonly committedAt: number; readonly target: Target }
    | { readonly eligible: false; readonly reason: IneligibleReason; readonly detail: string }
  );

export interface Roster extends RecordBase<"roster"> {
  /** Ascending by chuteId. */
  readonly chutes: readonly ChuteEvidence[];
  /** One entry a neuron, ascending by uid. */
  readonly entries: readonly RosterEntry[];
}
