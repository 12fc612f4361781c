import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { deriveChallenge, deriveRoster, type Premises } from "../../../src/core/audit/derive.ts";
import { replayBundle } from "../../../src/core/audit/replay-bundle.ts";
import type { CycleRecord } from "../../../src/core/model/records.ts";
import { generalPack } from "../../../src/packs/general/general-pack.ts";
import { Bench, goodScript, recordOf, sealedOf, TOOLS } from "../../support/cycle-bench.ts";
import { changed, forged, leavesOf, linesOf, type Path, resealed } from "../../support/forge.ts";
import { chuteOf, hotkeyOf } from "../../support/scripted-world.ts";

const bench = new Bench();
afterAll(() => bench[Symbol.dispose]());
const script = goodScript({ miners: 3 });
const missed = {
  code: "chute-cold",
  blame: "miner",
  retryable: false,
  message: "Cold.",
  remedy: "Warm it up.",
  evidence: { status: 503 },
} as const;
const { result } = await bench.run({
  ...script,
  answer: (question) => (question.uid === 2 && question.taskId === "t00" ? missed : (script.answer?.(question) ?? "")),
});
const GOOD = sealedOf(result).records;

function replay(records: readonly CycleRecord[], tools: Partial<typeof TOOLS> = {}): ReturnType<typeof replayBundle> {
  return replayBundle(linesOf(records), { ...TOOLS, ...tools });
}

describe("a bundle", () => {
  test("as it was sealed is verified", () => {
    expect(replay(GOOD)).toMatchObject({ netuid: 7, mechid: 0, epoch: 3, result: "verified", signature: "verified" });
  });

  test("sealed anew with nothing changed is verified, too", () => {
    expect(replay(resealed(GOOD))).toMatchObject({ result: "verified" });
  });

  test("of a pack that this program does not have cannot be checked", () => {
    expect(replay(GOOD, { pack: () => undefined })).toMatchObject({ result: "cannot-check", signature: "verified" });
  });

  test("that lies about its pack is a mismatch of the header", () => {
    const pack = { ...generalPack, manifest: changed(generalPack.manifest, ["judge", "verdicts", 0, "score"], 0.9) };
    expect(replay(GOOD, { pack: () => pack })).toMatchObject({
      result: "mismatch",
      first: { record: "header", index: 0, field: "pack.judge.verdicts[0].score", expected: "0.9", found: "1" },
    });
  });

  test("in another order is a mismatch of the file", () => {
    const swapped = [...GOOD.slice(0, 4), GOOD[5], GOOD[4], ...GOOD.slice(6)] as readonly CycleRecord[];
    expect(replay(swapped)).toMatchObject({ first: { record: "file", index: 4 } });
    expect(replay(GOOD.slice(0, -1))).toMatchObject({ result: "mismatch", first: { record: "file" } });
    expect(replay([...GOOD, GOOD[0] as CycleRecord])).toMatchObject({ first: { record: "file", index: GOOD.length } });
    expect(replayBundle([], TOOLS)).toMatchObject({ result: "mismatch", first: { record: "file" } });
  });

  test("with a damaged line is a mismatch of the file, whatever else is wrong before it", () => {
    const lines = linesOf(forged(GOOD, "header", ["netuid"], -1));
    const broken = [...lines.slice(0, 7), { damage: "not JSON", line: 8 }, ...lines.slice(8)];
    expect(replayBundle(broken, TOOLS)).toMatchObject({
      first: { record: "file", index: 7, expected: "an undamaged file", found: "not JSON" },
    });
  });

  test("whose line states another digest is a mismatch of that record", () => {
    const lines = linesOf(GOOD).map((line, index) =>
      index === 5 ? { ...line, stated: line.digest.replace(/.$/, "x") } : line,
    );
    expect(replayBundle(lines as Parameters<typeof replayBundle>[0], TOOLS)).toMatchObject({
      first: { record: "response", index: 5, field: "digest" },
    });
  });
});

