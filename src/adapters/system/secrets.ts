import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import type { ChutesConfig } from "../../core/model/config.ts";
import { ValidatorError } from "../../core/model/fault.ts";
import { secretFileProblem } from "../../core/signing/secret-file-rule.ts";

/** chutes.md §1.1. */
const API_KEY = /^cpk_[a-f0-9]{32}\.[a-f0-9]{32}\.[a-zA-Z0-9]{32}$/;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a text has the form of an API key. */
export function isApiKey(text: string): boolean {
  return API_KEY.test(text);
}

/**
 * The Chutes API key: from the file that the configuration names, else from CHUTES_API_KEY. Its words never contain the key.
 * @throws ValidatorError exit `key` when there is none, when others may read its file, or when it has another form.
 */
export function readApiKey(config: ChutesConfig, env: Environment): string {
  const { apiKeyFile } = config;
  const key = (apiKeyFile === null ? env["CHUTES_API_KEY"] : readKeyFile(apiKeyFile))?.trim() ?? "";
  if (key === "") {
    throw keyError(
      "There is no Chutes API key.",
      "Put it into a file with mode 0600 and name it as chutes.apiKeyFile; or set CHUTES_API_KEY, which the pm2 configuration does not pass on.",
    );
  }
  if (isApiKey(key)) return key;
  throw keyError(
    `The Chutes API key in ${apiKeyFile ?? "CHUTES_API_KEY"} is not one: it must be cpk_, 32 hexadecimal digits, a dot, 32 hexadecimal digits, a dot, and 32 letters or digits.`,
    "Copy the whole key again; Chutes shows it once, when it is made (chutes keys create).",
  );
}

function readKeyFile(path: string): string {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    throw keyError(
      `The Chutes API key file ${path} cannot be opened (${code}).`,
      "Check chutes.apiKeyFile in the configuration.",
    );
  }
  try {
    const facts = fstatSync(descriptor);
    const problem = secretFileProblem(
      path,
      { isFile: facts.isFile(), mode: facts.mode, owner: facts.uid, size: facts.size },
      process.getuid?.() ?? facts.uid,
    );
    if (problem !== undefined) throw keyError(problem.problem, problem.remedy);
    return readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}

function keyError(message: string, remedy: string): ValidatorError {
  return new ValidatorError(message, { exit: "key", code: "api-key-unusable", blame: "validator", remedy });
}
