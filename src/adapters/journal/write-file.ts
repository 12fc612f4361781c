import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/**
 * A small file for its owner only: temporary file, fsync, rename, fsync of the folder. It is whole, new or old, whatever
 * happens. The file system's own errors pass through.
 */
export function writeOwnFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.part`;
  try {
    const file = openSync(temporary, "w", 0o600);
    try {
      fchmodSync(file, 0o600);
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    putInPlace(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Gives a file that is on disk its name, durably; one of that name before it is replaced. */
export function putInPlace(temporary: string, path: string): void {
  renameSync(temporary, path);
  syncPath(dirname(path));
}

/** Waits until what was written to a file, or the names in a folder, are on disk. */
export function syncPath(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
