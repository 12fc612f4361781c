import { hiddenPassword, passwordVariable } from "./password-variable.ts";
import { keyError, readSecretFile } from "./secret-file.ts";

/** Where the password of an encrypted hotkey may come from. An argument is none of them: arguments stand in the process list. */
export interface PasswordSources {
  /** Named by a flag: goes before the configuration's file. */
  readonly file?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks a person, without showing what is typed; absent where nobody sits. Empty or undefined: no answer. */
  readonly ask?: (question: string) => Promise<string | undefined>;
  /** Told before the slow step from password to key. */
  readonly deriving?: (format: string) => void;
}

const PASSWORD_FILE = {
  name: "password file",
  check: "Check --password-file, or wallet.passwordFile in the configuration.",
};

/**
 * The password of a keyfile: from the file of the flag, that of the configuration, the ecosystem's variable, a person.
 * Undefined when there is none.
 * @throws ValidatorError exit `key` for a file or variable that is there and cannot be used.
 */
export async function findPassword(
  keyfile: string,
  configured: string | undefined,
  { file = configured, env, ask }: PasswordSources,
): Promise<string | undefined> {
  if (file !== undefined) return await fromFile(file);
  const name = passwordVariable(keyfile);
  const hidden = hiddenPassword(name, env[name]);
  if (typeof hidden === "object") {
    throw keyError({ problem: `The hotkey in ${keyfile} cannot be used: ${hidden.problem}.`, remedy: hidden.remedy });
  }
  const password = hidden ?? (await ask?.(`Password of the hotkey ${keyfile} (not shown)`));
  return password === "" ? undefined : password;
}

/** The whole file but for one line end: blanks count, as in the Python wallets. */
async function fromFile(path: string): Promise<string> {
  const bytes = await readSecretFile(path, PASSWORD_FILE);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r?\n$/, "");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw keyError({
      problem: `The password file ${path} is not UTF-8 text.`,
      remedy: "Save it as UTF-8 with the password and nothing else.",
    });
  }
  if (text !== "") return text;
  throw keyError({ problem: `The password file ${path} holds no password.`, remedy: "Put the password into it." });
}
