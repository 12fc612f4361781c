import { claimedChutes } from "../challenge/roster.ts";
import { textDigest } from "../determinism/digest.ts";
import type { Pack } from "../model/pack.ts";
import type { CycleRecord } from "../model/records.ts";
import { type BundleDamage, type BundleLine, isDamage } from "./bundle-lines.ts";
import { type BundleRecords, bundleRecords } from "./bundle-order.ts";
import {
  deriveChallenge,
  deriveJudgement,
  deriveRoster,
  deriveSheet,
  deriveVector,
  deriveVerdict,
  type Premises,
} from "./derive.ts";
import { firstDifference } from "./difference.ts";
import { parentsOf } from "./parents.ts";
import { checkSnapshot, checkSubmission } from "./replay-inputs.ts";
import { type BundleVerdict, type ReplayMismatch, shown } from "./replay-result.ts";
import { checkSeal, type SealCheck } from "./replay-seal.ts";

export interface ReplayTools {
  /** The pack of this id and version, or undefined when this program does not have it. */
  readonly pack: (id: string, version: number) => Pack | undefined;
  /** Why a record is not of the shape its kind has, by field; undefined when it is. */
  readonly shape: (record: CycleRecord) => { readonly field: string; readonly problem: string } | undefined;
  readonly verifySeal: SealCheck;
}

type Finding = { readonly record: CycleRecord; readonly difference: ReturnType<typeof firstDifference> };

/**
 * Re-derives a whole bundle from its recorded inputs: every record that follows from others is made anew and compared, no
 * stored digest is believed (DESIGN promise 3). Total over whatever `parseLine` accepts.
 */
export function replayBundle(lines: readonly (BundleLine | BundleDamage)[], tools: ReplayTools): BundleVerdict {
  const damage = lines.find(isDamage);
  if (damage !== undefined) return unread(fileMismatch(damage.line - 1, "an undamaged file", damage.damage));
  const whole = lines as readonly BundleLine[];
  const misshapen = firstMisshapen(whole, tools);
  if (misshapen !== undefined) return unread(misshapen);
  const records = bundleRecords(whole.map((line) => line.record));
  if ("problem" in records) return unread(fileMismatch(records.index, "the order of docs/bundle.md", records.problem));
  return replayRecords(records, whole, tools);
}

function replayRecords(bundle: BundleRecords, lines: readonly BundleLine[], tools: ReplayTools): BundleVerdict {
  const { header, seal, sheet } = bundle;
  const { netuid, mechid, epoch } = header;
  const place = { netuid, mechid, epoch };
  const link = {
    ...place,
    seal: lines.at(-1)?.digest ?? seal.merkleRoot,
    previousSeal: seal.previousSeal,
    before: sheet.before,
    after: sheet.after,
  };
  const pack = tools.pack(header.pack.id, header.pack.version);
  const sealed = checkSeal(bundle, tools.verifySeal);
  if (pack === undefined) return { ...place, result: "cannot-check", signature: sealed.signature, link };
  const finding = firstFinding(bundle, pack) ?? sealed.finding;
  if (finding?.difference === undefined) return { ...place, result: "verified", signature: sealed.signature, link };
  const first = mismatchOf(bundle, finding);
  return { ...place, result: "mismatch", signature: sealed.signature, first, link };
}

/** The checks in the order of the records; the first that fails is named. */
function firstFinding(bundle: BundleRecords, pack: Pack): Finding | undefined {
  const { header, snapshot, roster, challenge, sheet, vector, submission } = bundle;
  const premises: Premises = { header, snapshot, pack, secret: bundle.seal.secret };
  const checks: readonly (() => Finding | undefined)[] = [
    () => compare(header, { ...header, parents: [], pack: pack.manifest }),
    () => checkSnapshot(header, snapshot),
    () => rosterFinding(premises, bundle),
    () => compare(challenge, deriveChallenge(premises, roster)),
    () => responseFinding(bundle),
    () => judgementFinding(premises, bundle),
    () => compare(sheet, deriveSheet(premises, roster, { ...bundle, before: sheet.before })),
    () => compare(vector, deriveVector(premises, roster, sheet)),
    () => checkSubmission(header, vector, submission),
  ];
  for (const check of checks) {
    const finding = check();
    if (finding !== undefined) return finding;
  }
  return undefined;
}

