import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type ConfigSources, loadConfig, walletOutside } from "../adapters/system/config.ts";
import { readPublicFile } from "../adapters/wallet/public-file.ts";
import { type Hotkey, lockedHotkey, openHotkey } from "../adapters/wallet/wallet.ts";
import type { WalletConfig } from "../core/model/config.ts";
import { EXIT_CODES } from "../core/model/fault.ts";
import { neededWallet, passwordSources } from "./hotkey.ts";
import type { WalletShape } from "./machine-types.ts";
import { overridesOf, type WalletFlags } from "./options.ts";
import type { Output } from "./output.ts";

/**
 * Which key the wallet holds and in which form. An encrypted one without its password is told by the `pub.txt` beside it, as
 * that file's claim.
 * @throws ValidatorError exit `key` for a key that cannot be used, or that is encrypted without password and `pub.txt`.
 */
export async function walletShow(options: WalletFlags, output: Output): Promise<number> {
  const wallet = neededWallet(walletOf(options));
  const { passwordFile } = options;
  const hotkey = await openHotkey(wallet, {
    ...passwordSources((format) => {
      if (output.quiet) return;
      process.stderr.write(`Opening the encrypted hotkey (${format}); this takes some seconds.\n`);
    }),
    ...(passwordFile === undefined ? {} : { file: resolve(passwordFile) }),
  });
  const shape = await shapeOf(hotkey);
  for (const line of lines(shape, hotkey)) output.say(line);
  output.document(shape);
  return EXIT_CODES.done;
}

/** Flags and environment suffice where there is no configuration. */
function walletOf(options: WalletFlags): WalletConfig | null {
  const sources: ConfigSources = { file: options.config, env: process.env, overrides: overridesOf(options) };
  const named = existsSync(options.config) ? null : walletOutside(sources);
  return named ?? loadConfig(sources).wallet;
}

async function shapeOf(hotkey: Hotkey): Promise<WalletShape> {
  const { path, format, encrypted, signer } = hotkey;
  const place = { format, encrypted, path };
  if (signer !== null) {
    return { ss58: signer.hotkey, publicKey: signer.publicKey, cryptoType: signer.cryptoType, ...place };
  }
  const claim = await readPublicFile(path);
  if (claim === undefined) throw lockedHotkey(hotkey);
  const { hotkey: ss58, publicKey, cryptoType } = claim;
  return { ss58, publicKey, cryptoType, ...place, addressFrom: "public-file" };
}

function lines({ ss58, publicKey, cryptoType, format, path }: WalletShape, { encrypted, signer }: Hotkey): string[] {
  return [
    `hotkey      ${ss58}`,
    `public key  ${publicKey} (${cryptoType})`,
    `file        ${path} (${format}, ${encrypted ? "encrypted" : "not encrypted"})`,
    ...(signer === null
      ? [`No password, so the address is what ${path}pub.txt says; the key itself was not opened.`]
      : []),
    mayValidate(signer?.wellKnown),
  ];
}

function mayValidate(wellKnown: boolean | undefined): string {
  if (wellKnown === true) return "May it validate here: on a localnet only, for everybody knows this development key.";
  return "May it validate here: not to be known offline; registration, stake and permit stand on the chain.";
}
