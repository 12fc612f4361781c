import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { type Document, isAlias, isMap, isNode, LineCounter, parseDocument, visit } from "yaml";
import { ValidatorError } from "../../core/model/fault.ts";
import { checkShape, type FileConfig, KNOWN_NAMES, type ShapeProblem } from "./config-shape.ts";
import { nearestName } from "./nearest-name.ts";

const MAX_BYTES = 256 * 1024;
/** So many problems are named at once; more say little. */
const MAX_PROBLEMS = 20;

interface Located {
  readonly line: number;
  readonly sentence: string;
}

/**
 * Reads and checks a configuration file.
 * @throws ValidatorError exit `configuration`: one line for every wrong field with its place and what is allowed.
 */
export function readConfigFile(file: string): FileConfig {
  const text = readText(file);
  const lines = new LineCounter();
  let document: Document.Parsed;
  let value: unknown;
  let problems: readonly Located[];
  try {
    document = parseDocument(text, { lineCounter: lines, logLevel: "error", prettyErrors: false, version: "1.2" });
    problems = syntaxProblems(document, lines);
    if (problems.length === 0) value = withoutNulls(document.toJS({ maxAliasCount: 0 }));
  } catch (error) {
    // The library recurses; hostile nesting exhausts its stack.
    throw invalid(file, [{ line: 1, sentence: "this is no YAML that can be read" }], error);
  }
  // The parser goes on behind an error and finds its consequences: only the first says what to repair.
  if (problems.length > 0) throw invalid(file, problems.slice(0, 1));
  if (value === null) {
    throw invalid(file, [{ line: 1, sentence: "the file is empty; it needs at least netuid" }]);
  }
  if (!isMap(document.contents)) {
    throw invalid(file, [{ line: 1, sentence: "the file must be names and values, e.g. `netuid: 2`" }]);
  }
  const checked = checkShape(value);
  if (isProblems(checked)) throw invalid(file, locate(checked, document, lines));
  return checked;
}

function isProblems(checked: FileConfig | readonly ShapeProblem[]): checked is readonly ShapeProblem[] {
  return Array.isArray(checked);
}

function readText(file: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    const { size } = fstatSync(descriptor);
    if (size > MAX_BYTES) {
      throw invalid(file, [{ line: 1, sentence: `the file is larger than ${MAX_BYTES} bytes` }]);
    }
    return readFileSync(descriptor, "utf8");
  } catch (error) {
    if (error instanceof ValidatorError) throw error;
    throw new ValidatorError(`The configuration file ${file} cannot be read (${codeOf(error)}).`, {
      exit: "configuration",
      code: "config-missing",
      blame: "validator",
      remedy: "Name a file that exists with --config; it needs at least one line, e.g. `netuid: 2`.",
      cause: error,
    });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
}

function syntaxProblems(document: Document.Parsed, lines: LineCounter): readonly Located[] {
  const problems: Located[] = [...document.errors, ...document.warnings].map(({ pos, message }) => ({
    line: lines.linePos(pos[0]).line,
    sentence: message,
  }));
  visit(document, (_key, node) => {
    if (isAlias(node)) {
      problems.push({ line: lineOf(node.range?.[0], lines), sentence: `aliases (*${node.source}) are not allowed` });
    }
  });
  return problems;
}

/** `name:` with nothing behind it is a name left out. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, withoutNulls(item)]),
  );
}

function locate(problems: readonly ShapeProblem[], document: Document.Parsed, lines: LineCounter): readonly Located[] {
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
  // Texts are not quoted: somebody may have put a secret in the wrong place.
  const shown = typeof given === "number" || typeof given === "boolean" ? `, not ${given}` : "";
  const near = typeof given === "string" && given.length < 40 ? nearestName(given, wordsOf(allowed)) : undefined;
  return `${field} must be ${allowed}${shown}${near === undefined ? "" : `; did you mean ${near}?`}`;
}

/** The fixed words among what is allowed, e.g. finney, test, local. */
function wordsOf(allowed: string): readonly string[] {
  return /^(?:[\w-]+(?:, | or ))+/.test(allowed)
    ? allowed.split(/, or |, | or /).filter((word) => /^[\w-]+$/.test(word))
    : [];
}

function unknownName(section: readonly string[], name: string): string {
  const field = [...section, name].join(".");
  const near = nearestName(name, KNOWN_NAMES[section.join(".")] ?? []);
  if (near !== undefined) return `${field} is not known; did you mean ${[...section, near].join(".")}?`;
  const [home] = Object.entries(KNOWN_NAMES).find(([, names]) => names.includes(name)) ?? [];
  if (home === undefined)
    return `${field} is not known; known are ${KNOWN_NAMES[section.join(".")]?.join(", ") ?? "none"}`;
  return `${field} is not known; did you mean ${home === "" ? name : `${home}.${name}`}?`;
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

function lineOf(offset: number | undefined, lines: LineCounter): number {
  return Math.max(1, lines.linePos(offset ?? 0).line);
}

function invalid(file: string, problems: readonly Located[], cause?: unknown): ValidatorError {
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
