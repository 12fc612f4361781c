import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  visit,
} from "yaml";
import { ValidatorError } from "../../core/model/fault.ts";
import { invalid, type Located, lineOf, locate } from "./config-problem.ts";
import { checkShape, type FileConfig, type ShapeProblem } from "./config-shape.ts";
import { expandVariables } from "./expand-variables.ts";
import type { Environment } from "./secrets.ts";

const MAX_BYTES = 256 * 1024;

export interface ReadConfig {
  readonly config: FileConfig;
  /** The fields that the file states, by their full names, e.g. `chutes.api`. */
  readonly given: ReadonlyMap<string, GivenField>;
}

export interface GivenField {
  readonly line: number;
  /** What the file says, when an environment variable was put into a text: its value may be a secret. */
  readonly written?: string;
}

/**
 * Reads and checks a configuration file, with the variables of the environment put in.
 * @throws ValidatorError exit `configuration`: one line for every wrong field with its place and what is allowed.
 */
export function readConfigFile(file: string, env: Environment): ReadConfig {
  return parseConfig(file, readText(file), env);
}

/** The same from a text that is to stand in that file. @throws ValidatorError exit `configuration`. */
export function parseConfig(file: string, text: string, env: Environment): ReadConfig {
  const lines = new LineCounter();
  let document: Document.Parsed;
  let value: unknown;
  let written: ReadonlyMap<Scalar, string> = new Map();
  let problems: readonly Located[];
  try {
    document = parseDocument(text, { lineCounter: lines, logLevel: "error", prettyErrors: false, version: "1.2" });
    problems = syntaxProblems(document, lines);
    // The parser goes on behind an error and finds its consequences: only the first says what to repair.
    if (problems.length > 0) problems = problems.slice(0, 1);
    else {
      ({ problems, written } = expandVariables(document, lines, env));
      value = withoutNulls(document.toJS({ maxAliasCount: 0 }));
    }
  } catch (error) {
    // The library recurses; hostile nesting exhausts its stack.
    throw invalid(file, [{ line: 1, sentence: "this is no YAML that can be read" }], error);
  }
  if (problems.length > 0) throw invalid(file, problems);
  if (value === null) {
    throw invalid(file, [{ line: 1, sentence: "the file is empty; it needs at least netuid" }]);
  }
  if (!isMap(document.contents)) {
    throw invalid(file, [{ line: 1, sentence: "the file must be names and values, e.g. `netuid: 2`" }]);
  }
  const checked = checkShape(value);
  if (isProblems(checked)) throw invalid(file, locate(checked, document, lines));
  const given = new Map<string, GivenField>();
  collect(document.contents, "", (name, line, scalar) => {
    const source = scalar === undefined ? undefined : written.get(scalar);
    given.set(name, { line: lineOf(line, lines), ...(source === undefined ? {} : { written: source }) });
  });
  return { config: checked, given };
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
      remedy: "Run touchstone init to write one, or name a file that exists with --config.",
      cause: error,
    });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
}

/** The parser quotes what it stumbled over, which may be a secret: what stands in quotes is left out. */
function syntaxProblems(document: Document.Parsed, lines: LineCounter): readonly Located[] {
  const problems: Located[] = [...document.errors, ...document.warnings].map(({ pos, message }) => ({
    line: lines.linePos(pos[0]).line,
    sentence: message.replaceAll(/"(?:[^"\\]|\\.)*"|'[^']*'|(?<=\w: ).*/g, "…").replaceAll(/[\n\r]/g, " "),
  }));
  visit(document, (_key, node) => {
    if (isAlias(node)) {
      problems.push({ line: lineOf(node.range?.[0], lines), sentence: "aliases (*name) are not allowed" });
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

type Visit = (name: string, offset: number | undefined, scalar: Scalar | undefined) => void;

/** Names of the values of a checked document; sections are known names, so the depth is bounded. */
function collect(node: unknown, prefix: string, found: Visit): void {
  if (!isMap(node)) return;
  for (const { key, value } of node.items) {
    const name = `${prefix}${String(isNode(key) ? key.toJSON() : key)}`;
    if (isMap(value)) collect(value, `${name}.`, found);
    else if (isNode(value) && states(value)) {
      found(name, isNode(key) ? key.range?.[0] : undefined, isScalar(value) ? value : undefined);
    }
  }
}

function states(value: Node): boolean {
  return isScalar(value) ? value.value !== null : isSeq(value);
}
