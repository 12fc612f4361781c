import type { CycleRecord } from "../model/records.ts";
import { type Difference, firstDifference } from "./difference.ts";

/** A record of a bundle that does not follow, and where. */
export interface Finding {
  readonly record: CycleRecord;
  readonly difference: Difference;
}

export function compare<T extends CycleRecord>(found: T, expected: T): Finding | undefined {
  const difference = firstDifference(expected, found);
  return difference && { record: found, difference };
}

/**
 * Runs one check of one record. The pure functions may refuse what a stranger's bundle claims as input; what cannot be made
 * anew does not follow, so that a throw is a finding about the record that was being made.
 */
export function guarded(record: CycleRecord, check: () => Finding | undefined): Finding | undefined {
  try {
    return check();
  } catch (error) {
    const why = error instanceof Error ? error.message : "its inputs are refused";
    return { record, difference: { field: "", expected: `a ${record.kind} that can be made anew`, found: why } };
  }
}