describe("what was changed and sealed anew is found where it does not follow", () => {
  const cases: readonly (readonly [CycleRecord["kind"], Path, unknown, string, string])[] = [
    ["header", ["epoch"], 4, "snapshot", "epochState.index"],
    ["header", ["netuid"], 8, "snapshot", "netuid"],
    ["header", ["hotkey"], hotkeyOf(1), "roster", "chutes[0]"],
    ["header", ["mode"], "dry-run", "submission", "submission"],
    ["header", ["scoring", "judgedWeight"], 0.25, "score-sheet", ""],
    ["header", ["scoring", "judge", "attempts"], 0, "judgement", "attempts.length"],
    ["header", ["scoring", "tasks", "judged"], 0, "challenge", "tasks.length"],
    ["header", ["scoring", "minEligible"], 9, "weight-vector", "withhold.length"],
    ["header", ["scoring", "policy", "temperature"], 0.4, "weight-vector", "policy.temperature"],
    ["header", ["pack", "version"], 2, "header", ""],
    ["header", ["pack", "generators", "words", 0], "cheat", "header", "pack.generators.words[0]"],
    ["snapshot", ["neurons", 2, "uid"], 1, "snapshot", "neurons[2].uid"],
    ["snapshot", ["neurons", 2, "hotkey"], hotkeyOf(9), "roster", "chutes[1]"],
    ["snapshot", ["neurons", 0, "permit"], false, "weight-vector", "withhold.length"],
    ["snapshot", ["block", "hash"], `0x${"12".repeat(32)}`, "challenge", "publicSeed"],
    ["snapshot", ["epochState", "mode"], "unknown", "weight-vector", "withhold.length"],
    ["roster", ["chutes", 0, "view", "disabled"], true, "roster", "entries[1].committedAt"],
    ["roster", ["entries", 1, "committedAt"], 1, "roster", "entries[1].committedAt"],
    ["challenge", ["tasks", 0, "expected"], "1", "challenge", "tasks[0].expected"],
    ["challenge", ["deadlineBlock"], 1, "challenge", "deadlineBlock"],
    ["response", ["outcome", "text"], "another answer", "response", "outcome.textDigest"],
    ["response", ["uid"], 9, "response", ""],
    ["judgement", ["score"], 0.123, "judgement", "score"],
    ["judgement", ["fault"], missed, "judgement", "fault"],
    ["score-sheet", ["miners", 0, "score"], 3, "score-sheet", "miners[0].score"],
    ["score-sheet", ["before", "cycles"], 7, "score-sheet", "after.cycles"],
    ["score-sheet", ["quorum"], false, "score-sheet", "quorum"],
    ["weight-vector", ["values", 0], 65_534, "weight-vector", "values[0]"],
    ["weight-vector", ["withhold"], ["no-scores"], "weight-vector", "withhold.length"],
    ["submission", ["submission"], "dry-run", "submission", "submission"],
    ["seal", ["secret"], `0x${"12".repeat(32)}`, "challenge", "secretDigest"],
    ["seal", ["hotkey"], hotkeyOf(1), "seal", "hotkey"],
    ["seal", ["cryptoType"], null, "seal", "signature"],
  ];
  test.each(cases)("%s %j := %j", (kind, path, to, ...[record, field]) => {
    const verdict = replay(resealed(forged(GOOD, kind, path, to)), {
      pack: (id) => (id === "general" ? generalPack : undefined),
    });
    expect(verdict).toMatchObject({ result: "mismatch", first: { record } });
    if (field !== "") expect(verdict.first?.field).toBe(field);
  });

  test("a submission of a vector that was to be withheld", () => {
    const poor = forged(GOOD, "header", ["scoring", "minEligible"], 9);
    const withheld = forged(poor, "weight-vector", ["withhold"], ["too-few-miners"]);
    expect(replay(resealed(withheld))).toMatchObject({ first: { record: "submission", field: "submission" } });
  });

  test("a response too few, and one too many", () => {
    const isLast = (record: CycleRecord): boolean =>
      (record.kind === "response" || record.kind === "judgement") && record.uid === 3 && record.taskId === "t02";
    expect(replay(resealed(GOOD.filter((record) => !isLast(record))))).toMatchObject({
      first: { record: "challenge", field: "response 3/t02" },
    });
    const extra = GOOD.filter(isLast).map((record) => ({ ...record, taskId: "t99" }) as CycleRecord);
    expect(replay(resealed([...GOOD, ...extra]))).toMatchObject({
      first: { record: "response", found: "a response nobody asked for" },
    });
  });

  test("a judgement too few, and one of an answer that never came", () => {
    const isOne = (record: CycleRecord): boolean =>
      record.kind === "judgement" && record.uid === 3 && record.taskId === "t02";
    expect(replay(resealed(GOOD.filter((record) => !isOne(record))))).toMatchObject({
      first: { record: "response", field: "judgement" },
    });
    const of: CycleRecord = { ...(GOOD.find(isOne) as CycleRecord), uid: 9 } as CycleRecord;
    expect(replay(resealed([...GOOD, of]))).toMatchObject({ first: { found: "a judgement of no answer" } });
  });

  test("a second commitment of one miner", () => {
    const { commitments } = recordOf(GOOD, "snapshot");
    const [first] = commitments;
    const twice = forged(GOOD, "snapshot", ["commitments"], [first, ...commitments]);
    expect(replay(resealed(twice))).toMatchObject({
      first: { record: "snapshot", field: expect.stringMatching(/^commitments/) },
    });
  });
});

