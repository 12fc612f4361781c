import { type FileHandle, open } from "node:fs/promises";
import { ValidatorError } from "../../core/model/fault.ts";
import { type FileProblem, secretFileProblem } from "../../core/signing/secret-file-rule.ts";

/** What a file is for, and where its path came from, for the sentences about it. */
export interface FileRole {
  readonly name: string;
  readonly check: string;
}

const KEY_FILE: FileRole = { name: "key file", check: "Check the wallet's path, name and hotkey." };

/**
 * The bytes of a file with a secret, after its owner and permissions were found right on the very file that is read.
 * @throws ValidatorError exit `key` with the command that repairs it.
 */
export async function readSecretFile(path: string, role: FileRole = KEY_FILE): Promise<Uint8Array> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r");
  } catch (error) {
    throw keyError(unopened(path, role, error));
  }
  try {
    const facts = await handle.stat();
    const problem = secretFileProblem(
      path,
      { isFile: facts.isFile(), mode: facts.mode, owner: facts.uid, size: facts.size },
      process.getuid?.() ?? facts.uid,
    );
    if (problem !== undefined) throw keyError(problem);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function unopened(path: string, { name, check }: FileRole, error: unknown): FileProblem {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return { problem: `There is no ${name} ${path}.`, remedy: check };
  }
  return {
    problem: `The ${name} ${path} cannot be opened (${String(code)}).`,
    remedy: "Run as the user who owns it.",
  };
}

/** Words a problem with the key as the error the process ends with: exit `key`. */
export function keyError({ problem, remedy }: FileProblem): ValidatorError {
  return new ValidatorError(problem, { exit: "key", code: "key-unusable", blame: "validator", remedy });
}
