import { readBundle } from "../adapters/journal/bundle-file.ts";
import { openJournalReadOnly } from "../adapters/journal/journal-view.ts";
import { misshape } from "../adapters/journal/record-shape.ts";
import { isDamage, parseLine } from "../core/audit/bundle-lines.ts";
import type { Config } from "../core/model/config.ts";
import { ValidatorError } from "../core/model/fault.ts";
import type { MetagraphSnapshot } from "../core/model/metagraph.ts";
import type { CycleRecord, Header, ScoreSheet, WeightVector } from "../core/model/records.ts";
import type { Roster } from "../core/model/roster.ts";

/** What a weight vector follows from, of one sealed cycle. */
export interface SealedScores {
  readonly header: Header;
  readonly snapshot: MetagraphSnapshot;
  readonly roster: Roster;
  readonly sheet: ScoreSheet;
  readonly vector: WeightVector;
}

/** Of the newest sealed cycle in the data folder, read beside whoever works with it; undefined when there is none. */
export function newestScores(
  { data, netuid, mechid }: Pick<Config, "data" | "netuid" | "mechid">,
  mode: Header["mode"],
): SealedScores | undefined {
  using journal = openJournalReadOnly({ folder: data, mode });
  const found = journal?.mechanisms().find((one) => one.netuid === netuid && one.mechid === mechid);
  const key = found?.last?.key;
  if (journal === undefined || key === undefined) return undefined;
  return scoresIn((kind) => journal.record(key, kind));
}

/**
 * Out of a bundle; it is read and not replayed, `touchstone replay` does that.
 * @throws ValidatorError exit `configuration` for a file that is no bundle.
 */
export async function bundleScores(file: string): Promise<SealedScores> {
  const read = await readBundle(file);
  if (isDamage(read)) throw unreadable(file, read.damage);
  const records = read.map((text, index) => {
    const line = parseLine(text, index + 1);
    if (isDamage(line)) throw unreadable(file, `line ${line.line}: ${line.damage}`);
    const wrong = misshape(line.record);
    if (wrong !== undefined) throw unreadable(file, `line ${index + 1}, ${wrong.field}: ${wrong.problem}`);
    return line.record;
  });
  const scores = scoresIn((kind) => records.find((record) => record.kind === kind));
  if (scores === undefined) throw unreadable(file, "it holds no scores");
  return scores;
}

function scoresIn(find: (kind: CycleRecord["kind"]) => CycleRecord | undefined): SealedScores | undefined {
  const [header, snapshot, roster] = [find("header"), find("snapshot"), find("roster")];
  const [sheet, vector] = [find("score-sheet"), find("weight-vector")];
  if (header?.kind !== "header" || snapshot?.kind !== "snapshot" || roster?.kind !== "roster") return undefined;
  if (sheet?.kind !== "score-sheet" || vector?.kind !== "weight-vector") return undefined;
  return { header, snapshot, roster, sheet, vector };
}

function unreadable(file: string, why: string): ValidatorError {
  return new ValidatorError(`${file} cannot be read as a bundle: ${why}.`, {
    exit: "configuration",
    code: "bundle-unreadable",
    blame: "validator",
    remedy: "Give a sealed bundle of this version; touchstone replay says what is wrong with one.",
  });
}
