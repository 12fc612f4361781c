import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { EXIT_CODES } from "../core/model/fault.ts";
import { chainCommands } from "./chain-commands.ts";
import { operatorCommands } from "./operator-commands.ts";
import type { CommonOptions, LocalnetFlags } from "./options.ts";
import { errorDocument, outputFor, reportError } from "./output.ts";
import { setupCommands } from "./setup-commands.ts";
import { timelockCommand } from "./timelock-command.ts";
import { VERSION } from "./version.ts";
import { whatifCommand } from "./whatif-command.ts";

/** Runs the command line and returns the exit code of DESIGN §5. Rooms are loaded by the command that needs them. */
export async function main(args: readonly string[]): Promise<number> {
  let code: number = EXIT_CODES.done;
  const program = build((result) => {
    code = result;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    const json = args.includes("--json");
    return error instanceof CommanderError ? usage(error, json) : reportError(error, json);
  }
}

/** What nobody caught: said like any other error, as the last line (DESIGN §5). */
export function abandon(args: readonly string[], error: unknown): number {
  return reportError(error, args.includes("--json"));
}

/** commander has already said on stderr what is wrong with the words of the command; help and version are no errors. */
function usage({ exitCode, message }: CommanderError, json: boolean): number {
  if (exitCode === 0) return EXIT_CODES.done;
  const sentence = message.replace(/^error: /, "").replaceAll("\n", " ");
  const remedy = "Run touchstone --help, or the command with --help, to see what there is.";
  errorDocument({ code: "usage", message: sentence, blame: "validator", remedy }, json);
  return EXIT_CODES.configuration;
}

type Done = (code: number) => void;

function build(done: Done): Command {
  const program = new Command("touchstone")
    .description("A Bittensor subnet validator for subnets whose miners deploy their models on Chutes (SN64).")
    .version(VERSION)
    .exitOverride()
    .showSuggestionAfterError(true)
    .addHelpText("after", EXIT_HELP);
  setupCommands(program, { done, common });
  operatorCommands(program, { done, common });
  cycleCommands(program, done);
  chainCommands(program, { done, common });
  whatifCommand(program, { done, common });
  auditCommands(program, done);
  timelockCommand(program, done);
  localnetCommand(program, done);
  return program;
}

function cycleCommands(program: Command, done: Done): void {
  signing(program.command("once"))
    .description("run the current epoch's cycle at once: observe, ask, judge, score, set weights, seal")
    .addHelpText("after", "\nExample:\n  touchstone once --config touchstone.yaml --json")
    .action(async (options: CommonOptions) => {
      const { once } = await import("./once.ts");
      done(await once(options, outputOf(options)));
    });
  signing(program.command("run"))
    .description("a cycle in every epoch, until it is stopped: the validator as a service")
    .addHelpText("after", RUN_HELP)
    .action(async (options: CommonOptions) => {
      const { run } = await import("./run.ts");
      done(await run(options, outputOf(options)));
    });
  common(program.command("dry-run"))
    .description("the same cycle without a wallet and without sending anything; shows the difference to the chain")
    .option("--loop", "go on with every epoch until it is stopped: a shadow of a live validator, one line an epoch")
    .addHelpText("after", DRY_RUN_HELP)
    .action(async ({ loop, ...options }: CommonOptions & { readonly loop?: boolean }) => {
      const output = outputOf(options);
      if (loop === true) done(await (await import("./run.ts")).dryRunLoop(options, output));
      else done(await (await import("./once.ts")).dryRun(options, output));
    });
}

function auditCommands(program: Command, done: Done): void {
  program
    .command("replay")
    .description(
      "re-derive sealed bundles from their contents, offline and without a key; exit 1 when something does not follow",
    )
    .argument("<bundle...>", "bundle files, oldest first: epoch 9 before epoch 10")
    .option("--json", "one JSON document on stdout")
    .option("-q, --quiet", "say nothing")
    .addHelpText("after", "\nExample:\n  touchstone replay $(ls -v data/bundles/*.jsonl.zst) --json")
    .action(async (bundles: string[], options: { json?: boolean; quiet?: boolean }) => {
      const { replay } = await import("./replay.ts");
      done(await replay(bundles, outputOf(options)));
    });
  program
    .command("schema")
    .description(
      "print the JSON Schema of a document of the machine interface; run has that of once, start is npm start",
    )
    .argument(
      "<name>",
      "config (touchstone.yaml), effective-config, init, status, pause, journal-export, journal-import, wallet, epoch, whatif, explain-error, once, dry-run, replay, timelock, localnet, start or error",
    )
    .option("--json", "on one line")
    .addHelpText("after", "\nExample:\n  touchstone schema once")
    .action(async (name: string, options: { json?: boolean }) => {
      const { schema } = await import("./schema.ts");
      process.stdout.write(`${JSON.stringify(schema(name), null, options.json === true ? 0 : 2)}\n`);
    });
}

function localnetCommand(program: Command, done: Done): void {
  program
    .command("localnet")
    .description("a simulated subtensor node and a simulated Chutes on loopback, until it is stopped")
    .option("--seed <n>", "miners, keys and chain are drawn from it", natural, 1)
    .option("--miners <n>", "number of miners", natural, 16)
    .option("--tempo <blocks>", "blocks of an epoch", natural, 60)
    .option("--block-ms <n>", "milliseconds of a block", natural, 250)
    .option("--finality-lag <n>", "blocks between best and finalized head", natural, 3)
    .addOption(
      new Option("--commit-reveal <on|off>", "whether the subnet asks for timelocked weights")
        .argParser(onOff)
        .default(true, "on"),
    )
    .option("--metadata <file>", "serve this runtime metadata instead of our own")
    .option("--faults <file>", "faults to begin with, as for POST /faults")
    .option("--port-node <n>", "port of the node; 0 takes a free one", natural, 0)
    .option("--port-chutes <n>", "port of the simulated Chutes; 0 takes a free one", natural, 0)
    .option("--dir <dir>", "where wallet, key, configuration and data lie", ".touchstone/localnet")
    .option("--json", "one JSON document a line")
    .option("-q, --quiet", "say nothing but the ready line")
    .addHelpText("after", "\nExample:\n  touchstone localnet --seed 7 --miners 16 --dir .touchstone/localnet --json")
    .action(async (options: LocalnetFlags) => {
      const { localnet } = await import("./localnet.ts");
      done(await localnet(options, outputOf(options)));
    });
}

function common(command: Command): Command {
  return command
    .option("-c, --config <file>", "configuration file", "touchstone.yaml")
    .option("-n, --network <name>", "finney, test, local or a URL (BT_NETWORK)")
    .option("--fallback-endpoints <urls>", "further nodes with commas between them, or none (BT_FALLBACK_ENDPOINTS)")
    .option("--archive-endpoints <urls>", "nodes that keep old state, likewise, or none (BT_ARCHIVE_ENDPOINTS)")
    .option("-w, --wallet <name>", "wallet name (BT_WALLET)")
    .option("-H, --wallet-hotkey <name>", "hotkey name (BT_WALLET_HOTKEY)")
    .option("--wallet-path <dir>", "folder of the wallets (BT_WALLET_PATH)")
    .option("--json", "one JSON document as the last line of stdout")
    .option("-q, --quiet", "only warnings and errors")
    .option("-v, --verbose", "more detail on stderr");
}

/** For the commands that set weights. */
function signing(command: Command): Command {
  return common(command).option(
    "--accept-doppelganger-risk",
    "go on although weights of this hotkey were set that the journal does not know; the risk: two processes sign different weights for one epoch",
  );
}

function outputOf(options: { readonly json?: boolean; readonly quiet?: boolean }): ReturnType<typeof outputFor> {
  return outputFor({ json: options.json === true, quiet: options.quiet === true });
}

function natural(text: string): number {
  if (!/^[0-9]{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

function onOff(text: string): boolean {
  if (text !== "on" && text !== "off") throw new InvalidArgumentError("It must be on or off.");
  return text === "on";
}

const RUN_HELP = `
Observes at the first finalized block of each epoch, asks and judges within the request rate, sets weights 30 to 8 blocks
before the epoch ends, and seals one bundle an epoch. SIGINT or SIGTERM: nothing new is begun, what is under way is waited
for (at most 80 s), exit 0; the next start goes on from there. A second signal ends it at once. With --json, one document a
line and epoch: that of once.

Examples:
  touchstone run --config touchstone.yaml
  TOUCHSTONE_CONFIG=/etc/touchstone.yaml npx pm2 start ecosystem.config.cjs`;

const DRY_RUN_HELP = `
Examples:
  touchstone dry-run --config touchstone.yaml
  touchstone dry-run --loop --config touchstone.yaml --json >> shadow.jsonl`;

const EXIT_HELP = `
Exit codes:
  0 done   1 check or replay found a difference, or the chain refused
  64 configuration or usage   65 key unreadable or wrong   66 hotkey not registered   67 runtime not supported
  68 data folder locked by another process   69 journal damaged or disk full   70 internal or chain unreachable
  71 doppelganger   130, 143 interrupted`;
