import { type BundleLine, isDamage, parseLine, toLine } from "../../src/core/audit/bundle-lines.ts";
import { byPlace, parentsOf, sheetParents } from "../../src/core/audit/parents.ts";
import { sealBody, sealBodyDigest } from "../../src/core/audit/seal-body.ts";
import type { CycleRecord } from "../../src/core/model/records.ts";
import { recordOf, recordsOf, SIGNER } from "./cycle-bench.ts";

/** What a validator who cheats could do to a bundle of its own: change anything, then make every digest and the signature right. */
export function linesOf(records: readonly CycleRecord[]): readonly BundleLine[] {
  return records.map((record, index) => {
    const line = parseLine(toLine(record), index + 1);
    if (isDamage(line)) throw new Error(line.damage);
    return line;
  });
}

/** The same records with parents, root and signature that fit what they now say. */
export function resealed(records: readonly CycleRecord[]): readonly CycleRecord[] {
  const header = recordOf(records, "header");
  const snapshot = { ...recordOf(records, "snapshot"), parents: parentsOf(header) };
  const roster = { ...recordOf(records, "roster"), parents: parentsOf(snapshot) };
  const challenge = { ...recordOf(records, "challenge"), parents: parentsOf(roster) };
  const responses = byPlace(
    recordsOf(records, "response").map((response) => ({ ...response, parents: parentsOf(challenge) })),
  );
  const judgements = byPlace(
    recordsOf(records, "judgement").map((judgement) => {
      const judged = responses.find(({ uid, taskId }) => uid === judgement.uid && taskId === judgement.taskId);
      return judged === undefined ? judgement : { ...judgement, parents: parentsOf(judged) };
    }),
  );
  const sheet = { ...recordOf(records, "score-sheet"), parents: sheetParents(challenge, responses, judgements) };
  const vector = { ...recordOf(records, "weight-vector"), parents: parentsOf(sheet) };
  const submission = { ...recordOf(records, "submission"), parents: parentsOf(vector) };
  const before = [header, snapshot, roster, challenge, ...responses, ...judgements, sheet, vector, submission];
  const { previousSeal, secret, spend, hotkey, cryptoType } = recordOf(records, "seal");
  const body = sealBody({ records: before, submission, previousSeal, secret, spend, hotkey, cryptoType });
  return [...before, { ...body, signature: SIGNER.sign({ kind: "seal", digest: sealBodyDigest(body) }) }];
}

export type Path = readonly (string | number)[];

/** Where the leaves of a value are: everything that is no list or object, and empty lists and objects. */
export function leavesOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((item: unknown, index) => [index, item] as const)
    : Object.entries(value);
  return entries.length === 0 ? [path] : entries.flatMap(([key, item]) => leavesOf(item, [...path, key]));
}

/** A copy with another value at one place. */
export function changed<T>(value: T, path: Path, to: unknown): T {
  const [key, ...rest] = path;
  if (key === undefined) return to as T;
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => (index === key ? changed(item, rest, to) : item)) as T;
  }
  return { ...value, [key]: changed((value as Record<string, unknown>)[key], rest, to) } as T;
}

/** A copy with another value at one place of the only record of a kind, or of the n-th. */
export function forged(
  records: readonly CycleRecord[],
  kind: CycleRecord["kind"],
  path: Path,
  to: unknown,
): readonly CycleRecord[] {
  const target = recordOf(records, kind);
  return records.map((record) => (record === target ? changed(record, path, to) : record));
}
