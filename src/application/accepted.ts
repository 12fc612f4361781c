import type { Fault } from "../core/model/fault.ts";
import type { SubmissionOutcome } from "../ports/chain.ts";
import type { CycleLog, SubmissionStep } from "../ports/journal.ts";
import { signedFacts } from "./plan-of.ts";

export type Accepted = Extract<SubmissionOutcome, { kind: "direct" | "timelocked" }>;
type Other = Exclude<SubmissionOutcome, { kind: "foreign-update" }>;

/**
 * The newest extrinsic of the cycle that is known to be in a finalized block without an error, by the journal alone: that step is
 * written once its result is final, and nothing takes it back.
 */
export function acceptedIn(log: CycleLog): Accepted | undefined {
  const steps = log.steps();
  const last = steps.findLast(({ state, facts }) => FINAL.has(state) && facts["block"] !== undefined);
  if (last === undefined) return undefined;
  const { extrinsic } = last.facts;
  const signed = steps.findLast((step) => step.state === "signed" && step.facts["extrinsic"] === extrinsic);
  const known = signed && signedFacts(signed, last.state);
  if (known === undefined || known.extrinsic === null || known.call === null) return undefined;
  const { call, commit, resolved } = known;
  const state = last.state === "reflected" ? "reflected" : "finalized";
  const block = last.facts["block"] as Accepted["block"];
  const arrived = { state, call, extrinsic: known.extrinsic, block, resolved, fault: null } as const;
  return commit === null ? { kind: "direct", ...arrived } : { kind: "timelocked", ...arrived, commit };
}

const FINAL: ReadonlySet<SubmissionStep["state"]> = new Set(["finalized", "reflected"]);

export function hasArrived(outcome: SubmissionOutcome): outcome is Accepted {
  return outcome.kind === "direct" || outcome.kind === "timelocked";
}

/**
 * Of a commit that was taken out of the queue and of what was to take its place: what arrived, or may still arrive, is the newer
 * truth; nothing sent leaves the cancelled commit on record.
 */
export function standsInstead(standing: Accepted, next: Other): Other {
  if (hasArrived(next) || (next.kind === "failed" && next.open)) return next;
  if (next.kind === "failed") return { ...standing, fault: cancelled(next.fault.message) };
  return { ...standing, fault: cancelled(next.kind === "withheld" ? `${next.reason}: ${next.detail}` : next.kind) };
}

export function cancelled(why: string): Fault {
  return {
    code: "chain-refused",
    blame: "chain",
    retryable: false,
    message: `The commit was accepted and then removed from the chain's queue, and it was not sent again: ${why.replace(/\.$/, "")}.`,
    remedy: "The subnet's owner prunes; the former weights stand, and the next epoch's commit replaces them.",
  };
}