function rosterFinding(premises: Premises, { header, snapshot, roster }: BundleRecords): Finding | undefined {
  const asked = roster.chutes.map((chute) => chute.chuteId);
  const due = claimedChutes(snapshot, header.hotkey);
  const difference = firstDifference(due, asked, "chutes");
  if (difference !== undefined) return { record: roster, difference };
  return compare(roster, deriveRoster(premises, roster.chutes));
}

/** Exactly one response for every eligible miner and task; an answer's digest is that of its text. */
function responseFinding({ roster, challenge, responses }: BundleRecords): Finding | undefined {
  const uids = roster.entries.filter((entry) => entry.eligible).map((entry) => entry.uid);
  const due = uids.flatMap((uid) => challenge.tasks.map((task) => ({ uid, taskId: task.id })));
  const parents = parentsOf(challenge);
  for (const [index, { uid, taskId }] of due.entries()) {
    const response = responses[index];
    if (response === undefined) {
      return {
        record: challenge,
        difference: { field: `response ${uid}/${taskId}`, expected: "a response", found: undefined },
      };
    }
    const { outcome } = response;
    const expected = { ...response, parents, uid, taskId };
    const finding = compare(
      response,
      outcome.answered ? { ...expected, outcome: { ...outcome, textDigest: textDigest(outcome.text) } } : expected,
    );
    if (finding !== undefined) return finding;
  }
  const extra = responses[due.length];
  return (
    extra && { record: extra, difference: { field: "", expected: undefined, found: "a response nobody asked for" } }
  );
}

/** Exactly one judgement for every answer, and what it says follows from answer and judge output. */
function judgementFinding(premises: Premises, bundle: BundleRecords): Finding | undefined {
  const { challenge, responses, judgements } = bundle;
  const tasks = new Map(challenge.tasks.map((task) => [task.id, task]));
  let at = 0;
  for (const response of responses) {
    const task = tasks.get(response.taskId);
    if (!response.outcome.answered || task === undefined) continue;
    const judgement = judgements[at];
    at += 1;
    if (judgement === undefined) {
      return { record: response, difference: { field: "judgement", expected: "a judgement", found: undefined } };
    }
    const judged = { challenge, task, response, answer: response.outcome };
    const derived =
      task.channel === "verifiable"
        ? deriveVerdict(premises, judged)
        : deriveJudgement(premises, judged, judgement.attempts);
    const finding = compare(judgement, derived);
    if (finding !== undefined) return finding;
  }
  const extra = judgements[at];
  return extra && { record: extra, difference: { field: "", expected: undefined, found: "a judgement of no answer" } };
}

function compare<T extends CycleRecord>(found: T, expected: T): Finding | undefined {
  const difference = firstDifference(expected, found);
  return difference && { record: found, difference };
}

function firstMisshapen(lines: readonly BundleLine[], { shape }: ReplayTools): ReplayMismatch | undefined {
  for (const [index, { record, digest, stated }] of lines.entries()) {
    const wrong = shape(record);
    if (wrong !== undefined) {
      return { record: record.kind, index, field: wrong.field, expected: wrong.problem, found: "something else" };
    }
    if (digest !== stated) return { record: record.kind, index, field: "digest", expected: digest, found: stated };
  }
  return undefined;
}

function mismatchOf({ all }: BundleRecords, { record, difference }: Finding): ReplayMismatch {
  return {
    record: record.kind,
    index: all.indexOf(record),
    field: difference?.field ?? "",
    expected: shown(difference?.expected),
    found: shown(difference?.found),
  };
}

function fileMismatch(index: number, expected: string, found: string): ReplayMismatch {
  return { record: "file", index: Math.max(0, index), field: "", expected, found };
}

function unread(first: ReplayMismatch): BundleVerdict {
  return { netuid: null, mechid: null, epoch: null, result: "mismatch", signature: "absent", first };
}
