import type { KeyProblem } from "./key-pair.ts";

/** The variable that holds the password of one keyfile: `BT_PW_` and its path, `/` and `.` as `_`, in capitals (chain-newest.md §6). */
export function passwordVariable(keyfile: string): string {
  return `BT_PW_${keyfile.replaceAll(/[/.]/g, "_").toUpperCase()}`;
}

/**
 * The password in such a variable: standard base64 of its UTF-8 bytes XOR the variable's name, repeated. That hides it from
 * a glance and no more. Undefined when the variable is empty or unset; a plain password there is a problem, not a password.
 */
export function hiddenPassword(name: string, value: string | undefined): string | KeyProblem | undefined {
  if (value === undefined || value === "") return undefined;
  const bytes = Buffer.from(value, "base64");
  if (bytes.toString("base64") !== value) return unreadable(name, "it is not base64");
  const mask = Buffer.from(name, "utf8");
  const plain = bytes.map((byte, at) => byte ^ (mask[at % mask.length] ?? 0));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(plain);
  } catch (error) {
    if (error instanceof TypeError) return unreadable(name, "what it hides is not UTF-8 text");
    throw error;
  }
}

function unreadable(name: string, why: string): KeyProblem {
  return {
    problem: `the variable ${name} does not hold a password in the form of the Python wallets: ${why}`,
    remedy:
      "Take the variable out and name a file of mode 0600 as wallet.passwordFile, or let the Python wallet write the variable.",
  };
}
