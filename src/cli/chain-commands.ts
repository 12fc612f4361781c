import type { Command } from "commander";
import type { CommonOptions } from "./options.ts";
import { outputFor } from "./output.ts";

interface Deps {
  readonly done: (code: number) => void;
  /** Adds the options that all commands with a configuration have. */
  readonly common: (command: Command) => Command;
}

interface Flags {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** The commands that ask the chain, or explain what it said: epoch, explain-error. */
export function chainCommands(program: Command, { done, common }: Deps): void {
  common(program.command("epoch"))
    .description("the subnet's epoch now, and the blocks in which weights are submitted; needs neither wallet nor key")
    .addHelpText("after", "\nExample:\n  touchstone epoch --config touchstone.yaml --json")
    .action(async (options: CommonOptions) => {
      const { epoch } = await import("./epoch.ts");
      done(await epoch(options, outputOf(options)));
    });
  program
    .command("explain-error")
    .description("what an error of the chain, its node, a gateway or this program means, and what to do")
    .argument("<error...>", "its name, its code, or a line of the log")
    .option("--json", "one JSON document as the last line of stdout")
    .option("-q, --quiet", "say nothing")
    .addHelpText("after", EXPLAIN_HELP)
    .action(async (words: readonly string[], options: Flags) => {
      const { explainError } = await import("./explain-error.ts");
      done(explainError(words.join(" "), outputOf(options)));
    });
}

function outputOf(options: Flags): ReturnType<typeof outputFor> {
  return outputFor({ json: options.json === true, quiet: options.quiet === true });
}

const EXPLAIN_HELP = `
Says of each: to do "retry" (the same again in a moment), "wait" (for the next epoch or the end of a limit), "rebuild" (read
the chain again, sign anew; the validator does these three by itself) or "stop" (your hand is needed).

Examples:
  touchstone explain-error SettingWeightsTooFast
  touchstone explain-error SubtensorModule.NeuronNoValidatorPermit --json
  touchstone explain-error "Custom error: 6"
  touchstone explain-error 1014
  touchstone explain-error -32005
  touchstone explain-error exit 66`;
