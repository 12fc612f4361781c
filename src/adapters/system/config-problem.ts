import { basename } from "node:path";
import { type Document, isMap, isNode, type LineCounter } from "yaml";
import { ValidatorError } from "../../core/model/fault.ts";
import { KNOWN_NAMES, type ShapeProblem } from "./config-shape.ts";
import { nearestName } from "./nearest-name.ts";

/** So many problems are named at once; more say little. */
const MAX_PROBLEMS = 20;

/** One thing that is wrong in the file. Sentences quote no text of the file: somebody may have put a secret there. */
export interface Located {
  readonly line: number;
  readonly sentence: string;
}

/** Gives the problems of a shape their lines and words, in the order of lines. */
export function locate(
  problems: readonly ShapeProblem[],
  document: Document.Parsed,
  lines: LineCounter,
): readonly Located[] {
  const located = new Map<string, Located>();
  for (const { path, allowed = "", unknown } of problems) {
    const names = path.map(String);
    const field = [...names, ...(unknown === undefined ? [] : [unknown])];
    const offset = keyOffset(document, field) ?? keyOffset(document, names);
    const sentence = unknown === undefined ? wrongValue(document, names, allowed) : unknownName(names, unknown);
    // One sentence a field: the first.
    const key = field.join("\n");
    if (!located.has(key)) located.set(key, { line: lineOf(offset, lines), sentence });
  }
  return [...located.values()].toSorted((a, b) => a.line - b.line);
}

function wrongValue(document: Document.Parsed, names: readonly string[], allowed: string): string {
  const field = names.join(".");
  const given: unknown = document.getIn(names);
  if (given === undefined || given === null) return `${field} is missing; it must be ${allowed}`;
  const shown = typeof given === "number" || typeof given === "boolean" ? `, not ${given}` : "";
  const near = typeof given === "string" && given.length < 40 ? nearestName(given, wordsOf(allowed)) : undefined;
  return `${field} must be ${allowed}${shown}${near === undefined ? "" : ` (did you mean ${near}?)`}`;
}

/** The fixed words among what is allowed, e.g. finney, test, local. */
function wordsOf(allowed: string): readonly string[] {
  return /^(?:[\w-]+(?:, | or ))+/.test(allowed)
    ? allowed.split(/, or |, | or /).filter((word) => /^[\w-]+$/.test(word))
    : [];
}

function unknownName(section: readonly string[], name: string): string {
  // A secret pasted without its name in front of it becomes a name.
  if (!/^[\w-]{1,40}$/.test(name)) {
    return section.length === 0
      ? "this is no name that is known"
      : `in ${section.join(".")} stands a name that is not known`;
  }
  const field = [...section, name].join(".");
  const near = nearestName(name, KNOWN_NAMES[section.join(".")] ?? []);
  if (near !== undefined) return `${field} is not known (did you mean ${[...section, near].join(".")}?)`;
  const [home] = Object.entries(KNOWN_NAMES).find(([, names]) => names.includes(name)) ?? [];
  if (home === undefined)
    return `${field} is not known; known are ${KNOWN_NAMES[section.join(".")]?.join(", ") ?? "none"}`;
  return `${field} is not known (did you mean ${home === "" ? name : `${home}.${name}`}?)`;
}

/** Where the name of a field stands. */
function keyOffset(document: Document.Parsed, names: readonly string[]): number | undefined {
  const parent: unknown = names.length > 1 ? document.getIn(names.slice(0, -1), true) : document.contents;
  if (!isMap(parent)) return undefined;
  const key = parent.items.find(
    (pair) => String(isNode(pair.key) ? pair.key.toJSON() : pair.key) === names.at(-1),
  )?.key;
  return isNode(key) ? key.range?.[0] : undefined;
}

export function lineOf(offset: number | undefined, lines: LineCounter): number {
  return Math.max(1, lines.linePos(offset ?? 0).line);
}

/** The error with which the process ends: exit `configuration`, one line a problem. */
export function invalid(file: string, problems: readonly Located[], cause?: unknown): ValidatorError {
  const shown = problems.slice(0, MAX_PROBLEMS).map(({ line, sentence }) => `line ${line}: ${sentence}`);
  if (problems.length > MAX_PROBLEMS) shown.push(`and ${problems.length - MAX_PROBLEMS} more`);
  return new ValidatorError(`The configuration ${basename(file)} is wrong in ${shown.join("; ")}.`, {
    exit: "configuration",
    code: "config-invalid",
    blame: "validator",
    remedy: `Correct ${file} and start again.`,
    cause,
  });
}
