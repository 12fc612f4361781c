import type { Command } from "commander";
import type { CommonOptions, InitFlags, WalletFlags } from "./options.ts";
import { type Output, outputFor } from "./output.ts";

interface Deps {
  readonly done: (code: number) => void;
  /** Adds the options that all commands with a configuration have. */
  readonly common: (command: Command) => Command;
}

/** The commands before and beside a validator: init, config, status, wallet show. */
export function setupCommands(program: Command, { done, common }: Deps): void {
  initCommand(program, done);
  common(program.command("config"))
    .description("print the effective value of every setting and where it came from, secrets masked")
    .addHelpText("after", "\nExamples:\n  touchstone config --config touchstone.yaml\n  touchstone config --json")
    .action(async (options: CommonOptions) => {
      const { config } = await import("./config.ts");
      done(config(options, outputOf(options)));
    });
  common(program.command("status"))
    .description("what the journal says now: last and open cycles, weights, sizes; beside a running validator too")
    .option("--dry-run", "show the dry run's journal")
    .addHelpText("after", "\nExample:\n  touchstone status --json")
    .action(async (options: CommonOptions & { readonly dryRun?: boolean }) => {
      const { status } = await import("./status.ts");
      done(status(options, outputOf(options)));
    });
  common(program.command("wallet").description("the hotkey that signs").command("show"))
    .description("which key this is, in which format its file is, and what is known offline of whether it may validate")
    .option("--password-file <file>", "file of mode 0600 with the password of an encrypted hotkey")
    .addHelpText("after", WALLET_HELP)
    .action(async (options: WalletFlags) => {
      const { walletShow } = await import("./wallet.ts");
      done(await walletShow(options, outputOf(options)));
    });
}

function initCommand(program: Command, done: Deps["done"]): void {
  program
    .command("init")
    .description("write a commented configuration after asking for what it needs")
    .option("-c, --config <file>", "the file to write", "touchstone.yaml")
    .option("-n, --network <name>", "finney, test, local or a URL")
    .option("--netuid <n>", "the subnet")
    .option("-w, --wallet <name>", "wallet name")
    .option("-H, --wallet-hotkey <name>", "hotkey name")
    .option("--wallet-path <dir>", "folder of the wallets")
    .option("--api-key-file <file>", "file with the Chutes API key, relative to the configuration")
    .option("--judge-model <id>", "reference model that judges")
    .option("-y, --yes", "ask nothing: take the default of what is not given")
    .option("--force", "replace a configuration that is there")
    .option("--json", "one JSON document as the last line of stdout")
    .option("-q, --quiet", "say nothing")
    .addHelpText("after", INIT_HELP)
    .action(async (options: InitFlags & { readonly json?: boolean; readonly quiet?: boolean }) => {
      const { init } = await import("./init.ts");
      done(await init(options, outputOf(options)));
    });
}

function outputOf(options: { readonly json?: boolean; readonly quiet?: boolean }): Output {
  return outputFor({ json: options.json === true, quiet: options.quiet === true });
}

const INIT_HELP = `
The API key itself is asked for on a terminal only, without showing it, and written to a file of mode 0600.

Examples:
  touchstone init
  touchstone init --netuid 64 --judge-model Qwen/Qwen3-32B-TEE --yes`;

const WALLET_HELP = `
Reads the hotkey's file and, for an encrypted one, its password: from --password-file, wallet.passwordFile, the variable
BT_PW_… of the Python wallets, or a prompt on a terminal. Without a password the pub.txt beside the file tells the address.
Works without a configuration when flags or BT_WALLET… name the wallet.

Examples:
  touchstone wallet show --config touchstone.yaml
  touchstone wallet show --wallet validator --wallet-hotkey default --password-file ./hotkey-password --json`;