describe("the seal", () => {
  test("holds every record: none changes without it", () => {
    const lines = forged(GOOD, "response", ["outcome", "latencyMs"], 6);
    expect(replay(lines)).toMatchObject({ result: "mismatch" });
  });

  test.each([
    ["is missing", ["signature"], "absent", "absent"],
    ["is of another seal", ["spend", "requests"], 1, "mismatch"],
    ["is no signature", ["signature"], "0x", "mismatch"],
  ] as const)("whose signature %s is a mismatch", (_name, path, to, signature) => {
    expect(replay(forged(GOOD, "seal", path, to))).toMatchObject({
      result: "mismatch",
      signature,
      first: { record: "seal", index: GOOD.length - 1, field: "signature" },
    });
  });

  test("with another root or count is a mismatch of it", () => {
    const root = forged(GOOD, "seal", ["merkleRoot"], `0x${"12".repeat(32)}`);
    expect(replay(root)).toMatchObject({ first: { record: "seal", field: "merkleRoot" } });
    expect(replay(forged(GOOD, "seal", ["records"], 3))).toMatchObject({ first: { record: "seal", field: "records" } });
  });
});

describe("more than a hundred tasks", () => {
  test("stand in the order of their names as text, and verify", async () => {
    using wide = new Bench();
    const scoring = { ...recordOf(GOOD, "header").scoring, tasks: { verifiable: 102, judged: 1 } };
    const { result: long } = await wide.run(
      { ...goodScript(), answer: () => "I do not know" },
      { settings: { scoring } },
    );
    expect(replay(sealedOf(long).records)).toMatchObject({ result: "verified" });
  });
});

const HOSTILE = fc.oneof(
  fc.constantFrom(0, 1, -1, 0.5, 5e-324, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 65_535, 65_536, 1000),
  fc.constantFrom("", "0", "0x", `0x${"00".repeat(32)}`, "\u0000\u202e", "x".repeat(500), null, true, false),
  fc.constantFrom(...[[], {}, [null], [0], { kind: "none" }]),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Number.isInteger(value) ? 7 : value)),
);

const ANY_LEAF = fc
  .nat(GOOD.length - 1)
  .chain((index) => fc.constantFrom(...leavesOf(GOOD[index])).map((path) => ({ index, path })));

