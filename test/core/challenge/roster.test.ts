import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildRoster, claimedChutes } from "../../../src/core/challenge/roster.ts";
import type { Fault, FaultCode } from "../../../src/core/model/fault.ts";
import type { Commitment, Neuron } from "../../../src/core/model/metagraph.ts";
import type { ChuteEvidence, ChuteView } from "../../../src/core/model/roster.ts";
import { neuronOf, snapshotOf } from "./snapshot.ts";

const RULES = { path: "/v1/chat/completions", stream: true };
const CORD = { path: RULES.path, method: "POST", stream: true };
const [A, B, C] = ["a", "b", "c"].map((digit) => `${digit.repeat(8)}-0000-5000-8000-000000000000`) as [
  string,
  string,
  string,
];

function committed(hotkey: string, value: unknown, block = 500): Commitment {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const data = `0x${Buffer.from(text).toString("hex")}` as const;
  return { hotkey, block, fields: [{ kind: "raw", data }], lastCommitment: block, revealed: [] };
}

const claiming = (hotkey: string, chuteId: string, block = 500) =>
  committed(hotkey, { v: 1, model: "org/model", chute_id: chuteId }, block);

function found(chuteId: string, changes: Partial<ChuteView> = {}): ChuteEvidence {
  const view: ChuteView = {
    chuteId,
    name: "chute name",
    slug: "miner-model",
    version: "v1",
    revision: null,
    template: "vllm",
    hot: true,
    disabled: false,
    tee: false,
    cords: [CORD, { ...CORD, stream: false }],
    ...changes,
  };
  return { chuteId, found: true, view };
}

function missing(chuteId: string, code: FaultCode): ChuteEvidence {
  const fault: Fault = { code, blame: "platform", retryable: true, message: `Said ${code}.`, remedy: "Wait." };
  return { chuteId, found: false, fault };
}

/** The entry of a lone miner `mine` (uid 0, registered at 100) with this commitment and evidence. */
function entryOf(commitments: readonly Commitment[], chutes: readonly ChuteEvidence[] = [], rules = RULES) {
  const snapshot = snapshotOf([neuronOf(0, "mine")], commitments);
  return buildRoster({ snapshot, ownHotkey: "own", chutes, rules }).entries[0];
}

describe("who is left out, and why", () => {
  const sealed: Commitment = {
    hotkey: "mine",
    block: 500,
    fields: [{ kind: "timelocked", data: "0x00" }],
    lastCommitment: 500,
    revealed: [],
  };

  test.each([
    ["nothing committed", [], "no-commitment"],
    ["another hotkey's commitment", [claiming("other", A)], "no-commitment"],
    ["a timelocked commitment", [sealed], "commitment-sealed"],
    ["garbage", [committed("mine", "\u0000garbage")], "commitment-unreadable"],
    ["a claim of no chute", [committed("mine", { model: "x" })], "commitment-unreadable"],
    ["a chute id that is a path", [claiming("mine", "../../users/me")], "commitment-unreadable"],
    ["a claim of the uid's former owner", [claiming("mine", A, 99)], "commitment-before-registration"],
  ] as const)("%s: %s", (_, commitments, reason) => {
    expect(entryOf(commitments, [found(A)])).toMatchObject({ uid: 0, eligible: false, reason });
  });

  test.each([
    ["nobody asked about the chute", [], "chute-unchecked"],
    ["the platform knows no such chute", [missing(A, "chute-not-found")], "chute-not-found"],
    ["the platform did not answer", [missing(A, "timeout")], "chute-unchecked"],
    ["the platform was overloaded", [missing(A, "rate-limited")], "chute-unchecked"],
    ["our credentials failed", [missing(A, "credentials-rejected")], "chute-unchecked"],
    ["the answer is about another chute", [{ ...found(B), chuteId: A }], "chute-unchecked"],
    ["the chute is disabled", [found(A, { disabled: true })], "chute-disabled"],
    ["no cords", [found(A, { cords: [] })], "cord-missing"],
    ["another path", [found(A, { cords: [{ ...CORD, path: "/v1/chat/completions/" }] })], "cord-missing"],
    ["another method", [found(A, { cords: [{ ...CORD, method: "GET" }] })], "cord-missing"],
    ["no streaming", [found(A, { cords: [{ ...CORD, stream: false }] })], "cord-missing"],
  ] as const)("%s: %s", (_, chutes, reason) => {
    expect(entryOf([claiming("mine", A)], chutes)).toMatchObject({ eligible: false, reason });
  });

  test.each(["", "Upper", "a.b", "evil.com/", "a b", "a@b", "a:1", "x".repeat(64), "\u0430", "a\n", "..", "%2e"])(
    "the slug %j could lead our credential elsewhere: slug-refused",
    (slug) => {
      expect(entryOf([claiming("mine", A)], [found(A, { slug })])).toMatchObject({ reason: "slug-refused" });
    },
  );

  test.each(["v1", "/", "//x", "/a/../b", "/A", "/a?b", "/a#b", "/a b", "/-a", "/a/", `/${"a".repeat(128)}`, "/a\n"])(
    "the path %j breaks the platform's rule: cord-refused",
    (path) => {
      const chutes = [found(A, { cords: [{ ...CORD, path }] })];
      expect(entryOf([claiming("mine", A)], chutes, { path, stream: true })).toMatchObject({ reason: "cord-refused" });
    },
  );

  test("a hostile path of 128 characters is judged at once", () => {
    const path = `/${"a-".repeat(63)}!`;
    const chutes = [found(A, { cords: [{ ...CORD, path }] })];
    expect(entryOf([claiming("mine", A)], chutes, { path, stream: true })).toMatchObject({ reason: "cord-refused" });
  });
});

