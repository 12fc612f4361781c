import { claimedChutes } from "../challenge/roster.ts";
import type { Pack } from "../model/pack.ts";
import type { CycleRecord } from "../model/records.ts";
import { type BundleDamage, type BundleLine, isDamage } from "./bundle-lines.ts";
import { type BundleRecords, bundleRecords } from "./bundle-order.ts";
import { deriveChallenge, deriveRoster, deriveSheet, deriveVector, type Premises } from "./derive.ts";
import { firstDifference } from "./difference.ts";
import { compare, type Finding, guarded } from "./finding.ts";
import { rememberDigest } from "./record-digests.ts";
import { judgementFinding, questionsFinding, responseFinding } from "./replay-answers.ts";
import { checkSnapshot } from "./replay-inputs.ts";
import { type BundleVerdict, type ReplayMismatch, shown } from "./replay-result.ts";
import { checkSeal, type SealCheck } from "./replay-seal.ts";
import { checkSubmission } from "./replay-submission.ts";
import { checkSettlement, ownRow, sentOf } from "./settlement.ts";

export interface ReplayTools {
  /** The pack of this id and version, or undefined when this program does not have it. */
  readonly pack: (id: string, version: number) => Pack | undefined;
  /** Why a record is not of the shape its kind has, by field; undefined when it is. */
  readonly shape: (record: CycleRecord) => { readonly field: string; readonly problem: string } | undefined;
  readonly verifySeal: SealCheck;
}

/**
 * Re-derives a whole bundle from its recorded inputs: every record that follows from others is made anew and compared, no
 * stored digest is believed (DESIGN promise 3). Total over whatever `parseLine` accepts. The lines are gone through once, and
 * those behind a misshapen one are not kept, so that a hostile file does not fill the memory.
 */
export function replayBundle(lines: Iterable<BundleLine | BundleDamage>, tools: ReplayTools): BundleVerdict {
  const whole: BundleLine[] = [];
  let misshapen: ReplayMismatch | undefined;
  for (const line of lines) {
    if (isDamage(line)) return unread(fileMismatch(line.line - 1, "an undamaged file", line.damage));
    misshapen ??= misshape(line, whole.length, tools);
    if (misshapen !== undefined) continue;
    rememberDigest(line.record, line.digest);
    whole.push(line);
  }
  if (misshapen !== undefined) return unread(misshapen);
  const records = bundleRecords(whole.map((line) => line.record));
  if ("problem" in records) return unread(fileMismatch(records.index, "the order of docs/bundle.md", records.problem));
  return replayRecords(records, whole, tools);
}

function replayRecords(bundle: BundleRecords, lines: readonly BundleLine[], tools: ReplayTools): BundleVerdict {
  const { header, seal, settlement, sheet, snapshot, submission, vector } = bundle;
  const { genesis, netuid, mechid, epoch, hotkey } = header;
  const place = { netuid, mechid, epoch };
  const link = {
    ...place,
    genesis,
    hotkey,
    seal: lines.at(-1)?.digest ?? seal.merkleRoot,
    previousSeal: seal.previousSeal,
    before: sheet.before,
    after: sheet.after,
    revealPeriod: snapshot.hyperparameters.commitRevealPeriod,
    sent: sentOf(epoch, submission, vector, settlement),
    settlement: settlement ?? null,
    ownRow: ownRow(header, snapshot),
  };
  const pack = tools.pack(header.pack.id, header.pack.version);
  const { signature, finding: unsealed } = checkSeal(bundle, tools.verifySeal);
  const finding =
    pack === undefined ? compare(header, { ...header, parents: [] }) : (firstFinding(bundle, pack) ?? unsealed);
  if (finding !== undefined) {
    return { ...place, result: "mismatch", signature, first: mismatchOf(bundle, finding), link };
  }
  return { ...place, result: pack === undefined ? "cannot-check" : "verified", signature, link };
}

/** The checks in the order of the records; the first that fails is named. */
function firstFinding(bundle: BundleRecords, pack: Pack): Finding | undefined {
  const { header, snapshot, roster, challenge, sheet, vector, submission } = bundle;
  const premises: Premises = { header, snapshot, pack, secret: bundle.seal.secret };
  const checks: readonly (readonly [CycleRecord, () => Finding | undefined])[] = [
    [header, () => compare(header, { ...header, parents: [], pack: pack.manifest })],
    [snapshot, () => checkSnapshot(header, snapshot)],
    [bundle.settlement ?? snapshot, () => checkSettlement(header, snapshot, bundle.settlement)],
    [roster, () => rosterFinding(premises, bundle)],
    [challenge, () => compare(challenge, deriveChallenge(premises, roster))],
    [challenge, () => questionsFinding(bundle)],
    [challenge, () => responseFinding(bundle)],
    [challenge, () => judgementFinding(premises, bundle)],
    [sheet, () => compare(sheet, deriveSheet(premises, roster, { ...bundle, before: sheet.before }))],
    [vector, () => compare(vector, deriveVector(premises, roster, sheet))],
    [submission, () => checkSubmission(header, vector, submission)],
  ];
  for (const [record, check] of checks) {
    const finding = guarded(record, check);
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

function misshape(
  { record, digest, stated }: BundleLine,
  index: number,
  { shape }: ReplayTools,
): ReplayMismatch | undefined {
  const wrong = shape(record);
  if (wrong !== undefined) {
    const { field, problem } = wrong;
    return { record: record.kind, index, field: shown(field), expected: shown(problem), found: "something else" };
  }
  if (digest === stated) return undefined;
  return { record: record.kind, index, field: "digest", expected: digest, found: stated };
}

function mismatchOf({ all }: BundleRecords, { record, difference }: Finding): ReplayMismatch {
  return {
    record: record.kind,
    index: all.indexOf(record),
    field: shown(difference.field),
    expected: shown(difference.expected),
    found: shown(difference.found),
  };
}

function fileMismatch(index: number, expected: string, found: string): ReplayMismatch {
  return { record: "file", index: Math.max(0, index), field: "", expected, found: shown(found) };
}

function unread(first: ReplayMismatch): BundleVerdict {
  return { netuid: null, mechid: null, epoch: null, result: "mismatch", signature: "absent", first };
}
