import { argon2, pbkdf2 } from "node:crypto";
import { promisify } from "node:util";
import type { KeyProblem } from "./key-pair.ts";

/** How the key of an encrypted keyfile follows from its password (UTF-8, nothing trimmed). */
export type Derivation =
  | { readonly kind: "argon2i" }
  | { readonly kind: "pbkdf2"; readonly salt: Uint8Array; readonly rounds: number; readonly bytes: number };

/** libsodium's "sensitive" limits and the one salt of all wallets (chain-newest.md §6; checked against `nacl.key_vectors`). */
const SALT = Buffer.from("137183dff15a09bc9c90b5518739e9b1", "hex");
const MEMORY_KIB = 524_288;
const PASSES = 8;

/**
 * The derived key. Node's own Argon2 does the work, beside the event loop: 1 to 4 s, where the same in JavaScript takes
 * 20 s of it and gives the same bytes. It needs 512 MiB for that time.
 */
export async function deriveKey(derivation: Derivation, password: string): Promise<Uint8Array | KeyProblem> {
  const secret = Buffer.from(password, "utf8");
  if (derivation.kind === "pbkdf2") {
    return await promisify(pbkdf2)(secret, derivation.salt, derivation.rounds, derivation.bytes, "sha256");
  }
  try {
    const limits = { parallelism: 1, tagLength: 32, memory: MEMORY_KIB, passes: PASSES };
    return await promisify(argon2)("argon2i", { message: secret, nonce: SALT, ...limits });
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): KeyProblem {
  if (error instanceof Error && "code" in error && error.code === "ERR_CRYPTO_ARGON2_NOT_SUPPORTED") {
    return {
      problem: "this build of Node.js cannot compute Argon2, which the key's password goes through",
      remedy: "Run it with the Node.js that npm ci installs beside it.",
    };
  }
  return {
    problem: "the key's password could not be worked out (Argon2 needs 512 MiB of memory for a few seconds)",
    remedy: "Give the process more memory, or use a hotkey without a password.",
  };
}
