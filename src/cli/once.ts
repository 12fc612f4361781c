import { readBundle } from "../adapters/journal/bundle-file.ts";
import { runCycle } from "../application/cycle.ts";
import { drainable } from "../application/drain.ts";
import { isDamage, parseLine } from "../core/audit/bundle-lines.ts";
import { EXIT_CODES, ValidatorError } from "../core/model/fault.ts";
import type { CycleRecord, Submission } from "../core/model/records.ts";
import type { SealedCycle } from "../ports/journal.ts";
import { compose } from "./compose.ts";
import { dryRunReport, onceReport } from "./cycle-report.ts";
import { dryRunPreview } from "./dry-run-preview.ts";
import { submissionLine } from "./epoch-line.ts";
import { untilDrained } from "./lifecycle.ts";
import type { DryRunShape, OnceShape } from "./machine-types.ts";
import type { CommonOptions } from "./options.ts";
import { faultError, type Output } from "./output.ts";

/**
 * One cycle of the current epoch, with the hotkey. Exit 1 when the chain refused the weights, 70 when it could not be reached;
 * what an earlier run recorded is an answer, whatever it says.
 */
export async function once(options: CommonOptions, output: Output): Promise<number> {
  const { records, seal, bundle, fresh } = await cycleOf("once", options);
  const report = onceReport(records, { seal, bundle });
  for (const line of summary(report)) output.say(line);
  output.document(report);
  return fresh ? exitCode(records) : EXIT_CODES.done;
}

/** The same without a key; a difference to the chain is an answer, not an error. */
export async function dryRun(options: CommonOptions, output: Output): Promise<number> {
  const { records, seal, bundle } = await cycleOf("dry-run", options);
  const report = dryRunReport(records, { seal, bundle });
  for (const line of [...summary(report), ...differenceLines(report)]) output.say(line);
  if (!output.json && !output.quiet) for (const line of await dryRunPreview(options, records)) output.say(line);
  output.document(report);
  return EXIT_CODES.done;
}

interface Sealed {
  readonly records: readonly CycleRecord[];
  readonly seal: string;
  readonly bundle: string;
  /** False when an earlier run of this epoch sealed it. */
  readonly fresh: boolean;
}

async function cycleOf(mode: "once" | "dry-run", options: CommonOptions): Promise<Sealed> {
  using ending = untilDrained();
  await using composition = await compose(mode, options, ending.drain);
  const result = await runCycle(drainable(composition.ports, ending), composition.settings, ending.signal);
  switch (result.kind) {
    case "fault":
      throw faultError(result.fault);
    case "recorded":
      process.stderr.write("This epoch was sealed before; nothing was asked or sent, this is what was recorded.\n");
      return await recorded(result.cycle);
    case "sealed":
      return { ...result, fresh: true };
  }
}

/** What an earlier run of this epoch sealed, read from its bundle. */
async function recorded({ bundle, seal }: SealedCycle): Promise<Sealed> {
  const read = await readBundle(bundle);
  const lines = isDamage(read) ? [read] : read.map((line, index) => parseLine(line, index + 1));
  const damage = lines.find(isDamage);
  if (damage !== undefined) throw damaged(`in line ${damage.line}: ${damage.damage}`);
  const whole = lines.flatMap((line) => (isDamage(line) ? [] : [line]));
  if (whole.at(-1)?.digest !== seal) throw damaged("at its end: the seal is not the one that was made");
  const changed = whole.findIndex(({ digest, stated }) => digest !== stated);
  if (changed !== -1) throw damaged(`in line ${changed + 1}: the record is not the one that was written`);
  return { records: whole.map(({ record }) => record), seal, bundle, fresh: false };
}

function damaged(where: string): ValidatorError {
  return new ValidatorError(`The bundle of this epoch is damaged ${where}.`, {
    exit: "journal",
    code: "bundle-damaged",
    blame: "validator",
    remedy: "Restore the file from a copy; the epoch was sealed and is not run again.",
  });
}

function exitCode(records: readonly CycleRecord[]): number {
  const submission = records.find((record): record is Submission => record.kind === "submission");
  if (submission === undefined || submission.fault === null) return EXIT_CODES.done;
  // An accepted commit that is filed late, or could not be read back, is not refused.
  if (
    submission.submission === "timelocked" &&
    submission.block !== null &&
    submission.fault.code !== "chain-refused"
  ) {
    return EXIT_CODES.done;
  }
  return submission.fault.code === "chain-unreachable" ? EXIT_CODES.internal : EXIT_CODES.difference;
}

function summary({ epoch, block, miners, submission, bundle, spend }: OnceShape): readonly string[] {
  const ranked = miners.filter((miner) => miner.score !== null).toSorted((a, b) => (b.score ?? 0) - (a.score ?? 0));
  return [
    `epoch ${epoch}, observed at block ${block}: ${ranked.length} of ${miners.length} miners scored, ${spend.requests} requests, ${spend.microUsd} micro-USD`,
    ...ranked
      .slice(0, 5)
      .map(
        (m) =>
          `  uid ${m.uid}: ${m.score?.toFixed(3)} ± ${(m.stderr ?? 0).toFixed(3)}, ${m.answered} answered, ${m.missed} missed`,
      ),
    `weights: ${submissionLine(submission)}`,
    `bundle: ${bundle}`,
  ];
}

function differenceLines({ difference, chain }: DryRunShape): readonly string[] {
  if (chain.uids.length === 0) return ["there is no row on chain to compare with"];
  if (difference.length === 0) return ["our vector is the one on chain"];
  return difference.map(({ uid, ours, chain: theirs }) => `  uid ${uid}: ours ${ours}, on chain ${theirs}`);
}
