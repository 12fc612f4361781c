import type { Submission, WithholdReason } from "../core/model/records.ts";
import type { SubmissionOutcome } from "../ports/chain.ts";

/** A submission record without its place. */
export type Decided = Omit<Submission, "kind" | "parents">;

/** What is on record of an outcome. A foreign update is none: it ends the process. */
export function decided(outcome: Exclude<SubmissionOutcome, { kind: "foreign-update" }>): Decided {
  switch (outcome.kind) {
    case "direct":
    case "timelocked":
      return {
        submission: outcome.kind,
        state: outcome.state,
        reason: outcome.fault?.message ?? null,
        extrinsic: outcome.extrinsic,
        block: outcome.block,
        call: outcome.call,
        resolved: outcome.resolved,
        commit: outcome.kind === "timelocked" ? outcome.commit : null,
        fault: outcome.fault,
      };
    case "withheld":
      return withheld(outcome.reason, outcome.detail);
    case "dry-run":
      return { ...NOTHING, submission: "dry-run" };
    case "failed": {
      const { commit, extrinsic, path, state } = outcome;
      const fault = disposedOf(outcome) ? { ...outcome.fault, code: "chain-refused" as const } : outcome.fault;
      return { ...NOTHING, submission: path, state, reason: fault.message, extrinsic, commit, fault };
    }
  }
}

/** What was signed and cannot reach the chain any more was not taken, for whatever reason: later cycles must not count on it. */
function disposedOf({ extrinsic, open }: Extract<SubmissionOutcome, { kind: "failed" }>): boolean {
  return extrinsic !== null && !open;
}

export function withheld(reason: WithholdReason, detail?: string): Decided {
  return { ...NOTHING, submission: "withheld", reason: detail === undefined ? reason : `${reason}: ${detail}` };
}

const NOTHING: Omit<Decided, "submission"> = {
  state: "planned",
  reason: null,
  extrinsic: null,
  block: null,
  call: null,
  resolved: null,
  commit: null,
  fault: null,
};
