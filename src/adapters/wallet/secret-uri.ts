import { isProblem, type KeyPair, type KeyProblem, mnemonicSeed, sr25519Pair } from "./key-pair.ts";
import type { WasmCrypto } from "./wasm-crypto.ts";

/** The phrase of Substrate's development accounts; everyone knows it. */
const DEVELOPMENT_PHRASE = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";

const MAX_U64 = 2n ** 64n - 1n;
const FORMAT = /^(?<phrase>[\p{L}\p{N}_ ]*)(?<path>(?:\/\/?[^/]+)*)(?:\/\/\/(?<password>[\s\S]*))?$/u;

/** `development`: made from the phrase that everyone knows, whatever the steps behind it. */
export type UriKey = KeyPair & { readonly development: boolean };

/**
 * The sr25519 key of a Substrate secret URI: `phrase or 0x seed`, then `//hard` and `/soft` steps, then `///password`.
 * Without a phrase it is the development phrase.
 */
export function keyFromUri(wasm: WasmCrypto, uri: string): UriKey | KeyProblem {
  const { phrase = "", path = "", password } = FORMAT.exec(uri)?.groups ?? {};
  if (!FORMAT.test(uri)) {
    return {
      problem: "the text is neither a mnemonic nor a secret URI",
      remedy: "Put the mnemonic alone into the file: words of small letters with blanks between them.",
    };
  }
  const seed = phrase.startsWith("0x")
    ? hexSeed(phrase.slice(2))
    : mnemonicSeed(wasm, phrase === "" ? DEVELOPMENT_PHRASE : phrase, password);
  if (isProblem(seed)) return seed;
  let bytes = wasm.sr25519KeypairFromSeed(seed);
  for (const [, slashes = "", name = ""] of path.matchAll(/(\/\/?)([^/]+)/g)) {
    const code = chainCode(wasm, name);
    bytes = slashes === "//" ? wasm.sr25519DeriveKeypairHard(bytes, code) : wasm.sr25519DeriveKeypairSoft(bytes, code);
  }
  return { ...sr25519Pair(wasm, bytes), development: isDevelopment(phrase) };
}

function isDevelopment(phrase: string): boolean {
  return phrase === "" || phrase.trim().replaceAll(/ +/g, " ") === DEVELOPMENT_PHRASE;
}

/** The 32 bytes of 64 hexadecimal digits. */
export function hexSeed(digits: string): Uint8Array | KeyProblem {
  if (/^[0-9a-f]{64}$/i.test(digits)) return Buffer.from(digits, "hex");
  return {
    problem: "a seed is 64 hexadecimal digits, with or without 0x in front",
    remedy: "Check that the whole seed is in the file and nothing else.",
  };
}

/** 32 bytes of a step: a number as u64, a text SCALE-encoded, and what is longer as its BLAKE2b-256. */
function chainCode(wasm: WasmCrypto, name: string): Uint8Array {
  const code = new Uint8Array(32);
  if (/^\+?\d+$/.test(name) && BigInt(name.replace("+", "")) <= MAX_U64) {
    new DataView(code.buffer).setBigUint64(0, BigInt(name.replace("+", "")), true);
    return code;
  }
  const text = new TextEncoder().encode(name);
  const scale = new Uint8Array([...compact(text.length), ...text]);
  if (scale.length > 32) return wasm.blake2b(scale, new Uint8Array(), 32);
  code.set(scale);
  return code;
}

/** SCALE's compact form of lengths below 2^14; a file of secrets is smaller than 2^30, the next form's limit. */
function compact(length: number): readonly number[] {
  if (length < 64) return [length * 4];
  if (length < 16_384) return [((length * 4) % 256) + 1, length >> 6];
  return [((length * 4) % 256) + 2, (length >> 6) & 255, (length >> 14) & 255, length >> 22];
}
