/**
 * What a miner wrote, made fit to be shown to a judge (judging.md §2.3, layers 1 and 2). No Unicode tables, which differ
 * between versions and languages: every range is written out here and in docs/bundle.md part C. Applying
 * it twice changes nothing.
 */
export function sanitise(text: string, maxChars: number): string {
  return cut(collapseBlankLines(breakTokens(dropInvisible(text))), maxChars);
}

/** Both ends included. Controls, invisible and formatting characters, private use: none of them can be read by a person. */
const DROPPED: readonly (readonly [low: number, high: number])[] = [
  [0x0000, 0x0008],
  [0x000b, 0x000c],
  [0x000e, 0x001f],
  [0x007f, 0x009f],
  [0x00ad, 0x00ad],
  [0x034f, 0x034f],
  [0x061c, 0x061c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xe000, 0xf8ff],
  [0xfdd0, 0xfdef],
  [0xfe00, 0xfe0e],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0xfffe, 0xffff],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0x10ffff],
];

const DROPPED_CLASS = new RegExp(
  `[${DROPPED.map(([low, high]) => `\\u{${low.toString(16)}}-\\u{${high.toString(16)}}`).join("")}]`,
  "gu",
);

function dropInvisible(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/\r\n|[\r\u2028\u2029]/g, "\n")
    .replaceAll(DROPPED_CLASS, "");
}

/** Words that mean something to a chat template when they stand alone in angle or square brackets. */
const TEMPLATE_WORDS = [
  "s",
  "bos",
  "eos",
  "unk",
  "pad",
  "inst",
  "sys",
  "sop",
  "eop",
  "gmask",
  "start_of_turn",
  "end_of_turn",
  "system",
  "user",
  "assistant",
  "think",
  "system_prompt",
  "available_tools",
  "tool_call",
  "tool_calls",
  "tool_response",
  "tool_results",
] as const;

const BRACKETED = new RegExp(`([<[])(/?(?:${TEMPLATE_WORDS.join("|")})[>\\]])`, "gi");

/** A middle dot goes into every chat-template token, where a reader sees it and a tokeniser no longer finds its token. */
function breakTokens(text: string): string {
  return text
    .replaceAll(/<(?=[|\uff5c])/g, "<\u00b7")
    .replaceAll(/([|\uff5c])(?=>)/g, "$1\u00b7")
    .replaceAll(BRACKETED, "$1\u00b7$2");
}

const MAX_BLANK_LINES = 3;

/** At most three lines of nothing but spaces and tabs one after the other; the further ones go. */
function collapseBlankLines(text: string): string {
  let blank = 0;
  const kept = text.split("\n").filter((line) => {
    blank = /^[ \t]*$/.test(line) ? blank + 1 : 0;
    return blank <= MAX_BLANK_LINES;
  });
  return kept.join("\n");
}

/** No line feed at its head, so that it can never end a run of blank lines differently when cleaned again. */
export const CUT_MARKER = " [cut: the submission was longer]";

/** Cuts to `maxChars` code points, the marker among them; the marker stays whole however low the limit is. */
function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const points = Array.from(text);
  if (points.length <= maxChars) return text;
  return points.slice(0, Math.max(0, maxChars - CUT_MARKER.length)).join("") + CUT_MARKER;
}
