import type { Challenge, Judgement, Response } from "../model/answers.ts";
import type { MetagraphSnapshot } from "../model/metagraph.ts";
import { RECORD_KINDS, type RecordKind } from "../model/record-base.ts";
import type { CycleRecord, Header, ScoreSheet, Seal, Settlement, Submission, WeightVector } from "../model/records.ts";
import type { Roster } from "../model/roster.ts";
import { byPlace } from "./parents.ts";

/** The records of a bundle by kind, once they are known to stand in the one right order. */
export interface BundleRecords {
  readonly all: readonly CycleRecord[];
  readonly header: Header;
  readonly snapshot: MetagraphSnapshot;
  readonly settlement: Settlement | undefined;
  readonly roster: Roster;
  readonly challenge: Challenge;
  readonly responses: readonly Response[];
  readonly judgements: readonly Judgement[];
  readonly sheet: ScoreSheet;
  readonly vector: WeightVector;
  readonly submission: Submission;
  readonly seal: Seal;
}

/** Kinds of which a bundle has any number; of every other but the settlement it has exactly one. */
const MANY: ReadonlySet<string> = new Set(["response", "judgement"]);

/** Sorts the lines of a bundle into their kinds, or says in a sentence at which line (from 0) the order is broken. */
export function bundleRecords(
  records: readonly CycleRecord[],
): BundleRecords | { readonly index: number; readonly problem: string } {
  let at = 0;
  for (const kind of RECORD_KINDS) {
    const start = at;
    while (records[at]?.kind === kind) at += 1;
    const count = at - start;
    const problem = wrongCount(kind, count);
    if (problem !== undefined) return { index: start, problem };
  }
  if (at !== records.length) return { index: at, problem: "a record stands behind its place" };
  const responses = ofKind(records, "response");
  const judgements = ofKind(records, "judgement");
  const broken = outOfPlace(responses) ?? outOfPlace(judgements);
  if (broken !== undefined) {
    return {
      index: records.indexOf(broken),
      problem: "responses and judgements ascend by uid, then by task, once each",
    };
  }
  return {
    all: records,
    header: one(records, "header"),
    snapshot: one(records, "snapshot"),
    settlement: ofKind(records, "settlement")[0],
    roster: one(records, "roster"),
    challenge: one(records, "challenge"),
    responses,
    judgements,
    sheet: one(records, "score-sheet"),
    vector: one(records, "weight-vector"),
    submission: one(records, "submission"),
    seal: one(records, "seal"),
  };
}

function wrongCount(kind: RecordKind, count: number): string | undefined {
  if (MANY.has(kind) || count === 1) return undefined;
  if (kind === "settlement") return count === 0 ? undefined : `at most one settlement may stand here, found ${count}`;
  return `one ${kind} must stand here, found ${count}`;
}

type OfKind<K extends CycleRecord["kind"]> = Extract<CycleRecord, { kind: K }>;

function ofKind<K extends CycleRecord["kind"]>(records: readonly CycleRecord[], kind: K): readonly OfKind<K>[] {
  return records.filter((record): record is OfKind<K> => record.kind === kind);
}

function one<K extends CycleRecord["kind"]>(records: readonly CycleRecord[], kind: K): OfKind<K> {
  return ofKind(records, kind)[0] as OfKind<K>;
}

/** The first record that is not where sorting would put it, or that stands twice. */
function outOfPlace<T extends Response | Judgement>(records: readonly T[]): T | undefined {
  const sorted = byPlace(records);
  return records.find((record, index) => {
    const former = records[index - 1];
    return record !== sorted[index] || (former?.uid === record.uid && former.taskId === record.taskId);
  });
}
