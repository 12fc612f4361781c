import type { MetagraphSnapshot } from "../model/metagraph.ts";
import type { CycleRecord, Header, Submission, WeightVector } from "../model/records.ts";
import { firstDifference } from "./difference.ts";
import { compareText, parentsOf } from "./parents.ts";

interface Finding {
  readonly record: CycleRecord;
  readonly difference: NonNullable<ReturnType<typeof firstDifference>>;
}

/** A snapshot cannot be re-derived offline, but it must belong to its header and be in the one order it may have. */
export function checkSnapshot(header: Header, snapshot: MetagraphSnapshot): Finding | undefined {
  const { neurons, commitments, epochState } = snapshot;
  const expected: MetagraphSnapshot = {
    ...snapshot,
    parents: parentsOf(header),
    netuid: header.netuid,
    mechid: header.mechid,
    epochState: { ...epochState, index: header.epoch },
    neurons: neurons.map((neuron, uid) => ({ ...neuron, uid })),
    commitments: commitments.toSorted((a, b) => compareText(a.hotkey, b.hotkey)),
  };
  return found(snapshot, firstDifference(expected, snapshot));
}

/** What was done with the vector is recorded; that it could be done follows: a forbidden vector was not sent, a dry run sends nothing. */
export function checkSubmission(header: Header, vector: WeightVector, submission: Submission): Finding | undefined {
  const [reason] = vector.withhold;
  const allowed = header.mode === "dry-run" ? ["dry-run", "withheld"] : ["direct", "timelocked", "withheld"];
  const kind = reason === undefined ? submission.submission : "withheld";
  const expected = {
    ...submission,
    parents: parentsOf(vector),
    submission: allowed.includes(kind) ? kind : (allowed[0] ?? kind),
    ...(reason === undefined ? {} : { reason, extrinsic: null, block: null, call: null }),
  };
  return found(submission, firstDifference(expected, submission));
}

function found(record: CycleRecord, difference: ReturnType<typeof firstDifference>): Finding | undefined {
  return difference && { record, difference };
}
