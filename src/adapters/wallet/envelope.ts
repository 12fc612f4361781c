import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { openAnsibleVault } from "./ansible-vault.ts";
import { type Derivation, deriveKey } from "./derive-key.ts";
import { openFernet } from "./fernet.ts";
import { isProblem, type KeyProblem } from "./key-pair.ts";

export type EnvelopeFormat = "nacl" | "ansible" | "fernet";

/** An encrypted keyfile that is whole as far as one can see without its password. */
export interface Envelope {
  readonly derivation: Derivation;
  /** The bytes inside; undefined when the key is not the one they were sealed with, or they are damaged: nobody can tell which. */
  readonly open: (key: Uint8Array) => Uint8Array | undefined;
}

const FORMATS: readonly (readonly [prefix: string, format: EnvelopeFormat])[] = [
  ["$NACL", "nacl"],
  ["$ANSIBLE_VAULT", "ansible"],
  ["gAAAAA", "fernet"],
];

export const FORMAT_NAMES: Readonly<Record<EnvelopeFormat, string>> = {
  nacl: "NaCl",
  ansible: "Ansible Vault",
  fernet: "Fernet",
};

const READERS: Readonly<Record<EnvelopeFormat, (bytes: Uint8Array) => Envelope | undefined>> = {
  nacl: openNacl,
  ansible: openAnsibleVault,
  fernet: openFernet,
};

/** In which of the three ways of the Python wallets a keyfile is encrypted; undefined when it is not. */
export function envelopeFormat(bytes: Uint8Array): EnvelopeFormat | undefined {
  const start = Buffer.from(bytes.subarray(0, 16)).toString("latin1");
  return FORMATS.find(([prefix]) => start.startsWith(prefix))?.[1];
}

/**
 * The keyfile inside an encrypted one. What is visibly damaged is said before the slow derivation begins. `derive` stands
 * for `deriveKey` so that one derivation can serve many files of one password.
 */
export async function decryptKeyfile(
  format: EnvelopeFormat,
  bytes: Uint8Array,
  password: string,
  derive: typeof deriveKey = deriveKey,
): Promise<Uint8Array | KeyProblem> {
  const envelope = READERS[format](bytes);
  if (envelope === undefined) {
    return {
      problem: `the file is damaged: it begins like an encrypted key (${FORMAT_NAMES[format]}) but is cut short or altered`,
      remedy: "Bring the file back from a copy, or make it anew from its mnemonic: btcli wallet regen-hotkey.",
    };
  }
  const key = await derive(envelope.derivation, password);
  if (isProblem(key)) return key;
  return (
    envelope.open(key) ?? {
      problem: `the password is wrong, or the encrypted file (${FORMAT_NAMES[format]}) is damaged`,
      remedy: "Check the password: blanks at its ends count. If it is right, bring the file back from a copy.",
    }
  );
}

const NONCE = 24;
const TAG = 16;

/** `$NACL`, nonce, XSalsa20-Poly1305 secretbox. */
function openNacl(bytes: Uint8Array): Envelope | undefined {
  const sealed = bytes.subarray("$NACL".length);
  if (sealed.length < NONCE + TAG) return undefined;
  const open = (key: Uint8Array): Uint8Array | undefined => {
    try {
      return xsalsa20poly1305(key, sealed.subarray(0, NONCE)).decrypt(sealed.subarray(NONCE));
    } catch (error) {
      // Lengths are right, so the tag was not: that is the answer, not a failure.
      if (error instanceof Error && error.message === "invalid tag") return undefined;
      throw error;
    }
  };
  return { derivation: { kind: "argon2i" }, open };
}
