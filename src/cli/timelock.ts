import { readFileSync, statSync } from "node:fs";
import { ValidatorError } from "../core/model/fault.ts";
import { encodeSs58 } from "../core/signing/ss58.ts";
import { emissionTime, isPulse, QUICKNET_CHAIN } from "../core/timelock/beacon.ts";
import {
  type Ciphertext,
  type CiphertextDefect,
  MAX_COMMIT_BYTES,
  parseCiphertext,
  plaintextBytes,
} from "../core/timelock/ciphertext.ts";
import { decodePayload, type PayloadDefect, type WeightsPayload } from "../core/timelock/payload.ts";
import { decrypt, type OpeningDefect } from "../core/timelock/timelock.ts";
import type { TimelockShape } from "./machine-types.ts";
import type { Output } from "./output.ts";

export interface TimelockFlags {
  /** 48 bytes in hexadecimal. */
  readonly signature?: string;
  readonly round?: number;
}

/** Opens a timelocked weight commit with its round's signature, offline. */
export function timelockOpen(commit: string, { signature, round }: TimelockFlags, output: Output): number {
  const bytes = commitBytes(commit);
  const ciphertext = parseCiphertext(bytes);
  if (typeof ciphertext === "string") {
    throw difference("commit-unreadable", `This is no timelocked weight commit: ${UNREADABLE[ciphertext]}.`, COMMIT);
  }
  if (signature === undefined) throw signatureMissing(bytes.length, round);
  const pulse = signatureBytes(signature);
  if (round !== undefined && !isPulse(round, pulse)) {
    const remedy = `${pulseOf(round)} ${OWN_BEACON}`;
    throw difference("signature-of-another-round", `drand quicknet did not sign round ${round} so.`, remedy);
  }
  const payload = open(ciphertext, pulse);
  const { hotkey, uids, values, versionKey } = payload;
  const signer = hotkey === null ? null : encodeSs58(hotkey);
  output.document({ round: round ?? null, uids, values, versionKey, hotkey: signer } satisfies TimelockShape);
  output.say(`hotkey ${signer ?? "not named (the older form)"}, version key ${versionKey}, ${uids.length} weights`);
  for (const [at, uid] of uids.entries()) output.say(`  uid ${uid}: ${values[at]}`);
  return 0;
}

function open(ciphertext: Ciphertext, pulse: Uint8Array): WeightsPayload {
  const plaintext = decrypt(ciphertext, pulse);
  if (typeof plaintext === "string") {
    throw difference("commit-not-opened", `The commit does not open: ${NOT_OPENED[plaintext]}.`, NOT_OPENED_REMEDY);
  }
  const payload = decodePayload(plaintext);
  if (typeof payload !== "string") return payload;
  throw difference("commit-without-weights", `The commit opens, but ${NO_WEIGHTS[payload]}.`, DROPPED);
}

/** Hexadecimal digits, or else the name of a file with such digits or with the bytes themselves. */
function commitBytes(text: string): Uint8Array {
  const given = hexBytes(text);
  if (given !== undefined) return given;
  const content = fileContent(text);
  return hexBytes(content.toString("latin1").trim()) ?? content;
}

function fileContent(file: string): Buffer {
  try {
    // Two digits a byte, and some room for what stands around them.
    if (statSync(file).size <= MAX_COMMIT_BYTES * 3) return readFileSync(file);
  } catch (cause) {
    throw wrongUse(
      "commit-file-unreadable",
      `The commit is neither hexadecimal nor a file that can be read.`,
      COMMIT,
      cause,
    );
  }
  throw wrongUse("commit-file-too-large", "The file is larger than any timelocked commit.", COMMIT);
}

function signatureBytes(text: string): Uint8Array {
  const bytes = hexBytes(text);
  if (bytes?.length === 48) return bytes;
  throw wrongUse(
    "signature-malformed",
    "The signature is not 48 bytes in hexadecimal.",
    "Give the 96 digits of the pulse's signature.",
  );
}

function hexBytes(text: string): Uint8Array | undefined {
  return /^(?:0x)?(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text.replace(/^0x/i, ""), "hex") : undefined;
}

function signatureMissing(size: number, round: number | undefined): ValidatorError {
  const whole = `The commit is whole: ${size} bytes that hide ${plaintextBytes(size)}. It opens with the signature of its round only`;
  if (round === undefined) return wrongUse("signature-missing", `${whole}, which it does not name.`, ROUND);
  const emitted = new Date(emissionTime(round) * 1000).toISOString();
  return wrongUse("signature-missing", `${whole}; round ${round} is emitted at ${emitted}.`, pulseOf(round));
}

function pulseOf(round: number): string {
  return `Give with --signature that of Drand.Pulses(${round}) on chain, or of https://api.drand.sh/${QUICKNET_CHAIN}/public/${round}.`;
}

function wrongUse(code: string, message: string, remedy: string, cause?: unknown): ValidatorError {
  return new ValidatorError(message, { exit: "configuration", code, blame: "validator", remedy, cause });
}

function difference(code: string, message: string, remedy: string): ValidatorError {
  return new ValidatorError(message, { exit: "difference", code, blame: "nobody", remedy });
}

const COMMIT = "Give the bytes of the argument commit of commit_timelocked_weights, in hexadecimal or as a file.";
const ROUND =
  "Take reveal_round from the call or from the event TimelockedWeightsCommitted, and give that round's signature with --signature.";
const OWN_BEACON =
  "On a localnet, whose beacon has a key of its own, leave --round out: that the commit opens is proof enough.";
const NOT_OPENED_REMEDY =
  "Take the signature of the round in the commit's own call: every other one fails, and a damaged commit fails with all of them.";
const DROPPED =
  "The chain drops such a commit at its reveal without a word. Report it to the author of the program that made it.";

const UNREADABLE: Readonly<Record<CiphertextDefect, string>> = {
  "too-short": "it is shorter than an empty one",
  "too-long": "it is longer than the chain takes",
  "lengths-wrong": "the lengths in it do not fit its size, so it is cut, lengthened or something else",
  "suite-unknown": "it does not end with AES_GCM_",
  "point-invalid": "its first 96 bytes are no point of the curve",
};
const NOT_OPENED: Readonly<Record<OpeningDefect, string>> = {
  "signature-invalid": "the signature is no point of the curve",
  "signature-wrong": "the signature is of another round, or the commit is damaged",
  "content-damaged": "the signature is the right one, but what it protects is damaged",
};
const NO_WEIGHTS: Readonly<Record<PayloadDefect, string>> = {
  "no-payload": "what it hides are no weights",
  "lists-differ": "it has not as many values as uids",
};
