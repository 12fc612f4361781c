/** Where two values first differ, in key order; undefined when they are equal. Values are plain JSON data. */
export interface Difference {
  /** e.g. `miners[3].score`; empty for the value itself. */
  readonly field: string;
  readonly expected: unknown;
  readonly found: unknown;
}

export function firstDifference(expected: unknown, found: unknown, field = ""): Difference | undefined {
  if (Array.isArray(expected) && Array.isArray(found)) return arrayDifference(expected, found, field);
  if (isRecord(expected) && isRecord(found)) return recordDifference(expected, found, field);
  return Object.is(expected, found) || (expected === 0 && found === 0) ? undefined : { field, expected, found };
}

function arrayDifference(
  expected: readonly unknown[],
  found: readonly unknown[],
  field: string,
): Difference | undefined {
  const shorter = Math.min(expected.length, found.length);
  for (let index = 0; index < shorter; index += 1) {
    const difference = firstDifference(expected[index], found[index], `${field}[${index}]`);
    if (difference !== undefined) return difference;
  }
  if (expected.length === found.length) return undefined;
  return { field: `${field}.length`, expected: expected.length, found: found.length };
}

function recordDifference(
  expected: Readonly<Record<string, unknown>>,
  found: Readonly<Record<string, unknown>>,
  field: string,
): Difference | undefined {
  const keys = new Set([...Object.keys(expected), ...Object.keys(found)]);
  for (const key of [...keys].toSorted()) {
    const path = field === "" ? key : `${field}.${key}`;
    const difference = firstDifference(own(expected, key), own(found, key), path);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function own(value: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
