import { join } from "node:path";
import { toHex } from "../../core/determinism/digest.ts";
import type { WalletConfig } from "../../core/model/config.ts";
import type { ValidatorError } from "../../core/model/fault.ts";
import { encodeSs58 } from "../../core/signing/ss58.ts";
import type { Signer } from "../../ports/signer.ts";
import { decryptKeyfile, type EnvelopeFormat, envelopeFormat, FORMAT_NAMES } from "./envelope.ts";
import { isProblem, type KeyPair, type KeyProblem, sr25519FromSeed } from "./key-pair.ts";
import { readKeyfile } from "./keyfile.ts";
import { findPassword, type PasswordSources } from "./password.ts";
import { passwordVariable } from "./password-variable.ts";
import { keyError, readSecretFile } from "./secret-file.ts";
import { hexSeed, keyFromUri } from "./secret-uri.ts";
import { MAX_DIRECT_PAYLOAD, signableBytes } from "./signable-bytes.ts";
import { type WasmCrypto, wasmCrypto } from "./wasm-crypto.ts";
import { isWellKnown } from "./well-known.ts";

type Key = KeyPair & { readonly development?: boolean };

/** In which form a hotkey lies on disk. */
export type HotkeyFormat = "plain" | EnvelopeFormat | "mnemonic" | "seed";

export interface Hotkey {
  readonly path: string;
  readonly format: HotkeyFormat;
  readonly encrypted: boolean;
  /** Null when it is encrypted and there is no password. */
  readonly signer: Signer | null;
}

/**
 * The hotkey of a wallet, ready to sign. Only the hotkey's own file is read; the coldkey is never needed.
 * @throws ValidatorError exit `key` for a file that is missing, open to others, no key, or encrypted without its password.
 */
export async function openSigner(config: WalletConfig, passwords: PasswordSources = { env: {} }): Promise<Signer> {
  const hotkey = await openHotkey(config, passwords);
  if (hotkey.signer === null) throw lockedHotkey(hotkey);
  return hotkey.signer;
}

/** The error that says of an encrypted hotkey that its password is missing. */
export function lockedHotkey({ path, format }: Hotkey): ValidatorError {
  const name = isEnvelope(format) ? FORMAT_NAMES[format] : format;
  return unusable(path, {
    problem: `it is encrypted (${name}) and there is no password`,
    remedy: `Put the password into a file of mode 0600 and name it as wallet.passwordFile, or set ${passwordVariable(path)} as the Python wallets do.`,
  });
}

/**
 * The hotkey of a wallet and the form in which it was found; locked, without a signer, when its password is not to be had.
 * @throws ValidatorError exit `key` as `openSigner`, but for a missing password.
 */
export async function openHotkey(config: WalletConfig, passwords: PasswordSources): Promise<Hotkey> {
  const path = keyPath(config);
  const bytes = await readSecretFile(path);
  const format = formatOf(config, bytes);
  if (!isEnvelope(format)) {
    return { path, format, encrypted: false, signer: await signerFrom(config, path, bytes) };
  }
  const configured = config.kind === "bittensor" ? config.passwordFile : undefined;
  const password = await findPassword(path, configured, passwords);
  if (password === undefined) return { path, format, encrypted: true, signer: null };
  passwords.deriving?.(FORMAT_NAMES[format]);
  const plain = await decryptKeyfile(format, bytes, password);
  if (isProblem(plain)) throw unusable(path, plain);
  return { path, format, encrypted: true, signer: await signerFrom(config, path, plain) };
}

function isEnvelope(format: HotkeyFormat): format is EnvelopeFormat {
  return Object.hasOwn(FORMAT_NAMES, format);
}

function formatOf(config: WalletConfig, bytes: Uint8Array): HotkeyFormat {
  if (config.kind === "bittensor") return envelopeFormat(bytes) ?? "plain";
  return config.kind === "mnemonic-file" ? "mnemonic" : "seed";
}

async function signerFrom(config: WalletConfig, path: string, bytes: Uint8Array): Promise<Signer> {
  const wasm = await wasmCrypto();
  const pair = readKey(wasm, config.kind, bytes);
  if (isProblem(pair)) throw unusable(path, pair);
  return signer(wasm, pair);
}

function unusable(path: string, { problem, remedy }: KeyProblem): ValidatorError {
  return keyError({ problem: `The hotkey in ${path} cannot be used: ${problem}.`, remedy });
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
