import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { parentsOf, sheetParents } from "../../src/core/audit/parents.ts";
import { sealBody, sealBodyDigest } from "../../src/core/audit/seal-body.ts";
import { canonicalJson } from "../../src/core/determinism/canonical.ts";
import { recordDigest } from "../../src/core/determinism/digest.ts";
import type { Challenge, Judgement, Response } from "../../src/core/model/answers.ts";
import type { MetagraphSnapshot } from "../../src/core/model/metagraph.ts";
import type {
  CycleRecord,
  Header,
  ScoreSheet,
  Seal,
  Settlement,
  Submission,
  WeightVector,
} from "../../src/core/model/records.ts";
import type { Roster } from "../../src/core/model/roster.ts";
import type { Signer } from "../../src/ports/signer.ts";

/** The records of a bundle by kind, as data that a forger may change; the rest of the file follows from them. */
export interface Records {
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

/** A folder for damaged copies, gone with the test. */
export class Bench implements Disposable {
  readonly dir: string = mkdtempSync(join(tmpdir(), "touchstone-bundles-"));
  #files = 0;

  /** Another file that holds these bytes. */
  file(bytes: Uint8Array): string {
    this.#files += 1;
    const file = join(this.dir, `cycle-${this.#files}.jsonl.zst`);
    writeFileSync(file, bytes);
    return file;
  }

  /** Another file with this text, packed as a bundle is. */
  pack(text: string): string {
    return this.file(zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }));
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export function unpack(file: string): string {
  return zstdDecompressSync(readFileSync(file)).toString("utf8");
}

export function linesOf(file: string): readonly string[] {
  return unpack(file).trimEnd().split("\n");
}

export function recordsOf(file: string): Records {
  const all = linesOf(file).map((line) => (JSON.parse(line) as { readonly record: CycleRecord }).record);
  const of = <K extends CycleRecord["kind"]>(kind: K): readonly Extract<CycleRecord, { kind: K }>[] =>
    all.filter((record): record is Extract<CycleRecord, { kind: K }> => record.kind === kind);
  const one = <K extends CycleRecord["kind"]>(kind: K): Extract<CycleRecord, { kind: K }> => {
    const [found] = of(kind);
    if (found === undefined) throw new Error(`the bundle has no ${kind}`);
    return found;
  };
  return {
    header: one("header"),
    snapshot: one("snapshot"),
    settlement: of("settlement")[0],
    roster: one("roster"),
    challenge: one("challenge"),
    responses: of("response"),
    judgements: of("judgement"),
    sheet: one("score-sheet"),
    vector: one("weight-vector"),
    submission: one("submission"),
    seal: one("seal"),
  };
}

/**
 * The text of a bundle with every digest, parent, root and the signature made right for these records (docs/bundle.md A3, A4,
 * A6): what a forger with the validator's own key can do. Without a signer the old signature stays.
 */
export function resealed(records: Records, signer?: Signer): string {
  const header: Header = { ...records.header, parents: [] };
  const snapshot = { ...records.snapshot, parents: parentsOf(header) };
  const roster = { ...records.roster, parents: parentsOf(snapshot) };
  const challenge = { ...records.challenge, parents: parentsOf(roster) };
  const responses = records.responses.map((response) => ({ ...response, parents: parentsOf(challenge) }));
  const judgements = records.judgements.map((judgement) => ({
    ...judgement,
    parents: parentsOf(...responses.filter(({ uid, taskId }) => uid === judgement.uid && taskId === judgement.taskId)),
  }));
  const sheet = { ...records.sheet, parents: sheetParents(challenge, responses, judgements) };
  const vector = { ...records.vector, parents: parentsOf(sheet) };
  const submission = { ...records.submission, parents: parentsOf(vector) };
  const settled = records.settlement === undefined ? [] : [{ ...records.settlement, parents: parentsOf(snapshot) }];
  const before = [
    header,
    snapshot,
    ...settled,
    roster,
    challenge,
    ...responses,
    ...judgements,
    sheet,
    vector,
    submission,
  ];
  const { previousSeal, secret, spend, hotkey, cryptoType, signature } = records.seal;
  const body = sealBody({ records: before, submission, previousSeal, secret, spend, hotkey, cryptoType });
  const signed = signer?.sign({ kind: "seal", digest: sealBodyDigest(body) }) ?? signature;
  const seal: Seal = { ...body, signature: signed };
  return [...before, seal].map((record) => `${canonicalJson({ digest: recordDigest(record), record })}\n`).join("");
}

/** The list with the first item of this kind replaced. */
export function replaced<T>(list: readonly T[], is: (item: T) => boolean, by: (item: T) => T): readonly T[] {
  const index = list.findIndex(is);
  const item = list[index];
  if (item === undefined) throw new Error("there is nothing to forge");
  return list.with(index, by(item));
}
