import type { WasmCrypto } from "./wasm-crypto.ts";

/** A key that can sign. The secret lives in the closure of `sign` alone, where no printing or serialising finds it. */
export interface KeyPair {
  readonly cryptoType: "sr25519" | "ed25519";
  readonly publicKey: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** Why there is no key, in words without any part of the secret. */
export interface KeyProblem {
  readonly problem: string;
  readonly remedy: string;
}

export function isProblem(value: object): value is KeyProblem {
  return "problem" in value;
}

/** A schnorrkel pair as the library holds it: 64 bytes of secret (scalar × 8, nonce half), 32 of public key. */
export function sr25519Pair(wasm: WasmCrypto, bytes: Uint8Array): KeyPair {
  const secret = bytes.slice(0, 64);
  const publicKey = bytes.slice(64);
  return { cryptoType: "sr25519", publicKey, sign: (message) => wasm.sr25519Sign(publicKey, secret, message) };
}

/** From a 32-byte mini secret. */
export function sr25519FromSeed(wasm: WasmCrypto, seed: Uint8Array): KeyPair {
  return sr25519Pair(wasm, wasm.sr25519KeypairFromSeed(seed));
}

/** From a 32-byte seed. */
export function ed25519FromSeed(wasm: WasmCrypto, seed: Uint8Array): KeyPair {
  const bytes = wasm.ed25519KeypairFromSeed(seed);
  const secret = bytes.slice(0, 32);
  const publicKey = bytes.slice(32);
  return { cryptoType: "ed25519", publicKey, sign: (message) => wasm.ed25519Sign(publicKey, secret, message) };
}

/** Order of the ristretto255 group: 2^252 + 27742317777372353535851937790883648493. */
const ORDER = 0x1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3edn;

/** The encoded base point: agreeing on a key with it gives scalar · base, which is the public key. */
const BASE_POINT = "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76";

/**
 * From the 64 bytes of a Python keyfile: canonical scalar, little endian, and nonce half. The library wants the scalar
 * times 8. Undefined when the scalar is not canonical, as in an export of polkadot-js: the Python tools refuse it too.
 */
export function sr25519FromSecret(wasm: WasmCrypto, bytes: Uint8Array): KeyPair | undefined {
  const scalar = BigInt(`0x${Buffer.from(bytes.subarray(0, 32)).reverse().toString("hex")}`);
  if (scalar === 0n || scalar >= ORDER) return undefined;
  const expanded = Buffer.from((scalar * 8n).toString(16).padStart(64, "0"), "hex").reverse();
  const secret = new Uint8Array([...expanded, ...bytes.subarray(32)]);
  const publicKey = wasm.sr25519Agree(Buffer.from(BASE_POINT, "hex"), secret);
  return sr25519Pair(wasm, new Uint8Array([...secret, ...publicKey]));
}

/** The 32 secret bytes of a mnemonic (English BIP-39, Substrate's derivation), or what is wrong with it. */
export function mnemonicSeed(wasm: WasmCrypto, phrase: string, password = ""): Uint8Array | KeyProblem {
  const words = phrase.split(" ").filter((word) => word !== "");
  if (![12, 15, 18, 21, 24].includes(words.length)) {
    return {
      problem: `a mnemonic has 12, 15, 18, 21 or 24 words, this one has ${words.length}`,
      remedy: "Write the whole mnemonic on one line, with a blank between the words.",
    };
  }
  const normal = words.join(" ");
  if (!wasm.bip39Validate(normal)) {
    return {
      problem: "the words are not a valid mnemonic (a misspelt word, capitals, or words in another order)",
      remedy: "Compare it word by word with what was written down when the key was made.",
    };
  }
  return wasm.bip39ToMiniSecret(normal, password);
}
