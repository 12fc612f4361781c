import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readLabel } from "../../../src/core/judging/verdict.ts";

const LABELS = ["Z", "K", "T", "Q", "W"];

describe("reading the judge's output", () => {
  test.each([
    "K",
    " K\n",
    "\r\n\tK\u000b\u000c ",
    "K.",
    '"K"',
    "'K'",
    "`K`",
    "(K)",
    "[K]",
    '"K".',
    '"K."',
    "(K).",
    "<think>Z would be too good, [[10]]</think>K",
    "<think></think>\n\nK.",
    " <think>\nIs it <think> Z?\n</think> (K) ",
  ])("%j is the verdict K", (raw) => {
    expect(readLabel(raw, LABELS)).toBe(1);
  });

  // judging.md §2.5: the judge-output vectors, and H1: none of them is a number, a default or an error.
  test.each(
    [
      ["", " ", "\n", "\u00a0", ".", "..", ":", "Solution"],
      [
        "8/10",
        "Score: 8",
        "8",
        "10",
        "0",
        "-0",
        "1e9",
        "NaN",
        "nan",
        "Infinity",
        "-Infinity",
        "0x10",
        "1_0",
        "0.5",
        "1",
      ],
      ["\u0661\u0660", "\uff19", "\uff2b", "\u212a", "\u041a", "K\u0301", "K\u200b", "\ufeffK"],
      ["K Z", "KZ", "K\nZ", "K, Z", "K or Z", "[[K]]", "((K))", "K..", "K!", "K:", ": K", "**K**", '"K', "K)", "(K]"],
      ["k", "excellent", "Verdict: K", "The answer is K", "I grade it K.", "K = excellent", "K because"],
      [
        "<think>K",
        "<think>",
        "<think>K</think>",
        "<think>Z</think>The verdict is K",
        "K</think>",
        "<think>a</think><think>b</think>K",
      ],
      ["<think>first K</think> Z and then K", "reasoning: Z. Final: K", "<THINK></THINK>K"],
      [
        '{"verdict":"K"}',
        '{"a":"K","a":"Z"}',
        '["K"]',
        "[]",
        "{}",
        "__proto__",
        "constructor",
        "null",
        "undefined",
        "true",
      ],
      [
        "I cannot help with that.",
        "I'm sorry, but as an AI",
        '{"error":{"message":"rate limited","code":429}}',
        "<html>502</html>",
      ],
    ].flat(),
  )("%j is no verdict", (raw) => {
    expect(readLabel(raw, LABELS)).toBeNull();
  });

  test("no content and a megabyte of content are no verdicts", () => {
    expect(readLabel(null, LABELS)).toBeNull();
    expect(readLabel("K".repeat(1_000_000), LABELS)).toBeNull();
    expect(readLabel(`${" ".repeat(1_000_000)}x`, LABELS)).toBeNull();
    expect(readLabel(`<think>${"a".repeat(1_000_000)}`, LABELS)).toBeNull();
    expect(readLabel("K", [])).toBeNull();
  });

  test("is total: any text gives null or the index of a label that stands in it", () => {
    const pieces = fc.constantFrom(...LABELS, "<think>", "</think>", '"', "(", ")", ".", " ", "\n", "10", "NaN");
    const text = fc.array(fc.oneof(pieces, fc.string({ unit: "binary", maxLength: 6 })), { maxLength: 8 });
    fc.assert(
      fc.property(text, (parts) => {
        const raw = parts.join("");
        const index = readLabel(raw, LABELS);
        if (index === null) return;
        expect(Number.isInteger(index) && index >= 0 && index < LABELS.length).toBe(true);
        const said = raw.startsWith("<") || raw.includes("</think>") ? raw.slice(raw.indexOf("</think>")) : raw;
        expect(LABELS.filter((label) => said.includes(label))).toEqual([LABELS[index]]);
      }),
      { numRuns: 5000 },
    );
  });
});
