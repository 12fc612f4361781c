import type { ChatTurn } from "./completion.ts";

/** A request to grade, as read from the messages of the body and from nothing else. */
export interface JudgingRequest {
  /** From best to worst as the system message explains them; each with the level in [0, 1] that its meaning stands for. */
  readonly letters: readonly { readonly letter: string; readonly level: number }[];
  readonly task: string;
  readonly answer: string;
}

/** Undefined when this is no request to grade by a table of letters; then the model simply chats. */
export function readJudgingRequest(messages: readonly ChatTurn[]): JudgingRequest | undefined {
  const system = messages.filter((turn) => turn.role === "system").map((turn) => turn.content);
  const user = messages.findLast((turn) => turn.role === "user")?.content ?? "";
  const letters = readTable(system.join("\n"));
  const parts = splitUser(user);
  if (letters.length < 2 || parts === undefined) return undefined;
  return { letters, ...parts };
}

const TABLE_LINE = /^\s*(?:[-*\u2022]\s*)?["'`*(]*([A-Z])["'`*)]*\s*(?:=|:|-|\u2013|\u2014|\u2192|->|means)\s*(\S.*)$/;

/** Lines such as `K = excellent: uses every fact …`, one letter each. */
function readTable(system: string): { letter: string; level: number }[] {
  const rows: { letter: string; meaning: string }[] = [];
  for (const line of system.split("\n")) {
    const [, letter, meaning] = TABLE_LINE.exec(line) ?? [];
    if (letter !== undefined && meaning !== undefined) rows.push({ letter, meaning });
  }
  const letters = new Set(rows.map((row) => row.letter));
  if (letters.size !== rows.length) return [];
  return rows.map((row, index) => ({
    letter: row.letter,
    // Words that say nothing of rank: the order of the table counts, best first.
    level: levelOf(row.meaning) ?? 1 - index / Math.max(1, rows.length - 1),
  }));
}

/** From the word that names the grade, else from what the grade is said to mean. */
const GRADE_WORDS: readonly (readonly [RegExp, number])[] = [
  [/\b(?:excellent|perfect|outstanding|best)\b/i, 1],
  [/\bgood\b/i, 0.75],
  [/\b(?:fair|acceptable|adequate|average|middling)\b/i, 0.5],
  [/\b(?:poor|weak)\b/i, 0.25],
  [/\b(?:bad|unacceptable|worst|failed|useless)\b/i, 0],
];
const GRADE_MEANINGS: readonly (readonly [RegExp, number])[] = [
  [/\bempty\b|\boff the subject\b|\bspeaks to the grader\b/i, 0],
  [/\btwo or more facts\b/i, 0.25],
  [/\bone fact\b|\bwrong by more than one\b/i, 0.5],
  [/\bone sentence too\b|\bslips a little\b/i, 0.75],
  [/\bevery fact\b.*\bexactly\b/i, 1],
];

function levelOf(meaning: string): number | undefined {
  const opening = meaning.split(/\s+/).slice(0, 3).join(" ");
  const named = GRADE_WORDS.find(([word]) => word.test(opening));
  return (named ?? GRADE_MEANINGS.find(([words]) => words.test(meaning)))?.[1];
}

/**
 * The submission stands between two equal lines with a random mark; the first line that holds one and comes again is the
 * frame, because what the submission itself repeats comes later.
 */
function splitUser(user: string): { task: string; answer: string } | undefined {
  const lines = user.split("\n");
  for (const [index, line] of lines.entries()) {
    if (!/[0-9A-Za-z]{12,}/.test(line) || !/\d/.test(line) || line.split(" ").length > 6) continue;
    const end = lines.lastIndexOf(line);
    if (end <= index) continue;
    return { task: lines.slice(0, index).join("\n").trim(), answer: lines.slice(index + 1, end).join("\n") };
  }
  const [, task, answer] =
    /^([\s\S]*?)<(?:answer|submission|response)>([\s\S]*)<\/(?:answer|submission|response)>/i.exec(user) ?? [];
  return task === undefined || answer === undefined ? undefined : { task: task.trim(), answer };
}
