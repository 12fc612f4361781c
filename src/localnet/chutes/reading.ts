/** How simulated models read plain English: words, numbers, sentences, and what an open task asks for. */

export function sentencesOf(text: string): string[] {
  return text
    .split(/(?<=[.!?])\s+/)
    .map((part) => part.trim())
    .filter((part) => /[\p{L}\p{N}]/u.test(part));
}

export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}][\p{L}'-]*/gu) ?? [];
}

/** Whole numbers in digits; separators inside a number are read over. */
export function numbersOf(text: string): string[] {
  const joined = text.replaceAll(/(?<=\d)[,'\u2019\u202f](?=\d{3}\b)/g, "");
  return joined.match(/\d+/g) ?? [];
}

const COMMON_WORDS =
  "a an and are as at be been but by can do for from had has have how in into is it its of on or should so that the their them then there this to was were what when which who why will with you your not all one than more between last";
const STOP = new Set(COMMON_WORDS.split(" "));

/** Words that carry meaning, cut to a stem of six letters so that plural and past forms meet. */
export function contentWords(text: string): Set<string> {
  return new Set(
    wordsOf(text)
      .filter((word) => word.length > 2 && !STOP.has(word))
      .map((word) => word.slice(0, 6)),
  );
}

/** Share of the first set that is in the second; 1 for an empty first. */
export function shareOf(wanted: ReadonlySet<string>, present: ReadonlySet<string>): number {
  if (wanted.size === 0) return 1;
  let found = 0;
  for (const item of wanted) if (present.has(item)) found += 1;
  return found / wanted.size;
}

export interface OpenTask {
  /** Sentences asked for; null when the task names no number. */
  readonly sentences: number | null;
  /** One statement a line, as the task gives them. */
  readonly facts: readonly string[];
  /** The line that says what to write about. */
  readonly subject: string;
}

const NUMBER_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/** Reads a writing task: "… in exactly five sentences …" and a block of fact lines. Undefined when it sets none. */
export function readOpenTask(prompt: string): OpenTask | undefined {
  const asked = /\b(?:exactly|in)\s+(\d+|[a-z]+)\s+sentences?\b/i.exec(prompt);
  const lines = prompt.split("\n").map((line) => line.trim());
  const start = lines.findIndex((line) => /\bfacts?\b.*:$/i.test(line));
  const facts: string[] = [];
  for (const line of start < 0 ? [] : lines.slice(start + 1)) {
    if (line === "" || !/\d/.test(line)) break;
    facts.push(line.replace(/^(?:[-*\u2022]|\d+[.)])\s+/, ""));
  }
  const opening = /^(?:explain|give advice|describe|write|advise|tell|summarise|discuss)\b/i;
  const line = lines.find((candidate) => opening.test(candidate));
  if (line === undefined || (asked === null && facts.length === 0)) return undefined;
  return { sentences: numberOf(asked?.[1]), facts, subject: subjectOf(line) };
}

function numberOf(word: string | undefined): number | null {
  if (word === undefined) return null;
  const value = /^\d+$/.test(word) ? Number(word) : NUMBER_WORDS.indexOf(word.toLowerCase());
  return value > 0 ? value : null;
}

function subjectOf(line: string): string {
  const question = /question: (.+?\?)/.exec(line)?.[1];
  const told = /^explain to .+? ((?:how|why|what|when|where) .+?),? in exactly/i.exec(line)?.[1];
  const topic = /^explain (.+?) to (?:a|an|the) /i.exec(line)?.[1];
  return question ?? told ?? topic ?? line;
}
