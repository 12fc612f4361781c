import { describe, expect, test } from "vitest";
import { openCommit } from "../../../src/core/audit/open-commit.ts";
import { replayChain } from "../../../src/core/audit/replay-chain.ts";
import type { BundleLink } from "../../../src/core/audit/replay-result.ts";
import type { Sent } from "../../../src/core/audit/settlement.ts";
import type { Reveal, Settlement } from "../../../src/core/model/records.ts";
import { EMPTY_STATE, type EstimatorState } from "../../../src/core/model/scoring-state.ts";
import { hotkeyOf } from "../../support/scripted-world.ts";
import { commitOf, pulseOf, ROUND } from "../../support/sealed-weights.ts";

const digest = (byte: number): `0x${string}` => `0x${byte.toString(16).padStart(2, "0").repeat(32)}`;
const state = (cycles: number): EstimatorState => ({ cycles, miners: [] });

function sentIn(epoch: number): Sent {
  return {
    epoch,
    digest: digest(0x80 + epoch),
    onChain: true,
    vector: { uids: [1, 2], values: [65_535, 0] },
    commit: null,
    settles: null,
  };
}

/** Epoch n's settlement of the epoch before. */
function settling(epoch: number, change: Partial<Settlement> = {}): Pick<BundleLink, "settlement" | "ownRow"> {
  const { digest: submission } = sentIn(epoch - 1);
  const settlement = { kind: "settlement", parents: [], epoch: epoch - 1, submission, state: "standing" } as const;
  return {
    settlement: { ...settlement, lastUpdate: 9, reveal: null, ...change },
    ownRow: { uids: [1], values: [65_535] },
  };
}

const OWN = hotkeyOf(0);
const WEIGHTS = { uids: [1, 2], values: [65_535, 7] };

/** Epoch n with a commit, of its own filing. */
function committing(epoch: number, change: Partial<BundleLink> = {}): BundleLink {
  const commit = commitOf({ hotkey: OWN, ...WEIGHTS }, { epoch });
  return link(epoch, {
    hotkey: OWN,
    sent: { ...sentIn(epoch), vector: WEIGHTS, commit },
    ...change,
  });
}

/** Epoch n, in which nothing was sent. */
function withheld(epoch: number, change: Partial<BundleLink> = {}): BundleLink {
  return link(epoch, { hotkey: OWN, ...change, sent: { ...sentIn(epoch), onChain: false, ...change.sent } });
}

/** What its own bundle settled for good. */
function done(epoch: number, settles: number, change: Partial<BundleLink> = {}): Partial<BundleLink> {
  return { ...revealing(settles), ...change, sent: { ...committing(epoch).sent, settles } };
}

/** Epoch n's settlement of an earlier commit. */
function revealing(of: number, change: Partial<Settlement> = {}, reveal: Partial<Reveal> = {}): Partial<BundleLink> {
  const shown = { block: { hash: digest(1), number: 1400 }, pulse: pulseOf(), row: WEIGHTS, cause: null, ...reveal };
  const { settlement } = settling(of + 1, { state: "revealed", reveal: shown, ...change });
  return { settlement, ownRow: null };
}

/** Epoch n of an unbroken chain that began with epoch 1. */
function link(epoch: number, change: Partial<BundleLink> = {}): BundleLink {
  return {
    genesis: digest(0x9e),
    hotkey: "5own",
    netuid: 7,
    mechid: 0,
    epoch,
    seal: digest(epoch),
    previousSeal: epoch === 1 ? null : digest(epoch - 1),
    before: epoch === 1 ? EMPTY_STATE : state(epoch - 1),
    after: state(epoch),
    revealPeriod: 1,
    sent: sentIn(epoch),
    settlement: null,
    ownRow: null,
    ...change,
  };
}

