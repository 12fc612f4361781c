/**
 * Canonical JSON: RFC 8785 narrowed to what our records hold. Keys sorted by UTF-16 code units, no white space, numbers in
 * ECMAScript's shortest form, strings with the shortest escapes. Refused: undefined, non-finite numbers, integers beyond
 * ±(2^53 − 1), lone surrogates, anything that is no plain data. Integers that may be larger travel as decimal strings.
 */

export class CanonicalError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CanonicalError";
  }
}

/** Nesting our deepest record needs is 8; hostile input must not exhaust the stack. */
export const MAX_DEPTH = 32;

/** @throws CanonicalError naming the path of the value that cannot be written. */
export function canonicalJson(value: unknown): string {
  return write(value, "$", 0);
}

function write(value: unknown, path: string, depth: number): string {
  if (depth > MAX_DEPTH) throw new CanonicalError(`${path}: nested deeper than ${MAX_DEPTH}`);
  if (value === null || value === true || value === false) return String(value);
  if (typeof value === "number") return writeNumber(value, path);
  if (typeof value === "string") return writeString(value, path);
  if (Array.isArray(value)) {
    // Not map: it would step over holes, which are undefined and no JSON.
    return `[${Array.from(value, (item: unknown, index) => write(item, `${path}[${index}]`, depth + 1)).join(",")}]`;
  }
  if (typeof value === "object" && isPlain(value)) return writeObject(value, path, depth);
  throw new CanonicalError(`${path}: ${typeof value} is not JSON data`);
}

function writeNumber(value: number, path: string): string {
  if (!Number.isFinite(value)) throw new CanonicalError(`${path}: ${value} is not finite`);
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new CanonicalError(`${path}: integer beyond 2^53, write it as a string`);
  }
  return JSON.stringify(value);
}

function writeString(value: string, path: string): string {
  if (!value.isWellFormed()) throw new CanonicalError(`${path}: lone surrogate`);
  return JSON.stringify(value);
}

function writeObject(value: object, path: string, depth: number): string {
  const record = value as Readonly<Record<string, unknown>>;
  const parts: string[] = [];
  // Array.prototype.toSorted without a comparator orders by UTF-16 code units, whatever the locale.
  for (const key of Object.keys(record).toSorted()) {
    parts.push(`${writeString(key, path)}:${write(record[key], `${path}.${key}`, depth + 1)}`);
  }
  return `{${parts.join(",")}}`;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Reads a line that claims to be canonical.
 * @throws CanonicalError when it is not JSON, or not the one canonical spelling of what it says.
 */
export function parseCanonical(line: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new CanonicalError(`not JSON: ${error instanceof Error ? error.message : "unreadable"}`);
  }
  if (canonicalJson(value) !== line) throw new CanonicalError("not in canonical form");
  return value;
}
