import { decodeSs58, encodeSs58 } from "../../core/signing/ss58.ts";
import { envelopeFormat } from "./envelope.ts";
import {
  ed25519FromSeed,
  isProblem,
  type KeyPair,
  type KeyProblem,
  mnemonicSeed,
  sr25519FromSecret,
  sr25519FromSeed,
} from "./key-pair.ts";
import { hexSeed } from "./secret-uri.ts";
import type { WasmCrypto } from "./wasm-crypto.ts";

type Curve = KeyPair["cryptoType"];
type Maker = (curve: Curve) => KeyPair | KeyProblem;

/**
 * A hotkey file of the Python wallets, decrypted where it was encrypted (rules measured on both readers: reference vectors `keyfiles.json`). Of the secret
 * fields `secretPhrase`, `secretSeed`, `privateKey` the first present decides. `ss58Address`, when present, must be that
 * key's; it also decides between the curves when `cryptoType` is wrong or missing. A bare seed, private key or mnemonic
 * is read like the newer of the two readers does.
 */
export function readKeyfile(wasm: WasmCrypto, bytes: Uint8Array): KeyPair | KeyProblem {
  if (envelopeFormat(bytes) !== undefined) return unreadable("it is encrypted twice");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return unreadable("it is not UTF-8 text");
  }
  return text.trimStart().startsWith("{") ? fromJson(wasm, text) : fromBareText(wasm, text.trim());
}

function fromJson(wasm: WasmCrypto, text: string): KeyPair | KeyProblem {
  let fields: Readonly<Record<string, unknown>>;
  try {
    fields = JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch (error) {
    // The parser's own words quote the text, and the text is the secret.
    if (error instanceof SyntaxError) return unreadable("its JSON is damaged");
    throw error;
  }
  if ("encoded" in fields) return unreadable("it is an export of polkadot.js or a mobile wallet");
  const make = maker(wasm, fields);
  if (isProblem(make)) return make;
  const declared = curveOf(fields["cryptoType"]);
  if (declared === undefined) return unreadable("its cryptoType is neither 0 (ed25519) nor 1 (sr25519)");
  return choose(make, declared, fields["ss58Address"] ?? null);
}

function maker(wasm: WasmCrypto, fields: Readonly<Record<string, unknown>>): Maker | KeyProblem {
  for (const [name, make] of Object.entries(MAKERS)) {
    const value = fields[name] ?? null;
    if (value === null) continue;
    if (typeof value !== "string") return unreadable(`its ${name} is not a text`);
    return make(wasm, value);
  }
  if (typeof fields["ss58Address"] === "string") {
    return {
      problem: "it holds a public key only",
      remedy: "Name the hotkey file itself, not the one that ends in pub.txt.",
    };
  }
  return unreadable("it has no secretPhrase, secretSeed or privateKey");
}

const MAKERS: Readonly<Record<string, (wasm: WasmCrypto, value: string) => Maker | KeyProblem>> = {
  secretPhrase: (wasm, value) => fromSeed(wasm, mnemonicSeed(wasm, value)),
  secretSeed: (wasm, value) => fromSeed(wasm, hexSeed(value.replace(/^0x/i, ""))),
  privateKey: fromPrivateKey,
};

function fromSeed(wasm: WasmCrypto, seed: Uint8Array | KeyProblem): Maker | KeyProblem {
  if (isProblem(seed)) return seed;
  return (curve) => (curve === "sr25519" ? sr25519FromSeed(wasm, seed) : ed25519FromSeed(wasm, seed));
}

function fromPrivateKey(wasm: WasmCrypto, value: string): Maker | KeyProblem {
  const digits = value.replace(/^0x/i, "");
  if (/^[0-9a-f]{64}$/i.test(digits)) return fromSeed(wasm, hexSeed(digits));
  if (!/^[0-9a-f]{128}$/i.test(digits)) return unreadable("its privateKey has neither 32 nor 64 bytes in hexadecimal");
  const secret = Buffer.from(digits, "hex");
  return (curve) => {
    if (curve === "ed25519") return unreadable("its privateKey has 64 bytes, which no ed25519 key has");
    return sr25519FromSecret(wasm, secret) ?? unreadable("its privateKey is not in the form of the Python wallets");
  };
}

/** Missing, null and anything that is no number the readers know counts as sr25519, as they do. */
function curveOf(value: unknown): Curve | undefined {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0) return "sr25519";
  return ([undefined, "ed25519", "sr25519"] as const)[value + 1];
}

function choose(make: Maker, declared: Curve, address: unknown): KeyPair | KeyProblem {
  const first = make(declared);
  if (address === null) return first;
  const wanted = typeof address === "string" ? decodeSs58(address) : undefined;
  if (wanted === undefined) return unreadable("its ss58Address is not an address");
  for (const pair of [first, make(declared === "sr25519" ? "ed25519" : "sr25519")]) {
    if (!isProblem(pair) && encodeSs58(pair.publicKey) === address) return pair;
  }
  return isProblem(first) ? first : unreadable("its ss58Address is not the address of its key");
}

function fromBareText(wasm: WasmCrypto, text: string): KeyPair | KeyProblem {
  if (text === "") return unreadable("it is empty");
  if (/^(?:0x)?(?:[0-9a-f]{64}|[0-9a-f]{128})$/i.test(text)) {
    const make = fromPrivateKey(wasm, text);
    return isProblem(make) ? make : make("sr25519");
  }
  if (!/^[a-z]+(?: +[a-z]+)+$/.test(text)) return unreadable("it is neither JSON, nor a seed, nor a mnemonic");
  const seed = mnemonicSeed(wasm, text);
  return isProblem(seed) ? seed : sr25519FromSeed(wasm, seed);
}

function unreadable(why: string): KeyProblem {
  return {
    problem: `the file is not a hotkey: ${why}`,
    remedy: "Name the hotkey's file, or make it anew from its mnemonic: btcli wallet regen-hotkey.",
  };
}
