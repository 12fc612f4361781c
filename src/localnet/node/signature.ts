import { createRequire } from "node:module";
import { verify } from "../chutes/sr25519.ts";

type Wasm = typeof import("@polkadot/wasm-crypto");
const wasm: Wasm = createRequire(import.meta.url)("@polkadot/wasm-crypto") as Wasm;

export interface SignatureInput {
  readonly scheme: "Ed25519" | "Sr25519" | "Ecdsa";
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
  readonly signer: Uint8Array;
}

/** Whether the signature is right; hotkeys are sr25519 or ed25519, Ecdsa is always refused. `cryptoReady()` comes first. */
export function verifySignature({ scheme, signature, message, signer }: SignatureInput): boolean {
  if (signature.length !== 64 || signer.length !== 32) return false;
  if (scheme === "Sr25519") return verify(signature, message, signer);
  return scheme === "Ed25519" && wasm.ed25519Verify(signature, message, signer);
}
