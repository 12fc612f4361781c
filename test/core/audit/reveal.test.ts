import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openCommit } from "../../../src/core/audit/open-commit.ts";
import {
  isRevealState,
  judgeReveal,
  type RevealFacts,
  revealFollows,
  type SentCommit,
} from "../../../src/core/audit/reveal.ts";
import { REVEAL_REMEDIES } from "../../../src/core/audit/reveal-remedies.ts";
import { toHex } from "../../../src/core/determinism/digest.ts";
import type { Hex } from "../../../src/core/model/ids.ts";
import { type Commit, REVEAL_CAUSES, type RevealCause, SETTLEMENT_STATES } from "../../../src/core/model/records.ts";
import { decodeSs58 } from "../../../src/core/signing/ss58.ts";
import { encodePayload } from "../../../src/core/timelock/payload.ts";
import { encryptTo } from "../../../src/core/timelock/timelock.ts";
import { hotkeyOf } from "../../support/scripted-world.ts";
import { commitOf, pulseOf, ROUND } from "../../support/sealed-weights.ts";
import vectors from "../../vectors/timelock.json" with { type: "json" };

const OWN = hotkeyOf(0);
const VECTOR = { uids: [1, 2], values: [65_535, 7] };
const COMMIT = commitOf({ hotkey: OWN, ...VECTOR });
const SENT: SentCommit = { hotkey: OWN, mechid: 0, commit: COMMIT, vector: VECTOR, publicBeacon: false };
const PULSE = pulseOf();

/** The first block of the epoch of the reveal, after it went well. */
const GOOD: RevealFacts = {
  period: 1,
  epochIndex: 4,
  queued: false,
  pulse: PULSE,
  lastStoredRound: ROUND + 5,
  row: VECTOR,
  uid: 0,
  permit: true,
  owner: false,
  stakeRao: "1000",
  neurons: 3,
  mode: "yuma",
  limits: { minAllowedWeights: 1, weightsVersionKey: "0", stakeThresholdRao: "1000", mechanismCount: 1 },
};
const FORMER = { uids: [1], values: [65_535] };
const LIMITS = GOOD.limits;
/** Dropped without a word: the former row stands. */
const DROPPED: RevealFacts = { ...GOOD, row: FORMER };
const UNHEARD: RevealFacts = { ...DROPPED, pulse: null, lastStoredRound: ROUND - 1 };

const otherContent = { ...SENT, commit: commitOf({ hotkey: OWN, uids: [1], values: [65_535] }) };
const otherHotkey = { ...SENT, commit: commitOf({ hotkey: hotkeyOf(1), ...VECTOR }) };
const otherRound = { ...SENT, commit: commitOf({ hotkey: OWN, ...VECTOR }, { round: ROUND - 1 }) };
const single = {
  ...SENT,
  vector: { uids: [0], values: [65_535] },
  commit: commitOf({ hotkey: OWN, uids: [0], values: [65_535] }),
};

