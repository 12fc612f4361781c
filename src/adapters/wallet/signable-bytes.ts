import { ValidatorError } from "../../core/model/fault.ts";
import type { Ss58 } from "../../core/model/ids.ts";
import { epistulaIntervalMessage, epistulaLegacyMessage, epistulaV2Message } from "../../core/signing/epistula.ts";
import { sealMessage } from "../../core/signing/seal-message.ts";
import { decodeSs58 } from "../../core/signing/ss58.ts";
import type { SignableMessage } from "../../ports/signer.ts";

const SHA256 = /^[0-9a-f]{64}$/;
const DIGEST = /^0x[0-9a-f]{64}$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NANOSECONDS = /^[1-9]\d{0,19}$/;

/** Substrate signs longer payloads by their BLAKE2b-256. */
export const MAX_DIRECT_PAYLOAD = 256;

/**
 * The bytes that are signed for a message, built from its fields and nothing else (D17b). Every text dialect is printable
 * ASCII and line feeds, with fields of fixed form, so no two dialects share a message; a transaction holds its chain's
 * genesis hash and at least one other byte, so no text is a transaction.
 * @throws ValidatorError when a field is not of the form its kind allows.
 */
export function signableBytes(message: SignableMessage): Uint8Array {
  switch (message.kind) {
    case "seal":
      need(DIGEST.test(message.digest), "the seal's digest is not 32 bytes in hexadecimal");
      return ascii(sealMessage(message.digest));
    case "epistula-v2":
      need(SHA256.test(message.bodySha256), "the body's digest is not 32 bytes in hexadecimal");
      need(UUID.test(message.uuid), "the request's uuid is not one");
      need(isCount(message.timestampMs), "the time is not a whole number of milliseconds");
      need(message.signedFor === null || isAddress(message.signedFor), "the receiver is not an address");
      return ascii(epistulaV2Message(message));
    case "epistula-v2-interval":
      need(isCount(message.interval), "the interval is not a whole number");
      need(isAddress(message.signedFor), "the receiver is not an address");
      return ascii(epistulaIntervalMessage(message.interval, message.signedFor));
    case "epistula-legacy-004":
      need(NANOSECONDS.test(message.timestampNs), "the time is not a number of nanoseconds");
      need(SHA256.test(message.bodySha256), "the body's digest is not 32 bytes in hexadecimal");
      return ascii(epistulaLegacyMessage(message.timestampNs, message.bodySha256));
    case "extrinsic":
      need(DIGEST.test(message.genesis), "the genesis hash is not 32 bytes in hexadecimal");
      need(holds(message.payload, message.genesis), "the transaction does not name the genesis hash of its chain");
      need(message.payload.some(isNoText), "the transaction reads like a text of another dialect");
      return message.payload;
    default:
      throw refused("no such kind of message");
  }
}

function need(condition: boolean, problem: string): void {
  if (!condition) throw refused(problem);
}

function refused(problem: string): ValidatorError {
  return new ValidatorError(`The hotkey does not sign this: ${problem}.`, {
    exit: "internal",
    code: "signing-refused",
    blame: "validator",
    remedy: "Report this as a bug.",
  });
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isAddress(text: Ss58): boolean {
  return decodeSs58(text) !== undefined;
}

function holds(payload: Uint8Array, genesis: string): boolean {
  return Buffer.from(payload).includes(Buffer.from(genesis.slice(2), "hex"));
}

function isNoText(byte: number): boolean {
  return (byte < 0x20 && byte !== 0x0a) || byte > 0x7e;
}
