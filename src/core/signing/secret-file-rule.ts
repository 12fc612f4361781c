/** What the file system says of a file that holds a secret. */
export interface SecretFileFacts {
  readonly isFile: boolean;
  /** Permission bits. */
  readonly mode: number;
  readonly owner: number;
  readonly size: number;
}

export interface FileProblem {
  readonly problem: string;
  readonly remedy: string;
}

const MAX_BYTES = 64 * 1024;

/**
 * Whether a secret may be read from there: a plain file, of this user or root, for its owner only (0600 or 0400), not
 * empty and not absurdly large. Links are judged by what they lead to. Undefined when all is well.
 */
export function secretFileProblem(path: string, facts: SecretFileFacts, user: number): FileProblem | undefined {
  if (!facts.isFile) return { problem: `${path} is not a file.`, remedy: "Name the file itself." };
  if (facts.owner !== user && facts.owner !== 0) {
    return { problem: `${path} belongs to another user.`, remedy: `Run: chown "$USER" '${path}'` };
  }
  if ((facts.mode & 0o077) !== 0) {
    const mode = (facts.mode & 0o777).toString(8).padStart(4, "0");
    return { problem: `Others may read ${path} (mode ${mode}).`, remedy: `Run: chmod 600 '${path}'` };
  }
  if (facts.size === 0)
    return { problem: `${path} is empty.`, remedy: "Put the secret into it, or name another file." };
  if (facts.size > MAX_BYTES) {
    return { problem: `${path} is larger than ${MAX_BYTES} bytes.`, remedy: "Name the file that holds the secret." };
  }
  return undefined;
}
