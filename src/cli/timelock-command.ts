import { type Command, InvalidArgumentError } from "commander";
import { outputFor } from "./output.ts";
import type { TimelockFlags } from "./timelock.ts";

type Options = TimelockFlags & { readonly json?: boolean; readonly quiet?: boolean };

/** `timelock open`: needs neither configuration nor network. */
export function timelockCommand(program: Command, done: (code: number) => void): void {
  program
    .command("timelock")
    .description("timelocked weight commits")
    .command("open")
    .description("what a timelocked weight commit hides, with the signature of its round; exit 1 when it does not open")
    .argument("<commit>", "the commit in hexadecimal, or a file with it")
    .option("--signature <hex>", "drand quicknet's signature of the commit's round, 48 bytes")
    .option("--round <n>", "the commit's round: says where its signature is, and checks a given one", roundNumber)
    .option("--json", "one JSON document on stdout")
    .option("-q, --quiet", "say nothing")
    .addHelpText("after", HELP)
    .action(async (commit: string, options: Options) => {
      const { timelockOpen } = await import("./timelock.ts");
      const output = outputFor({ json: options.json === true, quiet: options.quiet === true });
      done(timelockOpen(commit, options, output));
    });
}

/** Twelve digits at most: more would be a time that no calendar has. */
function roundNumber(text: string): number {
  if (!/^[1-9][0-9]{0,11}$/.test(text)) throw new InvalidArgumentError("It must be a whole number above 0.");
  return Number(text);
}

const HELP = `
A commit does not name its round; the call and the event TimelockedWeightsCommitted do. Without --signature it says where
the signature is, and when it is or was to come.
Exit 64: no signature given, or words that cannot be read. Exit 1: the bytes are no commit, or it does not open.

Examples:
  touchstone timelock open commit.hex --round 30668812
  touchstone timelock open commit.hex --round 30668812 --signature b7e15d21… --json`;
