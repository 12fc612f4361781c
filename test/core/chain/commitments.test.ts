import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { claimOf, MAX_CLAIM_BYTES, withoutCompactPrefix } from "../../../src/core/chain/commitments.ts";
import { toHex } from "../../../src/core/determinism/digest.ts";
import type { Commitment, CommitmentField } from "../../../src/core/model/metagraph.ts";

const CHUTE = "398651e1-5f85-5e50-a513-7c5324e8e839";
const OTHER = "ac059e33-eb27-541c-b9a9-24b214036475";

function hex(text: string): `0x${string}` {
  return toHex(new TextEncoder().encode(text));
}

function json(chuteId: string): string {
  return JSON.stringify({ v: 1, model: "acme/model", revision: "a".repeat(40), chute_id: chuteId });
}

function raw(text: string): CommitmentField {
  return { kind: "raw", data: hex(text) };
}

function commitment(facts: Partial<Commitment>): Commitment {
  return { hotkey: "5", block: null, fields: [], lastCommitment: null, revealed: [], ...facts };
}

function claim(chuteId: string, block: number): unknown {
  return { kind: "claim", claim: { chuteId, model: "acme/model" }, block };
}

describe("which statement of a miner counts", () => {
  const sealed: CommitmentField = { kind: "timelocked", data: "0x00" };
  const old = { block: 100, data: hex(json(CHUTE)) };
  test.each<[string, Partial<Commitment>, unknown]>([
    ["plain fields", { block: 50, lastCommitment: 50, fields: [raw(json(CHUTE))] }, claim(CHUTE, 50)],
    [
      "a text split over two fields",
      { block: 50, fields: [raw(json(CHUTE).slice(0, 40)), raw(json(CHUTE).slice(40))] },
      claim(CHUTE, 50),
    ],
    ["a revealed text counts from its commit", { lastCommitment: 90, revealed: [old] }, claim(CHUTE, 90)],
    ["a revealed text without a known commit, from its reveal", { revealed: [old] }, claim(CHUTE, 100)],
    [
      "the newest of several revealed",
      { lastCommitment: 190, revealed: [{ block: 200, data: hex(json(OTHER)) }, old] },
      claim(OTHER, 190),
    ],
    [
      "of two revealed in one block, the later entry",
      { lastCommitment: 99, revealed: [old, { block: 100, data: hex(json(OTHER)) }] },
      claim(OTHER, 99),
    ],
    [
      "a later plain commitment beats a revealed one",
      { block: 150, lastCommitment: 150, fields: [raw(json(OTHER))], revealed: [old] },
      claim(OTHER, 150),
    ],
    [
      "a text revealed out of the present row beats its plain part",
      { block: 90, lastCommitment: 90, fields: [raw("x")], revealed: [old] },
      claim(CHUTE, 90),
    ],
    [
      "while a new one is sealed the revealed one stands, from its reveal",
      { block: 300, lastCommitment: 300, fields: [sealed], revealed: [old] },
      claim(CHUTE, 100),
    ],
    ["sealed and nothing else", { block: 300, lastCommitment: 300, fields: [sealed] }, { kind: "sealed" }],
    [
      "the newest decides, even when it is rubbish",
      { block: 150, lastCommitment: 150, fields: [raw("rubbish")], revealed: [old] },
      { kind: "unreadable", detail: "not-json" },
    ],
    ["a bare hash", { block: 5, fields: [{ kind: "hash", data: "0x11" }] }, { kind: "unreadable", detail: "no-text" }],
    ["nothing", {}, { kind: "unreadable", detail: "no-text" }],
  ])("%s", (_name, facts, expected) => {
    expect(claimOf(commitment(facts))).toEqual(expected);
  });
});

