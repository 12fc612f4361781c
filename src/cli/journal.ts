import { exportJournal } from "../adapters/journal/journal-export.ts";
import { importJournal } from "../adapters/journal/journal-import.ts";
import { loadConfig } from "../adapters/system/config.ts";
import { EXIT_CODES } from "../core/model/fault.ts";
import type { JournalExportShape, JournalImportShape } from "./operator-types.ts";
import { type CommonOptions, overridesOf } from "./options.ts";
import type { Output } from "./output.ts";

/** Takes the journal out of the data folder, to go on with it on another host. */
export function journalExport(
  file: string,
  options: CommonOptions & { readonly keep?: boolean },
  output: Output,
): number {
  const shape: JournalExportShape = exportJournal(dataOf(options), file, {
    keep: options.keep === true,
    now: Date.now(),
  });
  output.say(`${shape.file}: ${shape.cycles} cycles, ${shape.bytes} bytes; it holds cycle secrets, keep it as one`);
  output.say(
    shape.moved
      ? "Nothing runs on this data folder any more. On the other host: touchstone journal import, then run."
      : "A copy for safe keeping: the validator goes on here. Never run the copy beside it.",
  );
  output.document(shape);
  return EXIT_CODES.done;
}

export function journalImport(file: string, options: CommonOptions, output: Output): number {
  const data = dataOf(options);
  const shape: JournalImportShape = { data, ...importJournal(data, file) };
  output.say(`${data}: ${shape.cycles} cycles; the validator goes on from here`);
  for (const { netuid, mechid, epoch, claimed } of shape.open) {
    const claim = claimed
      ? "its weights are decided, and settled on chain before anything is signed"
      : "nothing was signed";
    output.say(`  open: subnet ${netuid}, mechanism ${mechid}, epoch ${epoch}; ${claim}`);
  }
  output.document(shape);
  return EXIT_CODES.done;
}

function dataOf(options: CommonOptions): string {
  return loadConfig({ file: options.config, env: process.env, overrides: overridesOf(options) }).data;
}
