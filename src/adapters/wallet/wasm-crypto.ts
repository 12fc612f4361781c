import { createRequire } from "node:module";
import type * as Wasm from "@polkadot/wasm-crypto";

export type WasmCrypto = typeof Wasm;

let loaded: Promise<WasmCrypto> | undefined;

/**
 * schnorrkel and ed25519 in WebAssembly: a signature takes 0.12 ms, loading it about 80 ms, so it is loaded on first use.
 * By `require`, like every package of its family, so that no second copy comes in (DESIGN D3).
 */
export function wasmCrypto(): Promise<WasmCrypto> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<WasmCrypto> {
  const wasm = createRequire(import.meta.url)("@polkadot/wasm-crypto") as WasmCrypto;
  await wasm.waitReady();
  return wasm;
}
