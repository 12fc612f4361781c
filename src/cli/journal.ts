import { exportJournal } from "../adapters/journal/journal-export.ts";
import { importJournal } from "../adapters/journal/journal-import.ts";
import { loadConfig } from "../adapters/system/config.ts";
import type { Config } from "../core/model/config.ts";
import { EXIT_CODES } from "../core/model/fault.ts";
import { publicHotkey } from "./hotkey.ts";
import type { JournalExportShape, JournalImportShape } from "./operator-types.ts";
import { type CommonOptions, overridesOf } from "./options.ts";
import { type Output, printable } from "./output.ts";

/** Takes the journal out of the data folder, to go on with it on another host. */
export function journalExport(
  file: string,
  options: CommonOptions & { readonly keep?: boolean },
  output: Output,
): number {
  const shape: JournalExportShape = exportJournal(configOf(options).data, file, {
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

export async function journalImport(file: string, options: CommonOptions, output: Output): Promise<number> {
  const { data, wallet } = configOf(options);
  const { cycles, open, hotkey } = importJournal(data, file);
  const configured = wallet === null ? null : await publicHotkey(wallet);
  const warnings = hotkey !== null && configured !== null && configured !== hotkey ? [other(hotkey, configured)] : [];
  const shape: JournalImportShape = { data, cycles, open, hotkey: { journal: hotkey, configured }, warnings };
  output.say(`${data}: ${cycles} cycles; the validator goes on from here`);
  for (const { netuid, mechid, epoch, claimed } of open) {
    const claim = claimed
      ? "its weights are decided, and settled on chain before anything is signed"
      : "nothing was signed";
    output.say(`  open: subnet ${netuid}, mechanism ${mechid}, epoch ${epoch}; ${claim}`);
  }
  for (const { message, remedy } of warnings) process.stderr.write(`${printable(`${message} ${remedy}`)}\n`);
  output.document(shape);
  return EXIT_CODES.done;
}

/** No refusal: an operator may change the hotkey, and its first start begins as on an empty journal. */
function other(journal: string, configured: string): JournalImportShape["warnings"][number] {
  return {
    code: "another-hotkey",
    message: `The journal was written with the hotkey ${journal}, and the configured wallet holds ${configured}: what the journal knows of own updates on chain is the former's, a doppelganger of the latter is told only by what is set from now on, and a cycle that the former began is not finished by the latter.`,
    remedy:
      "If that is not what you want, correct wallet (or --wallet, --wallet-hotkey, --wallet-path) before you start.",
  };
}

function configOf(options: CommonOptions): Config {
  return loadConfig({ file: options.config, env: process.env, overrides: overridesOf(options) });
}
