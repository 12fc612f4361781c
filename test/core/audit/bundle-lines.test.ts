import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isDamage, parseLine, toLine } from "../../../src/core/audit/bundle-lines.ts";
import { recordDigest } from "../../../src/core/determinism/digest.ts";
import { SAMPLE_ROSTER, sampleResponse } from "../../support/sample-records.ts";

const LINE = toLine(SAMPLE_ROSTER);

describe("a line of a bundle", () => {
  test("is written in the one canonical way", () => {
    const digest = recordDigest(SAMPLE_ROSTER);
    expect(LINE).toBe(`{"digest":"${digest}","record":{"chutes":[],"entries":[],"kind":"roster","parents":[]}}`);
  });

  test("gives back its record and the digest of what it really says", () => {
    fc.assert(
      fc.property(fc.nat(), fc.string({ unit: "grapheme" }), (uid, text) => {
        const record = sampleResponse(uid, "t00", text);
        const digest = recordDigest(record);
        expect(parseLine(toLine(record), 3)).toEqual({ digest, stated: digest, record });
      }),
    );
  });

  test("with a changed record has another digest than it states", () => {
    const line = toLine(sampleResponse(1, "t00", "good")).replace('"good"', '"best"');
    const parsed = parseLine(line, 1);
    if (isDamage(parsed)) throw new Error(parsed.damage);
    expect(parsed.digest).toBe(recordDigest(sampleResponse(1, "t00", "best")));
    expect(parsed.stated).toBe(recordDigest(sampleResponse(1, "t00", "good")));
  });

  test("keeps the digest for its record alone: a copy with another content has its own", () => {
    const parsed = parseLine(toLine(sampleResponse(1, "t00", "good")), 1);
    if (isDamage(parsed) || parsed.record.kind !== "response") throw new Error("no response was read");
    expect(recordDigest(parsed.record)).toBe(parsed.digest);
    expect(recordDigest({ ...parsed.record, uid: 2 })).toBe(recordDigest(sampleResponse(2, "t00", "good")));
  });
});

describe("what is no line of a bundle", () => {
  const inner = LINE.slice(LINE.indexOf("{", 1), -1);

  test.each([
    ["nothing", "", /not JSON/],
    ["text", "hello", /not JSON/],
    ["a number", "1", /not an object/],
    ["null", "null", /not an object/],
    ["a list", "[]", /not an object/],
    ["a record alone", inner, /not an object/],
    ["white space", LINE.replace(":", ": "), /canonical/],
    ["a carriage return", `${LINE}\r`, /canonical/],
    ["a byte order mark", `\ufeff${LINE}`, /not JSON/],
    ["other key order", `{"record":${inner},"digest":"0x${"00".repeat(32)}"}`, /canonical/],
    ["a key twice", LINE.replace('"kind"', '"kind":"roster","kind"'), /canonical/],
    ["another spelling of a character", LINE.replace("roster", "roste\\u0072"), /canonical/],
    ["a further key", `{"a":1,${LINE.slice(1)}`, /not an object/],
    ["a short digest", LINE.replace(/0x[0-9a-f]{64}/, "0x00"), /digest is not/],
    ["a digest in capitals", LINE.replace(/0x[0-9a-f]{64}/, `0x${"AA".repeat(32)}`), /digest is not/],
    ["an unknown kind", LINE.replace("roster", "rooster"), /no known kind/],
    ["a parent that is no digest", LINE.replace('"parents":[]', '"parents":["0x1"]'), /no known kind/],
    ["no parents", LINE.replace('"parents":[]', '"parents":{}'), /no known kind/],
    ["deep nesting", "[".repeat(1_000_000), /nested deeper/],
    ["deep nesting behind a quote", `{"a\\"":${"[".repeat(40)}`, /nested deeper/],
    ["a number out of range", LINE.replace('"chutes":[]', '"chutes":[1e400]'), /finite/],
    ["an integer out of range", LINE.replace('"chutes":[]', '"chutes":[9007199254740993]'), /2\^53/],
  ])("%s", (_name, text, sentence) => {
    expect(parseLine(text, 9)).toEqual({ damage: expect.stringMatching(sentence), line: 9 });
  });

  test("brackets inside a text are no nesting", () => {
    expect(parseLine(toLine(sampleResponse(1, "t00", '"[\\'.repeat(100))), 1)).toHaveProperty("record");
  });

  test("any text at all is answered by a value", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (text) => {
        expect(parseLine(text, 1)).toHaveProperty("damage");
      }),
    );
  });

  test("one character of a line changed is damage or another digest", () => {
    const line = toLine(sampleResponse(1, "t00", "an answer"));
    const digest = recordDigest(sampleResponse(1, "t00", "an answer"));
    fc.assert(
      fc.property(fc.nat(line.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, unit) => {
        fc.pre(line[at] !== unit);
        const parsed = parseLine(line.slice(0, at) + unit + line.slice(at + 1), 1);
        if (isDamage(parsed)) return;
        expect(parsed.digest === digest && parsed.stated === digest).toBe(false);
      }),
    );
  });
});