describe("who takes part", () => {
  test("a readable claim of a found chute is called at slug and cord of the catalogue", () => {
    expect(entryOf([claiming("mine", A)], [found(A)])).toEqual({
      uid: 0,
      hotkey: "mine",
      registeredAt: 100,
      eligible: true,
      committedAt: 500,
      target: {
        chuteId: A,
        slug: "miner-model",
        path: "/v1/chat/completions",
        stream: true,
        model: "org/model",
        version: "v1",
      },
    });
  });

  test("a claim without a model name asks for the chute's own name", () => {
    const entry = entryOf([committed("mine", { chute_id: A })], [found(A)]);
    expect(entry).toMatchObject({ eligible: true, target: { model: "chute name" } });
  });

  test("a commitment in the very block of the registration is the present owner's", () => {
    expect(entryOf([claiming("mine", A, 100)], [found(A)])).toMatchObject({ eligible: true });
  });

  test("validators and idle seats without a commitment cost no look-up and no question (H9)", () => {
    const neurons = [{ ...neuronOf(0, "v"), permit: true }, neuronOf(1, "idle"), neuronOf(2, "mine")];
    const snapshot = snapshotOf(neurons, [claiming("mine", A)]);
    expect(claimedChutes(snapshot, "own")).toEqual([A]);
    const { entries } = buildRoster({ snapshot, ownHotkey: "own", chutes: [found(A)], rules: RULES });
    expect(entries.map(({ eligible }) => eligible)).toEqual([false, false, true]);
  });

  test("stake changes nothing (H13)", () => {
    const at = (stakeRao: string) => {
      const snapshot = snapshotOf([{ ...neuronOf(0, "mine"), stakeRao }], [claiming("mine", A)]);
      return buildRoster({ snapshot, ownHotkey: null, chutes: [found(A)], rules: RULES });
    };
    expect(at("0")).toEqual(at("999999999999999999"));
  });

  test("the validator does not judge itself, and its claim keeps no chute from a miner", () => {
    const snapshot = snapshotOf(
      [neuronOf(0, "own"), neuronOf(1, "mine")],
      [claiming("own", A, 200), claiming("mine", A, 500)],
    );
    const { entries } = buildRoster({ snapshot, ownHotkey: "own", chutes: [found(A)], rules: RULES });
    expect(entries[0]).toMatchObject({ reason: "own-hotkey" });
    expect(entries[1]).toMatchObject({ eligible: true });
    expect(claimedChutes(snapshotOf([neuronOf(0, "own")], [claiming("own", A)]), "own")).toEqual([]);
  });
});

