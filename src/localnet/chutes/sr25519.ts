import { createRequire } from "node:module";
import { AccountId } from "@polkadot-api/substrate-bindings";

/**
 * Keys of the simulated world: sr25519 with the context "substrate" by WebAssembly, addresses with prefix 42. Written apart
 * from the validator's own signing, so that the two can disagree.
 */
type Wasm = typeof import("@polkadot/wasm-crypto");
const wasm: Wasm = createRequire(import.meta.url)("@polkadot/wasm-crypto") as Wasm;

const accounts = AccountId(42);

export interface KeyPair {
  /** 64 bytes: scalar × 8 (little endian) and nonce half, as polkadot-js keeps it. */
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** Must be awaited once before any other function here. */
export async function cryptoReady(): Promise<void> {
  await wasm.waitReady();
}

export function keyPairFromSeed(seed: Uint8Array): KeyPair {
  const pair = wasm.sr25519KeypairFromSeed(seed);
  return { secret: pair.slice(0, 64), publicKey: pair.slice(64) };
}

export function sign(pair: KeyPair, message: Uint8Array): Uint8Array {
  return wasm.sr25519Sign(pair.publicKey, pair.secret, message);
}

/** False for a signature or key of the wrong length, too. */
export function verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== 64 || publicKey.length !== 32) return false;
  return wasm.sr25519Verify(signature, message, publicKey);
}

export function isMnemonic(phrase: string): boolean {
  return wasm.bip39Validate(phrase);
}

/** 32 bytes: the substrate way from phrase to mini secret, without password. */
export function miniSecret(phrase: string): Uint8Array {
  return wasm.bip39ToMiniSecret(phrase, "");
}

export function addressOf(publicKey: Uint8Array): string {
  return accounts.dec(publicKey);
}

/** Public key of an address with prefix 42, undefined when the text is none. */
export function publicKeyOf(address: string): Uint8Array | undefined {
  if (!/^5[1-9A-HJ-NP-Za-km-z]{46,48}$/.test(address)) return undefined;
  try {
    const bytes = accounts.enc(address);
    return accounts.dec(bytes) === address ? bytes : undefined;
  } catch {
    // The codec throws for a bad checksum or length; both mean that this is no address.
    return undefined;
  }
}