describe("a hostile bundle", () => {
  test("is answered by a value and never verified, whatever one value is changed to", () => {
    fc.assert(
      fc.property(ANY_LEAF, HOSTILE, ({ index, path }, to) => {
        const records = GOOD.map((record, at) => (at === index ? changed(record, path, to) : record));
        fc.pre(JSON.stringify(records) !== JSON.stringify(GOOD) && typeof records[index] === "object");
        fc.pre(path[0] !== "kind" && path[0] !== "parents");
        expect(replay(records).result).not.toBe("verified");
      }),
      { numRuns: 400 },
    );
  });

  test("is answered by a value when it is sealed anew, and a changed conclusion is never verified", () => {
    const inputs = new Set(["header", "snapshot", "response", "submission", "seal"]);
    fc.assert(
      fc.property(ANY_LEAF, HOSTILE, ({ index, path }, to) => {
        const record = GOOD[index] as CycleRecord;
        fc.pre(path[0] !== "kind" && path[0] !== "parents");
        const forgery = GOOD.map((old, at) => (at === index ? changed(old, path, to) : old));
        fc.pre(JSON.stringify(forgery) !== JSON.stringify(GOOD));
        const verdict = replay(resealed(forgery));
        // Inputs are what nobody can derive: of the rest only these are recorded as they came.
        const recorded =
          inputs.has(record.kind) ||
          (record.kind === "roster" && path[0] === "chutes") ||
          (record.kind === "judgement" && path[0] === "attempts") ||
          (record.kind === "score-sheet" && path[0] === "before");
        if (!recorded) expect(verdict.result).toBe("mismatch");
        else expect(["verified", "mismatch", "cannot-check"]).toContain(verdict.result);
      }),
      { numRuns: 400 },
    );
  });

  test("with impossible scoring and state is answered by a value", () => {
    const wild = fc.constantFrom(0, 1, -1, 5e-324, -5e-324, 0.3, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER);
    const share = fc.constantFrom(0, 1, 5e-324, 0.3);
    const channel = fc.record({ sum: wild, count: wild, square: wild });
    const scoring = fc.record({
      decay: share,
      judgedWeight: share,
      crossCap: wild,
      excuseCap: share,
      availabilityFloor: share,
      quorum: share,
      policy: fc.record({
        id: fc.constant("softmax"),
        temperature: fc.constantFrom(5e-324, 1e-300, 1, Number.MAX_SAFE_INTEGER),
      }),
    });
    const state = fc.record({ verifiable: channel, judged: channel, delivered: wild, failed: wild });
    fc.assert(
      fc.property(scoring, state, fc.constantFrom(0, 1, 2, 40_000, 65_535), (rules, evidence, maxWeightsLimit) => {
        const header = changed(GOOD, [0, "scoring"], { ...recordOf(GOOD, "header").scoring, ...rules });
        const limited = forged(header, "snapshot", ["hyperparameters", "maxWeightsLimit"], maxWeightsLimit);
        const before = { cycles: 1, miners: [{ hotkey: hotkeyOf(1), registeredAt: 10, ...evidence }] };
        expect(["verified", "mismatch"]).toContain(
          replay(resealed(forged(limited, "score-sheet", ["before"], before))).result,
        );
      }),
      { numRuns: 200 },
    );
  });

  test("whose re-derivation throws is a mismatch of the record that was being made", () => {
    const silly = {
      ...generalPack,
      draw: () => generalPack.draw({ publicSeed: "0x", secretSeed: "0x", verifiable: 1, judged: 1 }),
      verify: () => {
        throw new RangeError("no such task");
      },
    };
    expect(replay(GOOD, { pack: () => silly })).toMatchObject({ first: { record: "challenge" } });
    const rules = { ...generalPack, verify: silly.verify };
    expect(replay(GOOD, { pack: () => rules })).toMatchObject({
      first: { record: "judgement", expected: "a judgement that can be made anew", found: "no such task" },
    });
  });

  test("that would make replay count millions of questions is refused before it does", () => {
    const count = 2100;
    const own = recordOf(GOOD, "header").hotkey;
    const [neuron] = recordOf(GOOD, "snapshot").neurons;
    const [commitment] = recordOf(GOOD, "snapshot").commitments;
    const uids = Array.from({ length: count }, (_, uid) => uid);
    const neurons = uids.map((uid) => ({ ...neuron, uid, hotkey: uid === 0 ? own : hotkeyOf(uid) }));
    const fault = { code: "timeout", blame: "platform", retryable: true, message: "", remedy: "" };
    const commitments = uids
      .slice(1)
      .map((uid) => ({
        ...commitment,
        hotkey: hotkeyOf(uid),
        fields: [{ kind: "raw", data: `0x${Buffer.from(JSON.stringify({ chute_id: chuteOf(uid) })).toString("hex")}` }],
      }))
      .toSorted((a, b) => (a.hotkey < b.hotkey ? -1 : 1));
    const tasks = forged(GOOD, "header", ["scoring", "tasks"], { verifiable: 1000, judged: 0 });
    const crowd = forged(forged(tasks, "snapshot", ["neurons"], neurons), "snapshot", ["commitments"], commitments);
    const header = recordOf(crowd, "header");
    const premises: Premises = {
      header,
      snapshot: recordOf(crowd, "snapshot"),
      pack: generalPack,
      secret: recordOf(GOOD, "seal").secret,
    };
    const chutes = uids.slice(1).map((uid) => ({ chuteId: chuteOf(uid), found: false, fault })) as never;
    const roster = deriveRoster(premises, chutes);
    const challenge = deriveChallenge(premises, roster);
    const whole = crowd.map((record) =>
      record.kind === "roster" ? roster : record.kind === "challenge" ? challenge : record,
    );
    expect(replay(resealed(whole))).toMatchObject({
      result: "mismatch",
      first: { record: "challenge", field: "tasks", found: "2099000 questions" },
    });
  });
});
