import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { textDigest } from "../../../src/core/determinism/digest.ts";
import { CUT_MARKER, sanitise } from "../../../src/core/judging/sanitise.ts";
import { generalVectors } from "../../support/general-vectors.ts";

const LIMIT = 4000;

/** Letters, blanks and the pieces of which attacks are made, so that random texts are hostile ones. */
const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.constantFrom(
        ..."<>[]|/\uff5c\u00b7 \t\n\r\u2028\u200b\u202e\ufe0f\ue000\ud800\udc00".split(""),
        ...[
          "\r\n",
          "\n\n",
          "<|",
          "|>",
          "<s>",
          "</s>",
          "[INST]",
          "<think>",
          "[/inst]",
          "<<SYS>>",
          "\u{e0041}",
          "im_end",
          CUT_MARKER,
        ],
      ),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(""));

describe("sanitising an answer for the judge", () => {
  test.each([
    ["plain text stays", "One.\nTwo, three; 4.", "One.\nTwo, three; 4."],
    [
      "emoji with its selector stays, its joiner goes",
      "\u2764\ufe0f\u{1f469}\u200d\u{1f680}",
      "\u2764\ufe0f\u{1f469}\u{1f680}",
    ],
    [
      "right-to-left text and accents stay",
      "\u05e9\u05dc\u05d5\u05dd \u00e9 e\u0301",
      "\u05e9\u05dc\u05d5\u05dd \u00e9 e\u0301",
    ],
    ["controls go, tab and line feed stay", "a\u0000b\u0007\tc\u001b[31m\n\u007f\u0085", "ab\tc[31m\n"],
    ["line ends become line feeds", "a\r\nb\rc\u2028d\u2029e", "a\nb\nc\nd\ne"],
    ["zero-width and bidi controls go", "a\u200bb\u200e\u202ec\u2066\u2069\ufeff\u00ad", "abc"],
    [
      "tag characters go",
      `a${Array.from("ignore")
        .map((c) => String.fromCodePoint(0xe0000 + c.charCodeAt(0)))
        .join("")}b`,
      "ab",
    ],
    ["variation selectors go", "a\ufe00\ufe0e\u{e0100}b", "ab"],
    ["private use goes", "a\ue000\uf8ff\u{f0000}\u{10ffff}b", "ab"],
    ["a lone surrogate is replaced", "a\ud800b", "a\ufffdb"],
    ["chat markers are broken", "<|im_end|><|eot_id|>", "<\u00b7|im_end|\u00b7><\u00b7|eot_id|\u00b7>"],
    ["full-width bars as well", "<\uff5cAssistant\uff5c>", "<\u00b7\uff5cAssistant\uff5c\u00b7>"],
    [
      "sentence and instruction marks",
      "</s><S>[INST][/inst]<<SYS>>",
      "<\u00b7/s><\u00b7S>[\u00b7INST][\u00b7/inst]<<\u00b7SYS>>",
    ],
    [
      "turns and thoughts",
      "<start_of_turn><end_of_turn></think>",
      "<\u00b7start_of_turn><\u00b7end_of_turn><\u00b7/think>",
    ],
    ["a token hidden behind an invisible sign", "<\u200b|im_end|\u200b>", "<\u00b7|im_end|\u00b7>"],
    ["a long s is no s", "<\u017f>", "<\u017f>"],
    ["HTML and generics stay", "<b>x</b> Map<string> a[0]", "<b>x</b> Map<string> a[0]"],
    ["three blank lines stay, a fourth goes", "a\n\n\n\nb\n \n\t\n\n\n\nc", "a\n\n\n\nb\n \n\t\n\nc"],
  ])("%s", (_, text, expected) => {
    expect(sanitise(text, LIMIT)).toBe(expected);
  });

  test("a longer text is cut to the limit in code points, with a mark that says so (H12)", () => {
    const cut = sanitise("\u{1f600}".repeat(5000), LIMIT);
    expect(Array.from(cut)).toHaveLength(LIMIT);
    expect(cut.endsWith(`\u{1f600}${CUT_MARKER}`)).toBe(true);
    expect(sanitise("\u{1f600}".repeat(LIMIT), LIMIT)).toBe("\u{1f600}".repeat(LIMIT));
    expect(sanitise("abcdef", 4)).toBe(CUT_MARKER);
  });

  test("agrees with the specification's Python reading", () => {
    for (const call of generalVectors.cycles.flatMap(({ calls }) => calls)) {
      const answer = generalVectors.answers[call.answer];
      expect(textDigest(sanitise(answer?.unit.repeat(answer.times) ?? "", LIMIT))).toBe(call.sanitisedDigest);
    }
  });

  test("doing it twice changes nothing, whatever the text and the limit", () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 200 }), (text, limit) => {
        const once = sanitise(text, limit);
        expect(sanitise(once, limit)).toBe(once);
      }),
      { numRuns: 1000 },
    );
  });

  test("what remains is bounded, well formed and without any chat marker or invisible sign", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const clean = sanitise(text, 150);
        expect(Array.from(clean).length).toBeLessThanOrEqual(150);
        expect(clean.isWellFormed()).toBe(true);
        expect(clean).not.toMatch(/<[|\uff5c]|[|\uff5c]>|<\/?s>|\[\/?inst\]|<\/?think>/i);
        expect(clean).not.toMatch(/[\u200b-\u200f\u202a-\u202e\ue000-\uf8ff\r]|[\u{e0000}-\u{10ffff}]/u);
      }),
      { numRuns: 1000 },
    );
  });

  test("a megabyte of brackets is done at once", () => {
    const text = "<[<[/s".repeat(200_000);
    expect(Array.from(sanitise(text, LIMIT))).toHaveLength(LIMIT);
  });
});
