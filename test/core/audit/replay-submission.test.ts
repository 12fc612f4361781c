import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parentsOf } from "../../../src/core/audit/parents.ts";
import { checkSubmission } from "../../../src/core/audit/replay-submission.ts";
import type { Header, Submission, WeightVector } from "../../../src/core/model/records.ts";
import { resolveWeights } from "../../../src/core/weights/resolve.ts";
import { hotkeyOf, SCORING } from "../../support/scripted-world.ts";
import { commitOf } from "../../support/sealed-weights.ts";

const HEADER = { mode: "run" } as Header;
const VECTOR: WeightVector = {
  kind: "weight-vector",
  parents: [],
  policy: SCORING.policy,
  real: [],
  uids: [1, 2, 5],
  values: [100, 65_535, 300],
  versionKey: "0",
  withhold: [],
};
const HEX = `0x${"e1".repeat(32)}` as const;
const DIRECT: Submission = {
  kind: "submission",
  parents: parentsOf(VECTOR),
  submission: "direct",
  state: "reflected",
  reason: null,
  extrinsic: HEX,
  block: { hash: HEX, number: 9 },
  call: "set_mechanism_weights",
  resolved: null,
  commit: null,
  fault: null,
};
const COMMIT = commitOf({ hotkey: hotkeyOf(0), uids: [1], values: [65_535] });
const SEALED: Submission = { ...DIRECT, submission: "timelocked", commit: COMMIT };
const NOTHING = { submission: "withheld", reason: "paused", extrinsic: null, block: null, call: null } as const;
/** Uid 2 has gone, uid 5 sits at 3. */
const RESOLVED = { uids: [1, 3], values: [21_845, 65_535], dropped: [2], moved: [{ from: 5, to: 3 }] };

const field = (submission: Submission): string | undefined =>
  checkSubmission(HEADER, VECTOR, submission)?.difference.field;

describe("a recorded submission", () => {
  test.each<[string, Submission]>([
    ["direct weights", DIRECT],
    ["a commit", SEALED],
    ["nothing", { ...DIRECT, ...NOTHING }],
    ["the vector without a miner that left, and with one that moved", { ...DIRECT, resolved: RESOLVED }],
    ["the same, sealed", { ...SEALED, resolved: RESOLVED }],
    ["a commit that was never signed", { ...SEALED, extrinsic: null, block: null, commit: null }],
  ])("may be of %s", (_what, submission) => {
    expect(field(submission)).toBeUndefined();
  });

  test.each<[string, string, Submission]>([
    ["direct weights with a commit", "commit", { ...DIRECT, commit: COMMIT }],
    ["a signed commit without its bytes", "commit", { ...SEALED, commit: null }],
    ["nothing with a commit", "commit", { ...DIRECT, ...NOTHING, commit: COMMIT }],
    ["nothing with an extrinsic", "extrinsic", { ...DIRECT, ...NOTHING, extrinsic: HEX }],
    ["nothing with other lists", "resolved", { ...DIRECT, ...NOTHING, resolved: RESOLVED }],
    [
      "a list that does not follow",
      "resolved.values[0]",
      { ...DIRECT, resolved: { ...RESOLVED, values: [21_846, 65_535] } },
    ],
    ["a weight for somebody new", "resolved.uids.length", { ...DIRECT, resolved: { ...RESOLVED, uids: [1, 3, 4] } }],
    ["a stranger that left", "resolved.dropped.length", { ...DIRECT, resolved: { ...RESOLVED, dropped: [2, 9] } }],
    [
      "a stranger that moved",
      "resolved.moved.length",
      { ...DIRECT, resolved: { ...RESOLVED, moved: [...RESOLVED.moved, { from: 9, to: 4 }] } },
    ],
  ])("cannot be of %s", (_what, expected, submission) => {
    expect(field(submission)).toBe(expected);
  });

  test("follows from whatever seats there are at signing", () => {
    const registered = fc.record({ uid: fc.nat(8), registeredAt: fc.nat(1) });
    fc.assert(
      fc.property(fc.uniqueArray(registered, { selector: ({ uid }) => uid, maxLength: 9 }), (taken) => {
        const targets = VECTOR.uids.map((uid) => ({ uid, hotkey: hotkeyOf(uid), registeredAt: 0 }));
        const seats = taken.map(({ uid, registeredAt }, at) => ({ uid, hotkey: hotkeyOf((at % 6) + 1), registeredAt }));
        const once = seats.filter((seat, at) => seats.findIndex(({ hotkey }) => hotkey === seat.hotkey) === at);
        expect(field({ ...DIRECT, resolved: resolveWeights(targets, VECTOR.values, once) })).toBeUndefined();
      }),
      { numRuns: 100 },
    );
  });
});