describe("what a claim looks like", () => {
  const id = `"chute_id":"${CHUTE}"`;
  const deep = (levels: number): string => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
  test.each<[string, string, unknown]>([
    ["unknown keys are tolerated", `{${id},"x":[1,{"y":null}]}`, { chuteId: CHUTE, model: "" }],
    ["model_name is a model", `{${id},"model_name":"a/b"}`, { chuteId: CHUTE, model: "a/b" }],
    ["the id is written in small letters", `{"chute_id":"${CHUTE.toUpperCase()}"}`, { chuteId: CHUTE, model: "" }],
    ["the last of two equal keys counts", `{"chute_id":1,${id}}`, { chuteId: CHUTE, model: "" }],
    ["white space around is allowed", ` \n{${id}}\t`, { chuteId: CHUTE, model: "" }],
    ["a list is no claim", `[{${id}}]`, "not-an-object"],
    ["null is no claim", "null", "not-an-object"],
    ["no chute", '{"model":"a/b"}', "chute-id-missing"],
    ["a prototype has no chutes", '{"__proto__":{"chute_id":1}}', "chute-id-missing"],
    ["a path instead of an id", '{"chute_id":"../../etc/passwd"}', "chute-id-not-a-uuid"],
    ["an id with a line after it", `{"chute_id":"${CHUTE}\\n"}`, "chute-id-not-a-uuid"],
    ["a number as id", '{"chute_id":7}', "chute-id-not-a-uuid"],
    ["a model that is no text", `{${id},"model":{}}`, "model-not-a-name"],
    ["a model with a control character", `{${id},"model":"a\\u001b[2J"}`, "model-not-a-name"],
    ["a model with half a character", `{${id},"model":"\\ud800"}`, "model-not-a-name"],
    ["a model of 257 characters", `{${id},"model":"${"m".repeat(257)}"}`, "model-not-a-name"],
    ["not a number is no JSON", `{${id},"x":NaN}`, "not-json"],
    ["a byte order mark is no JSON", `\ufeff{${id}}`, "not-json"],
    ["a trailing zero byte is no JSON", `{${id}}\0`, "not-json"],
    ["nested 17 deep", deep(17), "too-deep"],
    ["nested 16 deep", deep(16), "chute-id-missing"],
    ["16 deep with an empty list at the bottom", deep(15).replace("1", "[]"), "chute-id-missing"],
    ["17 deep with an empty list at the bottom", deep(16).replace("1", "[]"), "too-deep"],
    ["no model but null", `{${id},"model":null,"model_name":"a/b"}`, { chuteId: CHUTE, model: "a/b" }],
    ["empty", "", "no-text"],
  ])("%s", (_name, text, expected) => {
    const found = claimOf(commitment({ block: 1, fields: [raw(text)] }));
    expect(found.kind === "claim" ? found.claim : found.kind === "unreadable" && found.detail).toEqual(expected);
  });

  test("bytes that are no UTF-8 are unreadable", () => {
    const found = claimOf(commitment({ block: 1, fields: [{ kind: "raw", data: "0x7bff7d" }] }));
    expect(found).toEqual({ kind: "unreadable", detail: "not-utf8" });
  });

  test("1024 bytes are a claim and 1025 are not", () => {
    const text = json(CHUTE).padEnd(MAX_CLAIM_BYTES);
    expect(claimOf(commitment({ block: 1, fields: [raw(text)] })).kind).toBe("claim");
    expect(claimOf(commitment({ block: 1, fields: [raw(`${text} `)] }))).toEqual({
      kind: "unreadable",
      detail: "too-long",
    });
  });
});

const anyHex = fc.oneof(
  fc.uint8Array({ maxLength: 1100 }).map(toHex),
  fc.string().map((text) => `0x${text}` as const),
);
const anyText = fc
  .oneof(fc.json(), fc.string({ unit: "binary" }), fc.constant(json(CHUTE)))
  .map((text) => toHex(new TextEncoder().encode(text)));
const anyCommitment: fc.Arbitrary<Commitment> = fc.record({
  hotkey: fc.string(),
  block: fc.option(fc.nat()),
  fields: fc.array(
    fc.record({
      kind: fc.constantFrom("none", "raw", "hash", "timelocked", "other"),
      data: fc.oneof(anyHex, anyText),
    }),
    { maxLength: 3 },
  ),
  lastCommitment: fc.option(fc.nat()),
  revealed: fc.array(fc.record({ block: fc.nat(), data: fc.oneof(anyHex, anyText) }), { maxLength: 10 }),
});

describe("claimOf is total", () => {
  test("whatever a miner writes gives a claim in bounds, a seal or a reason", () => {
    fc.assert(
      fc.property(anyCommitment, (found) => {
        const reading = claimOf(found);
        if (reading.kind === "claim") {
          expect(reading.claim.chuteId).toMatch(/^[0-9a-f-]{36}$/);
          expect(reading.claim.model.isWellFormed()).toBe(true);
          expect(reading.claim.model.length).toBeLessThanOrEqual(256);
        } else {
          expect(["sealed", "unreadable"]).toContain(reading.kind);
        }
      }),
    );
  });

  test("no commitment block is later than what the chain shows, nor made up", () => {
    fc.assert(
      fc.property(anyCommitment, (found) => {
        const reading = claimOf(found);
        if (reading.kind !== "claim") return;
        const shown = [found.block, found.lastCommitment, ...found.revealed.map((entry) => entry.block)];
        expect(shown).toContain(reading.block);
      }),
    );
  });
});

test.each<[string, number[], number[]]>([
  ["one byte in mode 0", [0x14, 1, 2], [1, 2]],
  ["two in mode 1", [0x01, 0x01, 7], [7]],
  ["four in mode 2", [0x02, 0, 1, 0, 9], [9]],
  ["five and more in mode 3", [0x07, 0, 0, 0, 0, 0, 5], [5]],
  ["a cut prefix leaves nothing", [0x02, 1], []],
  ["nothing leaves nothing", [], []],
])("the SCALE length of a revealed text: %s", (_name, data, expected) => {
  expect([...withoutCompactPrefix(Uint8Array.from(data))]).toEqual(expected);
});
