import type { Command } from "commander";
import type { CommonOptions } from "./options.ts";
import { type Output, outputFor } from "./output.ts";

interface Deps {
  readonly done: (code: number) => void;
  /** Adds the options that all commands with a configuration have. */
  readonly common: (command: Command) => Command;
}

/** The commands around the data folder: pause, resume, journal export, journal import. */
export function operatorCommands(program: Command, { done, common }: Deps): void {
  common(program.command("pause"))
    .description("send no weights until resume; asking, judging and scoring go on. Heard by a running validator, too")
    .option("--reason <text>", "why, for status and log; stays on this machine")
    .addHelpText("after", PAUSE_HELP)
    .action(async (options: CommonOptions & { readonly reason?: string }) => {
      const { pauseSubmissions } = await import("./pause.ts");
      done(pauseSubmissions(options, outputOf(options)));
    });
  common(program.command("resume"))
    .description("send weights again, after pause")
    .addHelpText("after", RESUME_HELP)
    .action(async (options: CommonOptions) => {
      const { resumeSubmissions } = await import("./pause.ts");
      done(resumeSubmissions(options, outputOf(options)));
    });
  const journal = program.command("journal").description("take the journal to another host: export, import");
  common(journal.command("export"))
    .description("write the journal to one file and mark the data folder as moved away")
    .argument("<file>", "the file to write; it must not exist")
    .option("--keep", "a copy for safe keeping: the data folder stays in use; such a copy is not to be run beside it")
    .addHelpText("after", EXPORT_HELP)
    .action(async (file: string, options: CommonOptions & { readonly keep?: boolean }) => {
      const { journalExport } = await import("./journal.ts");
      done(journalExport(file, options, outputOf(options)));
    });
  common(journal.command("import"))
    .description("make an exported journal that of the data folder, which is empty or was moved away")
    .argument("<file>", "the file that journal export wrote")
    .addHelpText("after", IMPORT_HELP)
    .action(async (file: string, options: CommonOptions) => {
      const { journalImport } = await import("./journal.ts");
      done(await journalImport(file, options, outputOf(options)));
    });
}

function outputOf(options: { readonly json?: boolean; readonly quiet?: boolean }): Output {
  return outputFor({ json: options.json === true, quiet: options.quiet === true });
}

const PAUSE_HELP = `
Holds for the data folder until resume, also over a restart. Weights on chain stay; a commit that was made is still revealed. An owner
asks for it before the subnet's mode is switched: the chain refuses that while commits are pending.
Exit codes: 0 paused (also when it was before), 64 configuration or usage, 69 the data folder cannot be written.

Examples:
  touchstone pause --reason "the owner switches the mode tonight"
  touchstone pause --config touchstone.yaml --json`;

const RESUME_HELP = `
Exit codes: 0 not paused any more (also when it was not), 64 configuration or usage, 69 the data folder cannot be written.

Example:
  touchstone resume --config touchstone.yaml --json`;

const EXPORT_HELP = `
Stop the validator first. The file holds all that the validator knows of its open and recent cycles: claims, steps, own updates, and the
secrets of cycles that are not sealed. Treat it as a secret (it has mode 0600) and delete it once it was imported. Bundles are not in it: copy
the folder "bundles" separately; the chain of seals goes on without them.
Afterwards run and once on this data folder end with exit 71 (moved-away), until a journal is imported there again.
Exit codes: 0 written, 64 usage, no journal, or the file exists, 68 a process works with the data folder, 69 journal damaged or disk full.

Examples:
  touchstone journal export validator.journal
  touchstone journal export backup.journal --keep --json`;

const IMPORT_HELP = `
Then start the validator: it knows what was claimed, settles what was under way by looking at the chain, and signs nothing twice.
It warns when the configured wallet's hotkey is not the one with which the journal was written. Nothing that the data folder has is taken away.
Exit codes: 0 imported, 64 usage or no such file, 68 a process works with the data folder, 69 the file is damaged, foreign or of a newer
version, it is older than what was moved away from here, or the data folder has a journal with cycles already.

Example:
  touchstone journal import validator.journal --config touchstone.yaml`;
