import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { toHex } from "../core/determinism/digest.ts";
import { randomStream } from "../core/determinism/random.ts";
import type { Digest, Ss58 } from "../core/model/ids.ts";
import { addressOf, isMnemonic, type KeyPair, keyPairFromSeed, miniSecret } from "./chutes/sr25519.ts";
import { secretOf } from "./population.ts";

/** The localnet validator's hotkey; its phrase is made from the seed and protects nothing. */
export interface ValidatorKey {
  readonly mnemonic: string;
  readonly hotkey: Ss58;
  readonly pair: KeyPair;
  readonly seed: Uint8Array;
}

/** Words of the BIP-39 list; a phrase from the seed needs no more of them. */
const WORDS: readonly string[] = (
  "acoustic anchor apple arctic atom autumn bamboo beach blossom bridge bronze cabin canyon castle cherry cloud " +
  "copper coral cradle crystal desert dolphin eagle earth echo elbow energy engine fabric festival forest fossil " +
  "galaxy garden giraffe globe harbor harvest hawk hurdle island ivory jungle kitten ladder lemon lizard maple " +
  "marble meadow mirror mountain ocean olive orbit oyster palace pepper pilot planet quantum rabbit raven river"
).split(" ");

/** Twelve words drawn from the seed until their checksum is right, which one draw in sixteen is. */
export function makeValidatorKey(seed: Digest): ValidatorKey {
  const random = randomStream(seed, "validator-mnemonic");
  for (;;) {
    const mnemonic = Array.from({ length: 12 }, () => random.pick(WORDS)).join(" ");
    if (isMnemonic(mnemonic)) return keyFromMnemonic(mnemonic);
  }
}

export function keyFromMnemonic(mnemonic: string): ValidatorKey {
  const seed = miniSecret(mnemonic);
  const pair = keyPairFromSeed(seed);
  return { mnemonic, hotkey: addressOf(pair.publicKey), pair, seed };
}

/**
 * Writes `<root>/validator/hotkeys/default` and the public files as the Python tools do (all seven fields, mode 0600), and
 * no coldkey. Returns the wallet path, `root`.
 */
export async function writeWalletFolder(root: string, seed: Digest, key: ValidatorKey): Promise<string> {
  const wallet = join(root, "validator");
  await mkdir(join(wallet, "hotkeys"), { recursive: true, mode: 0o700 });
  const cold = keyPairFromSeed(secretOf(seed, "coldkey"));
  await writeSecret(join(wallet, "coldkeypub.txt"), JSON.stringify(publicFields(cold.publicKey)));
  await writeSecret(join(wallet, "hotkeys", "defaultpub.txt"), JSON.stringify(publicFields(key.pair.publicKey)));
  await writeSecret(join(wallet, "hotkeys", "default"), JSON.stringify(keyfileFields(key)));
  return root;
}

/** A file for its owner alone, also where one with other permissions stood before. */
export async function writeSecret(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  await chmod(path, 0o600);
}

function publicFields(publicKey: Uint8Array): Record<string, unknown> {
  return {
    accountId: toHex(publicKey),
    publicKey: toHex(publicKey),
    ss58Address: addressOf(publicKey),
    cryptoType: 1,
  };
}

/** A keyfile made from a mnemonic has all seven fields, `cryptoType` 1 for sr25519 (sdk-vectors/README.md, keyfiles). */
export function keyfileFields(key: ValidatorKey): Record<string, unknown> {
  return {
    ...publicFields(key.pair.publicKey),
    privateKey: toHex(canonicalSecret(key.pair.secret)),
    secretPhrase: key.mnemonic,
    secretSeed: toHex(key.seed),
  };
}

/** The Python tools keep the scalar itself where polkadot-js keeps eight times it; the nonce half is the same. */
function canonicalSecret(expanded: Uint8Array): Uint8Array {
  const result = Uint8Array.from(expanded);
  let carry = 0;
  for (let at = 31; at >= 0; at -= 1) {
    const byte = expanded[at] ?? 0;
    result[at] = (byte >> 3) | (carry << 5);
    carry = byte & 7;
  }
  return result;
}
