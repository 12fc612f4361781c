import { type Command, InvalidArgumentError } from "commander";
import { outputFor } from "./output.ts";
import type { WhatifFlags } from "./whatif.ts";

interface Deps {
  readonly done: (code: number) => void;
  /** Adds the options that all commands with a configuration have. */
  readonly common: (command: Command) => Command;
}

/** `whatif`: needs the chain, and neither key nor Chutes. */
export function whatifCommand(program: Command, { done, common }: Deps): void {
  common(program.command("whatif"))
    .description("what another policy or vector would do in the next epoch: incentives, clipping, trust; sends nothing")
    .argument("[bundle]", "scores of this bundle instead of the newest sealed cycle's")
    .option("--policy <name>", "weight policy: softmax")
    .option("--temperature <t>", "its temperature, above 0", positive)
    .option("--weights <file>", 'a vector instead of a policy: {"uids":[],"values":[]}')
    .option("--as <ss58>", "in whose place; the scores' validator unless told")
    .option("--dry-run", "the newest sealed cycle of dry-run")
    .addHelpText("after", HELP)
    .action(async (bundle: string | undefined, options: WhatifFlags) => {
      const { whatif } = await import("./whatif.ts");
      const output = outputFor({ json: options.json === true, quiet: options.quiet === true });
      done(await whatif(bundle, options, output));
    });
}

function positive(text: string): number {
  const value = /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError("It must be a number above 0, e.g. 0.2.");
  return value;
}

const HELP = `
Compares two vectors with the row that stands on chain: the recorded one of the newest sealed cycle, and the one that the same
scores give under the policy named here. Incentives are those of the next epoch, everybody else's weights left as they are.

Examples:
  touchstone whatif --temperature 0.2
  touchstone whatif data/bundles/cycle-7-0-412.jsonl.zst --policy softmax --temperature 1 --json
  touchstone whatif --weights vector.json --as 5F3sa2TJAWMqDhXG6jhV4N8ko9SxwGy8TpaNS1repo5EYjQX`;
