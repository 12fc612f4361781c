import { join } from "node:path";
import { toHex } from "../../core/determinism/digest.ts";
import type { WalletConfig } from "../../core/model/config.ts";
import { encodeSs58 } from "../../core/signing/ss58.ts";
import type { Signer } from "../../ports/signer.ts";
import { isProblem, type KeyPair, type KeyProblem, sr25519FromSeed } from "./key-pair.ts";
import { readKeyfile } from "./keyfile.ts";
import { keyError, readSecretFile } from "./secret-file.ts";
import { hexSeed, keyFromUri } from "./secret-uri.ts";
import { MAX_DIRECT_PAYLOAD, signableBytes } from "./signable-bytes.ts";
import { type WasmCrypto, wasmCrypto } from "./wasm-crypto.ts";
import { isWellKnown } from "./well-known.ts";

type Key = KeyPair & { readonly development?: boolean };

/**
 * The hotkey of a wallet, ready to sign. Only the hotkey's own file is read; the coldkey is never needed.
 * @throws ValidatorError exit `key` for a file that is missing, open to others, encrypted or no key.
 */
export async function openSigner(config: WalletConfig): Promise<Signer> {
  const path = keyPath(config);
  const bytes = await readSecretFile(path);
  const wasm = await wasmCrypto();
  const pair = readKey(wasm, config.kind, bytes);
  if (isProblem(pair)) {
    throw keyError({ problem: `The hotkey in ${path} cannot be used: ${pair.problem}.`, remedy: pair.remedy });
  }
  return signer(wasm, pair);
}

/** Where the key of a wallet lies: `<path>/<name>/hotkeys/<hotkey>` for the wallets of the Python tools. */
function keyPath(config: WalletConfig): string {
  return config.kind === "bittensor" ? join(config.path, config.name, "hotkeys", config.hotkey) : config.file;
}

function readKey(wasm: WasmCrypto, kind: WalletConfig["kind"], bytes: Uint8Array): Key | KeyProblem {
  if (kind === "bittensor") return readKeyfile(wasm, bytes);
  const text = Buffer.from(bytes).toString("utf8").trim();
  if (text === "") return { problem: "the file holds only white space", remedy: "Put the secret into the file." };
  if (kind === "mnemonic-file") {
    // Any white space may stand between the words (people break long lines), but steps and password are taken as written.
    const end = text.includes("/") ? text.indexOf("/") : text.length;
    return keyFromUri(wasm, text.slice(0, end).replaceAll(/\s+/g, " ") + text.slice(end));
  }
  const seed = hexSeed(text.replace(/^0x/i, ""));
  return isProblem(seed) ? seed : sr25519FromSeed(wasm, seed);
}

function signer(wasm: WasmCrypto, pair: Key): Signer {
  const { sign } = pair;
  return Object.freeze<Signer>({
    hotkey: encodeSs58(pair.publicKey),
    publicKey: toHex(pair.publicKey),
    cryptoType: pair.cryptoType,
    wellKnown: pair.development === true || isWellKnown(wasm, pair.publicKey),
    sign: (message) => {
      const bytes = signableBytes(message);
      return toHex(sign(bytes.length > MAX_DIRECT_PAYLOAD ? wasm.blake2b(bytes, new Uint8Array(), 32) : bytes));
    },
  });
}
