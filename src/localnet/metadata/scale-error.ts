/**
 * A value or bytes that do not fit their type. Hostile input ends here and nowhere else; the text carries the path of
 * the field, `SubtensorModule.set_weights.dests[3]: …` (own-metadata.md §4).
 */
export class ScaleError extends Error {
  override readonly name: string = "ScaleError";
  readonly reason: string;
  readonly path: string;

  constructor(reason: string, path = "") {
    super(path === "" ? reason : `${path}: ${reason}`);
    this.reason = reason;
    this.path = path;
  }
}

/** The same error, seen from one level further out; anything that is no `ScaleError` is passed on as it is. */
export function within(error: unknown, segment: string): unknown {
  return error instanceof ScaleError ? new ScaleError(error.reason, join(segment, error.path)) : error;
}

function join(outer: string, inner: string): string {
  if (inner === "" || outer === "" || inner.startsWith("[")) return outer + inner;
  return `${outer}.${inner}`;
}

/** A short text for a value in an error message. */
export function describe(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "bigint" || typeof value === "number" || typeof value === "boolean") return String(value);
  return value === null ? "null" : typeof value;
}
