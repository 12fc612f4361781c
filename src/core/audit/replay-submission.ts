import type { Header, ResolvedWeights, Submission, WeightVector } from "../model/records.ts";
import { encodeWeights } from "../weights/encode.ts";
import { compare, type Finding } from "./finding.ts";
import { parentsOf } from "./parents.ts";

/**
 * What was done with the vector is recorded; that it could be done follows: a forbidden vector was not sent, a dry run sends
 * nothing, and what was sent in the vector's place is the vector without those who had gone (docs/bundle.md A5).
 */
export function checkSubmission(header: Header, vector: WeightVector, submission: Submission): Finding | undefined {
  const [reason] = vector.withhold;
  const kind = possible(header, reason === undefined ? submission.submission : "withheld");
  const wrongKind = compare(submission, { ...submission, submission: kind });
  if (wrongKind !== undefined) return wrongKind;
  const sent = kind === "direct" || kind === "timelocked";
  const expected: Submission = {
    ...submission,
    parents: parentsOf(vector),
    ...(reason === undefined ? {} : { reason }),
    ...(sent ? {} : { extrinsic: null, block: null, call: null }),
    resolved: sent ? resolvedAnew(vector, submission.resolved) : null,
    commit: kind === "timelocked" ? submission.commit : null,
  };
  return compare(submission, expected) ?? collision(submission) ?? commitFinding(submission);
}

/** Two registrations cannot sit at one uid. */
function collision(submission: Submission): Finding | undefined {
  const uids = submission.resolved?.uids ?? [];
  const found = uids.find((uid, index) => uids.indexOf(uid) !== index);
  if (found === undefined) return undefined;
  return { record: submission, difference: { field: "resolved.uids", expected: "every uid once", found } };
}

/** What was signed as a commit has one, and only that. */
function commitFinding(submission: Submission): Finding | undefined {
  const { commit, extrinsic } = submission;
  if (submission.submission !== "timelocked" || (commit === null) === (extrinsic === null)) return undefined;
  const expected = extrinsic === null ? null : "the commit of the extrinsic";
  return { record: submission, difference: { field: "commit", expected, found: commit } };
}

/** The kind itself, or the one that the mode would have led to. */
function possible({ mode }: Header, kind: Submission["submission"]): Submission["submission"] {
  if (mode === "dry-run") return kind === "withheld" ? kind : "dry-run";
  return kind === "dry-run" ? "direct" : kind;
}

/** Who had gone and who had moved is recorded, the lists follow. */
function resolvedAnew({ uids, values }: WeightVector, resolved: ResolvedWeights | null): ResolvedWeights | null {
  if (resolved === null) return null;
  const gone = new Set(resolved.dropped);
  const places = new Map(resolved.moved.map(({ from, to }) => [from, to]));
  const kept = uids.flatMap((uid, index) => {
    const to = places.get(uid) ?? uid;
    return gone.has(uid) ? [] : [{ uid: to, from: uid, weight: values[index] ?? 0 }];
  });
  const encoded = encodeWeights(kept.toSorted((a, b) => a.uid - b.uid));
  return {
    uids: encoded.uids,
    values: encoded.values,
    dropped: uids.filter((uid) => gone.has(uid)),
    moved: kept.flatMap(({ from, uid }) => (from === uid ? [] : [{ from, to: uid }])),
  };
}