describe("a chute claimed by several hotkeys", () => {
  const neurons = [neuronOf(0, "x"), neuronOf(1, "y"), neuronOf(2, "z", 450)];
  const build = (commitments: readonly Commitment[]) =>
    buildRoster({ snapshot: snapshotOf(neurons, commitments), ownHotkey: null, chutes: [found(A)], rules: RULES });
  const eligible = (commitments: readonly Commitment[]) =>
    build(commitments).entries.flatMap((entry) => (entry.eligible ? [entry.hotkey] : []));

  test("belongs to the earliest commitment", () => {
    expect(eligible([claiming("x", A, 500), claiming("y", A, 499), claiming("z", A, 501)])).toEqual(["y"]);
    expect(build([claiming("x", A, 500), claiming("y", A, 499)]).entries[0]).toMatchObject({
      reason: "chute-claimed-earlier",
      detail: "Uid 1 committed this chute at block 499.",
    });
  });

  test("at equal blocks belongs to the lower hotkey", () => {
    expect(eligible([claiming("y", A), claiming("x", A)])).toEqual(["x"]);
  });

  test("in another spelling of its id is the same chute", () => {
    expect(eligible([claiming("x", A.toUpperCase(), 501), claiming("y", A, 500)])).toEqual(["y"]);
  });

  test("is not kept by a claim from before its hotkey's registration", () => {
    expect(eligible([claiming("z", A, 400), claiming("x", A, 500)])).toEqual(["x"]);
  });
});

describe("the roster", () => {
  test("holds what was said of held chutes only, ascending, and one entry a neuron", () => {
    const snapshot = snapshotOf(
      [neuronOf(0, "x"), neuronOf(1, "y"), neuronOf(2, "z")],
      [claiming("x", B), claiming("y", A), claiming("z", A, 600)],
    );
    expect(claimedChutes(snapshot, null)).toEqual([A, B]);
    const roster = buildRoster({ snapshot, ownHotkey: null, chutes: [found(C), found(B), found(A)], rules: RULES });
    expect(roster.chutes.map(({ chuteId }) => chuteId)).toEqual([A, B]);
    expect(roster.entries.map(({ uid }) => uid)).toEqual([0, 1, 2]);
  });

  test("follows from itself: built again from its own chutes it is the same", () => {
    const hotkeys = ["a", "b", "c", "d", "e"];
    const commitment = fc.record({
      hotkey: fc.constantFrom(...hotkeys),
      chute: fc.constantFrom(A, B, C, "junk"),
      block: fc.integer({ min: 0, max: 5 }),
    });
    const evidence = fc.constantFrom(found(A), found(B, { slug: "_" }), missing(C, "timeout"));
    fc.assert(
      fc.property(
        fc.uniqueArray(commitment, { selector: ({ hotkey }) => hotkey }),
        fc.uniqueArray(evidence, { selector: ({ chuteId }) => chuteId }),
        fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 5, maxLength: 5 }),
        (commitments, chutes, registered) => {
          const neurons: Neuron[] = hotkeys.map((hotkey, uid) => neuronOf(uid, hotkey, registered[uid]));
          const claims = commitments.map(({ hotkey, chute, block }) => claiming(hotkey, chute, block));
          const snapshot = snapshotOf(neurons, claims);
          const roster = buildRoster({ snapshot, ownHotkey: "a", chutes, rules: RULES });
          expect(buildRoster({ snapshot, ownHotkey: "a", chutes: roster.chutes, rules: RULES })).toEqual(roster);
          const ids = roster.entries.flatMap((entry) => (entry.eligible ? [entry.target.chuteId] : []));
          expect(new Set(ids).size).toBe(ids.length);
          expect(roster.entries).toHaveLength(hotkeys.length);
        },
      ),
    );
  });
});
