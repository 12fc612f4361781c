import type { Commitment, MetagraphSnapshot } from "../model/metagraph.ts";
import type { Header, Submission, WeightVector } from "../model/records.ts";
import { compare, type Finding } from "./finding.ts";
import { compareText, parentsOf } from "./parents.ts";

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
    commitments: onceEach(commitments).toSorted((a, b) => compareText(a.hotkey, b.hotkey)),
  };
  return compare(snapshot, expected);
}

/** A second commitment of one hotkey would leave it to the reader which one counts. */
function onceEach(commitments: readonly Commitment[]): readonly Commitment[] {
  return [...new Map(commitments.map((commitment) => [commitment.hotkey, commitment])).values()];
}

/** What was done with the vector is recorded; that it could be done follows: a forbidden vector was not sent, a dry run sends nothing. */
export function checkSubmission(header: Header, vector: WeightVector, submission: Submission): Finding | undefined {
  const [reason] = vector.withhold;
  const expected: Submission = {
    ...submission,
    parents: parentsOf(vector),
    submission: possible(header, reason === undefined ? submission.submission : "withheld"),
    ...(reason === undefined ? {} : { reason, extrinsic: null, block: null, call: null }),
  };
  return compare(submission, expected);
}

/** The kind itself, or the one that the mode would have led to. */
function possible({ mode }: Header, kind: Submission["submission"]): Submission["submission"] {
  if (mode === "dry-run") return kind === "withheld" ? kind : "dry-run";
  return kind === "dry-run" ? "direct" : kind;
}