describe("what became of a commit", () => {
  test.each<[string, SentCommit, RevealFacts, string]>([
    ["opened into the own row", SENT, GOOD, "revealed"],
    [
      "opened, and the chain dropped its zeros",
      { ...SENT, vector: { uids: [1, 2, 0], values: [65_535, 7, 0] } },
      GOOD,
      "revealed",
    ],
    ["opened so long ago that its pulse is forgotten", SENT, { ...GOOD, pulse: null }, "revealed"],
    ["waits for its epoch", SENT, { ...UNHEARD, epochIndex: 3, queued: true }, "pending not-due"],
    ["waits although its pulse is there already", SENT, { ...DROPPED, epochIndex: 3, queued: true }, "pending not-due"],
    ["waits for its pulse in the epoch of its reveal", SENT, { ...UNHEARD, queued: true }, "pending pulse-missing"],
    ["had no pulse until its epoch was over", SENT, { ...UNHEARD, epochIndex: 5 }, "lost pulse-missing"],
    ["had its round passed over", SENT, { ...UNHEARD, queued: true, lastStoredRound: ROUND }, "lost round-skipped"],
    ["was taken out of the queue before its epoch", SENT, { ...UNHEARD, epochIndex: 3 }, "lost commit-gone"],
    ["was taken out before, and the pulse came since", SENT, { ...DROPPED, epochIndex: 3 }, "lost commit-gone"],
    ["was made for another round", otherRound, DROPPED, "lost commit-unreadable"],
    ["is no ciphertext", { ...SENT, commit: { ...COMMIT, bytes: "0x00" } }, DROPPED, "lost commit-unreadable"],
    ["holds other weights", otherContent, DROPPED, "lost content-differs"],
    ["names another hotkey", otherHotkey, DROPPED, "lost content-differs"],
    ["was of a mechanism that is gone", { ...SENT, mechid: 1 }, DROPPED, "lost mechanism-gone"],
    ["was of a hotkey that lost its seat", SENT, { ...DROPPED, row: null, uid: null }, "lost not-registered"],
    ["came with too little stake", SENT, { ...DROPPED, stakeRao: "999" }, "lost stake-too-low"],
    [
      "carried an old version key",
      SENT,
      { ...DROPPED, limits: { ...LIMITS, weightsVersionKey: "1" } },
      "lost version-key-newer",
    ],
    ["came without permit", SENT, { ...DROPPED, permit: false }, "lost no-permit"],
    [
      "came from the owner, not elected on Null",
      SENT,
      { ...DROPPED, permit: false, owner: true, mode: "null" },
      "lost no-permit",
    ],
    ["names more uids than there are", SENT, { ...DROPPED, neurons: 1 }, "lost uids-gone"],
    ["names a uid behind the last", SENT, { ...DROPPED, neurons: 2 }, "lost uids-gone"],
    [
      "has too few weights now",
      SENT,
      { ...DROPPED, limits: { ...LIMITS, minAllowedWeights: 3 } },
      "lost too-few-weights",
    ],
    ["left another row for no reason that shows", SENT, DROPPED, "lost row-differs"],
    [
      "came from the owner, who needs neither permit nor stake",
      SENT,
      { ...DROPPED, permit: false, owner: true, stakeRao: "0" },
      "lost row-differs",
    ],
    [
      "was a single weight for itself, which needs no permit",
      single,
      { ...DROPPED, permit: false },
      "lost row-differs",
    ],
    [
      "lacks stake and key and permit: the chain's first check is named",
      SENT,
      { ...DROPPED, stakeRao: "1", permit: false, limits: { ...LIMITS, weightsVersionKey: "9" } },
      "lost stake-too-low",
    ],
  ])("%s", (_what, sent, facts, expected) => {
    const { cause, state } = judgeReveal(sent, facts, openCommit);
    expect([state, cause ?? []].flat().join(" ")).toBe(expected);
    const { pulse, row } = facts;
    const block = { hash: PULSE, number: 1400 };
    expect(revealFollows(sent, state, { block, pulse, row, cause }, openCommit)).toBe(true);
    if (state !== "revealed")
      expect(revealFollows(sent, "revealed", { block, pulse, row, cause: null }, openCommit)).toBe(false);
  });

  test("has a remedy for every cause", () => {
    for (const cause of REVEAL_CAUSES) expect(REVEAL_REMEDIES[cause]).toMatch(/^[A-Z].*\.$/s);
  });

  test("is judged for whatever the chain shows, and what is judged follows", () => {
    const pulses = fc.constantFrom<Hex | null>(null, PULSE, pulseOf(ROUND + 1), toHex(new Uint8Array(48)));
    const rows = fc.constantFrom(null, VECTOR, FORMER, { uids: [], values: [] });
    const arbitrary = fc.record({
      epochIndex: fc.nat(6),
      queued: fc.boolean(),
      pulse: pulses,
      lastStoredRound: fc.constantFrom(0, ROUND - 1, ROUND, ROUND + 1),
      row: rows,
      uid: fc.option(fc.nat(3)),
      permit: fc.boolean(),
      owner: fc.boolean(),
      stakeRao: fc.constantFrom("0", "1000"),
      neurons: fc.nat(4),
      mode: fc.constantFrom("yuma", "null", "absent", "unknown"),
    });
    fc.assert(
      fc.property(arbitrary, fc.constantFrom(SENT, otherContent, otherRound, single), (change, sent) => {
        // The chain has a row, if only an empty one, for every seat.
        const row = change.uid === null ? null : (change.row ?? FORMER);
        const facts = { ...GOOD, ...change, row } as RevealFacts;
        const { cause, state } = judgeReveal(sent, facts, openCommit);
        expect(isRevealState(state, cause)).toBe(true);
        const block = { hash: PULSE, number: 1 };
        expect(revealFollows(sent, state, { block, pulse: facts.pulse, row, cause }, openCommit)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});

describe("a recorded reveal", () => {
  const reveal = { block: { hash: PULSE, number: 1400 }, pulse: PULSE, row: FORMER, cause: "row-differs" } as const;

  test.each<[string, Partial<{ pulse: Hex | null; row: typeof FORMER | null; cause: RevealCause | null }>, string]>([
    ["revealed although another row stands", { cause: null }, "revealed"],
    ["lost although the row is the commit's", { row: VECTOR }, "lost"],
    ["unreadable although the pulse opens it", { cause: "commit-unreadable" }, "lost"],
    ["of other content although it is the sent one", { cause: "content-differs" }, "lost"],
    ["without pulse although one is recorded", { cause: "pulse-missing" }, "lost"],
    ["without seat although a row is recorded", { cause: "not-registered" }, "lost"],
    ["without permit although nothing was opened", { pulse: null, cause: "no-permit" }, "lost"],
    ["opened by a pulse of another round", { pulse: pulseOf(ROUND + 1) }, "lost"],
    ["pending for a reason that is final", {}, "pending"],
    ["standing like direct weights", {}, "standing"],
  ])("cannot be %s", (_what, change, state) => {
    expect(revealFollows(SENT, state as never, { ...reveal, ...change }, openCommit)).toBe(false);
  });

  test("goes with one state by its cause, but for a pulse that may still come", () => {
    const states = (cause: RevealCause | null): readonly string[] =>
      SETTLEMENT_STATES.filter((state) => isRevealState(state, cause));
    expect(states(null)).toEqual(["revealed"]);
    expect(states("not-due")).toEqual(["pending"]);
    expect(states("pulse-missing")).toEqual(["pending", "lost"]);
    for (const cause of REVEAL_CAUSES.slice(2)) expect(states(cause)).toEqual(["lost"]);
  });
});

describe("on a public network", () => {
  // A real pulse of quicknet (timelock-vectors.json) for a commit sealed to quicknet's key.
  const [real] = vectors.pulses;
  const round = real?.round ?? 0;
  const pulse: Hex = `0x${real?.signature ?? ""}`;
  const plaintext = encodePayload({ hotkey: decodeSs58(OWN) ?? null, ...VECTOR, versionKey: "0" });
  const random = { key: new Uint8Array(32), sigma: new Uint8Array(32), nonce: new Uint8Array(12) };
  const bytes = toHex(encryptTo(round, plaintext, random));
  const sent: SentCommit = { ...SENT, publicBeacon: true, commit: { ...COMMIT, bytes, round } };
  const block = { hash: COMMIT.bytes.slice(0, 66) as Hex, number: 1400 };
  const follows = (state: "revealed" | "lost", cause: RevealCause | null, shown: Hex, by: SentCommit): boolean =>
    revealFollows(by, state, { block, pulse: shown, row: VECTOR, cause }, openCommit);

  test("the beacon's own signature of the round shows what was in the commit", () => {
    expect(follows("revealed", null, pulse, sent)).toBe(true);
  });

  test("no junk passes a good commit off as unreadable, and no other beacon opens it", () => {
    const other = { ...sent, commit: { ...sent.commit, round: round + 1 } };
    expect(follows("lost", "commit-unreadable", `0x${"11".repeat(48)}`, sent)).toBe(false);
    expect(follows("lost", "commit-unreadable", pulseOf(round), sent)).toBe(false);
    expect(follows("revealed", null, pulse, other)).toBe(false);
    expect(follows("revealed", null, PULSE, { ...SENT, publicBeacon: true })).toBe(false);
  });
});

test("any byte of a commit changed opens into nothing", () => {
  const bytes = COMMIT.bytes;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: bytes.length / 2 - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const byte = Number.parseInt(bytes.slice(2 * at, 2 * at + 2), 16) ^ flip;
      const changed: Commit = {
        ...COMMIT,
        bytes: `${bytes.slice(0, 2 * at)}${byte.toString(16).padStart(2, "0")}${bytes.slice(2 * at + 2)}` as Hex,
      };
      expect(openCommit(changed, PULSE, false)).toBeUndefined();
    }),
    { numRuns: 60 },
  );
});
