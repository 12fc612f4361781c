const THOUGHT_START = "<think>";
const THOUGHT_END = "</think>";
const PAIRS = ['""', "''", "``", "()", "[]"] as const;

/**
 * Which of the labels the judge's output is, as an index, or null. Total and closed: the whole output, but for blanks and a
 * complete thought in front, must be one label, bare or in one pair of quotes or brackets, with at most one period. No
 * number, no prose, no second label is ever read as a verdict (judging.md H1, §8.3).
 */
export function readLabel(raw: string | null, labels: readonly string[]): number | null {
  if (raw === null) return null;
  const said = afterThought(trimmed(raw));
  const index = said === null ? -1 : labels.findIndex((label) => spellings(label).includes(said));
  return index < 0 ? null : index;
}

/** What follows a complete `<think>…</think>`; null when the thought never ends. */
function afterThought(text: string): string | null {
  if (!text.startsWith(THOUGHT_START)) return text;
  const end = text.indexOf(THOUGHT_END);
  return end < 0 ? null : trimmed(text.slice(end + THOUGHT_END.length));
}

function spellings(label: string): readonly string[] {
  const wrapped = PAIRS.flatMap((pair) => {
    const [open, close] = [pair.slice(0, 1), pair.slice(1)];
    return [`${open}${label}${close}`, `${open}${label}${close}.`, `${open}${label}.${close}`];
  });
  return [label, `${label}.`, ...wrapped];
}

/** Without ASCII blanks at either end; `trim` would ask the Unicode tables. */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}
