import { chmodSync, existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { settle } from "../adapters/system/config.ts";
import { parseConfig } from "../adapters/system/config-file.ts";
import {
  type AnswerName,
  answerProblem,
  type ConfigAnswers,
  configTemplate,
} from "../adapters/system/config-template.ts";
import { isApiKey } from "../adapters/system/secrets.ts";
import { EXIT_CODES, ValidatorError } from "../core/model/fault.ts";
import type { InitShape } from "./machine-types.ts";
import type { InitFlags } from "./options.ts";
import type { Output } from "./output.ts";
import { Terminal } from "./terminal.ts";

interface Question {
  readonly name: AnswerName;
  readonly flag: string;
  readonly question: string;
  readonly usual?: string;
}

const QUESTIONS: readonly Question[] = [
  { name: "network", flag: "--network", question: "Network (finney, test, local or a URL)", usual: "finney" },
  { name: "netuid", flag: "--netuid", question: "Subnet (netuid)" },
  { name: "walletPath", flag: "--wallet-path", question: "Folder of the wallets", usual: "~/.bittensor/wallets" },
  { name: "wallet", flag: "--wallet", question: "Wallet name", usual: "default" },
  { name: "walletHotkey", flag: "--wallet-hotkey", question: "Hotkey name", usual: "default" },
  { name: "apiKeyFile", flag: "--api-key-file", question: "File for the Chutes API key", usual: "./chutes-api-key" },
  { name: "judgeModel", flag: "--judge-model", question: "Reference model that judges (an id of GET /v1/models)" },
];

/** Writes a commented touchstone.yaml, and on a terminal the file with the API key. Refuses to replace what is there. */
export async function init(flags: InitFlags, output: Output): Promise<number> {
  const file = resolve(flags.config);
  if (existsSync(file) && flags.force !== true) {
    throw refused(`${file} exists already.`, "Edit it, or give --force to replace it.", "config-exists");
  }
  using terminal = process.stdin.isTTY && flags.yes !== true ? new Terminal() : undefined;
  const answers = await answersOf(flags, terminal);
  const text = configTemplate(answers);
  // The file's own reader has the last word before anything is written.
  const config = settle(parseConfig(file, text, process.env), { file, env: process.env, overrides: {} });
  const keyFile = config.chutes.apiKeyFile;
  if (keyFile === null) throw new RangeError("a template without chutes.apiKeyFile");
  const key = terminal === undefined || existsSync(keyFile) ? "" : await askKey(terminal, keyFile);
  write(file, text, 0o644);
  if (key !== "") write(keyFile, `${key}\n`, 0o600);
  const shape: InitShape = { config: file, apiKeyFile: keyFile, apiKeyPresent: existsSync(keyFile) };
  output.say(`wrote ${file}`);
  if (key !== "") output.say(`wrote ${keyFile} (mode 0600)`);
  if (!shape.apiKeyPresent) output.say(`next: put the Chutes API key into ${keyFile} and run chmod 600 on it`);
  const where = flags.config === "touchstone.yaml" ? "" : ` --config ${flags.config}`;
  output.say(
    `then: touchstone config${where} shows what is in effect, touchstone dry-run${where} sends nothing to the chain`,
  );
  output.document(shape);
  return EXIT_CODES.done;
}

async function answersOf(flags: InitFlags, terminal: Terminal | undefined): Promise<ConfigAnswers> {
  const answers: Partial<Record<AnswerName, string>> = {};
  for (const question of QUESTIONS) {
    const given = flags[question.name];
    if (given !== undefined) answers[question.name] = checked(question, given);
    else if (terminal !== undefined) answers[question.name] = await asked(question, terminal);
    else if (flags.yes === true && question.usual !== undefined) answers[question.name] = question.usual;
  }
  const missing = QUESTIONS.filter(({ name }) => answers[name] === undefined);
  if (missing.length === 0) return answers as ConfigAnswers;
  const names = missing.map(({ flag }) => flag).join(", ");
  const needed = missing.filter(({ usual }) => usual === undefined).map(({ flag }) => flag);
  const rest = needed.length < missing.length ? "--yes takes the default of every other flag." : "";
  throw refused(
    `There is no terminal to ask on, and ${names} ${missing.length === 1 ? "is" : "are"} not given.`,
    `${needed.length === 0 ? "" : `Give ${needed.join(" and ")}. `}${rest}`.trim(),
    "answer-missing",
  );
}

function checked({ name, flag }: Question, answer: string): string {
  const problem = answerProblem(name, answer);
  if (problem === undefined) return answer;
  throw refused(`${flag} must be ${problem}.`, "Give another value.", "config-invalid");
}

async function asked({ name, question, usual }: Question, terminal: Terminal): Promise<string> {
  for (;;) {
    const answer = await terminal.ask(question, usual);
    const problem = answerProblem(name, answer);
    if (problem === undefined) return answer;
    terminal.say(`It must be ${problem}.`);
  }
}

/** Empty when the operator will put the key there by other means. */
async function askKey(terminal: Terminal, keyFile: string): Promise<string> {
  for (;;) {
    const question = `Chutes API key for ${keyFile} (not shown; empty: put it there later)`;
    const key = (await terminal.askHidden(question)).trim();
    if (key === "" || isApiKey(key)) return key;
    terminal.say("That is no API key: cpk_, 32 hexadecimal digits, a dot, 32 more, a dot, 32 letters or digits.");
  }
}

/** Whole or not at all; the mode is right before the first byte. */
function write(file: string, text: string, mode: number): void {
  const temporary = `${file}.part`;
  try {
    rmSync(temporary, { force: true });
    writeFileSync(temporary, text, { mode, flag: "wx" });
    chmodSync(temporary, mode);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    throw refused(
      `${file} cannot be written (${code}).`,
      "Name a place that this user may write to.",
      "config-unwritable",
      error,
    );
  }
}

function refused(message: string, remedy: string, code: string, cause?: unknown): ValidatorError {
  return new ValidatorError(message, { exit: "configuration", code, blame: "validator", remedy, cause });
}