describe("the links among bundles (docs/bundle.md A8)", () => {
  test.each<[string, readonly (BundleLink | undefined)[], string]>([
    ["a first bundle alone", [link(1)], "verified"],
    ["an unbroken chain", [link(1), link(2), link(3)], "verified"],
    [
      "epochs in which nothing was sealed",
      [link(1), link(5, { previousSeal: digest(1), before: state(1) })],
      "verified",
    ],
    ["a former cycle settled as the row shows it", [link(1), link(2, settling(2))], "verified"],
    [
      "a former cycle settled as replaced, since another row stands",
      [link(1), link(2, { ...settling(2, { state: "replaced" }), ownRow: { uids: [2], values: [65_535] } })],
      "verified",
    ],
    [
      "a withheld one settled",
      [link(1, { sent: { ...sentIn(1), onChain: false } }), link(2, settling(2, { state: "replaced" }))],
      "mismatch",
    ],
    [
      "the last commit before a withheld cycle, due behind that",
      [committing(1), withheld(2), withheld(3, { revealPeriod: 2, ...revealing(1) })],
      "verified",
    ],
    [
      "the same again, though it is settled for good",
      [
        committing(1),
        withheld(2, { ...revealing(1), sent: { ...sentIn(2), onChain: false, settles: 1 } }),
        withheld(3, revealing(1)),
      ],
      "mismatch",
    ],
    [
      "one settled that was pending when it was looked at first",
      [
        committing(1),
        withheld(2, revealing(1, { state: "pending" }, { row: null, pulse: null, cause: "pulse-missing" })),
        withheld(3, revealing(1)),
      ],
      "verified",
    ],
    [
      "an older one settled behind a newer",
      [committing(1), committing(2), committing(3, done(3, 2)), committing(4, { revealPeriod: 2, ...revealing(1) })],
      "mismatch",
    ],
    ["a settlement that the row contradicts", [link(1), link(2, { ...settling(2), ownRow: null })], "mismatch"],
    ["a settlement of another submission", [link(1), link(2, settling(2, { submission: digest(1) }))], "mismatch"],
    ["a settlement of another epoch", [link(2), link(3, settling(3, { epoch: 1 }))], "mismatch"],
    ["a commit that was opened into the row", [committing(1), committing(2, revealing(1))], "verified"],
    [
      "one whose reveal comes two epochs later",
      [committing(1), committing(2), committing(3, { revealPeriod: 2, ...revealing(1) })],
      "verified",
    ],
    [
      "a commit that is lost for a reason",
      [
        committing(1),
        committing(2, revealing(1, { state: "lost" }, { row: { uids: [], values: [] }, cause: "no-permit" })),
      ],
      "verified",
    ],
    [
      "a commit said to be opened although another row stands",
      [committing(1), committing(2, revealing(1, {}, { row: { uids: [1], values: [1] } }))],
      "mismatch",
    ],
    [
      "one said to be opened by a pulse that does not open it",
      [committing(1), committing(2, revealing(1, {}, { pulse: pulseOf(ROUND + 1) }))],
      "mismatch",
    ],
    ["one settled as if it were direct", [committing(1), committing(2, settling(2))], "mismatch"],
    ["direct weights settled by a reveal", [link(1), link(2, revealing(1))], "mismatch"],
    [
      "a commit settled before its epoch",
      [committing(1), committing(2, { revealPeriod: 2, ...revealing(1) })],
      "mismatch",
    ],
    [
      "a commit of an epoch before the given ones",
      [committing(4), committing(5, { revealPeriod: 2, ...revealing(3) })],
      "cannot-check",
    ],
    ["a later bundle alone", [link(4)], "cannot-check"],
    ["the end of a chain", [link(4), link(5)], "cannot-check"],
    ["a file that cannot be read", [link(1), undefined], "cannot-check"],
    ["nothing but unreadable files", [undefined], "cannot-check"],
    ["a bundle missing in the middle", [link(1), link(3)], "absent"],
    ["an unreadable one in the middle", [link(1), undefined, link(3)], "absent"],
    ["a missing one and a first without its predecessor", [link(2), link(4)], "absent"],
    ["the wrong order", [link(2), link(1)], "mismatch"],
    ["one bundle twice", [link(1), link(1)], "mismatch"],
    ["two seals of one epoch", [link(1), link(1, { seal: digest(0xee) })], "mismatch"],
    ["a second beginning", [link(1), link(2, { previousSeal: null })], "mismatch"],
    ["a beginning that starts from something", [link(1, { before: state(4) })], "mismatch"],
    ["a state that is not what was left", [link(1), link(2, { before: state(7) })], "mismatch"],
    ["a broken state behind a gap, which is the worse", [link(1), link(3), link(4, { before: state(9) })], "mismatch"],
    ["two mechanisms at once", [link(1), link(1, { mechid: 1 }), link(2), link(2, { mechid: 1 })], "verified"],
    ["two validators of one subnet", [link(1), link(1, { hotkey: "5other" })], "verified"],
    ["two networks", [link(1), link(1, { genesis: digest(0x9f) })], "verified"],
    ["nothing at all", [], "absent"],
  ])("%s", (_name, links, value) => {
    expect(replayChain(links, openCommit)).toBe(value);
  });
});
