import { sealMessage } from "../../core/signing/seal-message.ts";
import { decodeSs58 } from "../../core/signing/ss58.ts";
import type { SealVerifier } from "../../ports/signer.ts";
import { wasmCrypto } from "./wasm-crypto.ts";

/**
 * Loads what checking signatures needs (about 80 ms, so only when a seal is to be checked). Strict: the signature is over
 * the seal's text itself, never over a `<Bytes>` form of it as wallet pop-ups make.
 */
export async function sealVerifier(): Promise<SealVerifier> {
  const wasm = await wasmCrypto();
  return ({ digest, signature, hotkey, cryptoType }) => {
    const publicKey = decodeSs58(hotkey);
    if (publicKey === undefined || !/^0x[0-9a-f]{128}$/.test(signature) || !/^0x[0-9a-f]{64}$/.test(digest))
      return false;
    const message = new TextEncoder().encode(sealMessage(digest));
    const bytes = Buffer.from(signature.slice(2), "hex");
    return cryptoType === "sr25519"
      ? wasm.sr25519Verify(bytes, message, publicKey)
      : wasm.ed25519Verify(bytes, message, publicKey);
  };
}
