import type { PasswordSources } from "../adapters/wallet/password.ts";
import { readPublicFile } from "../adapters/wallet/public-file.ts";
import { openHotkey } from "../adapters/wallet/wallet.ts";
import type { WalletConfig } from "../core/model/config.ts";
import { ValidatorError } from "../core/model/fault.ts";
import type { Ss58 } from "../core/model/ids.ts";
import { Terminal } from "./terminal.ts";

/** The wallet that signs. @throws ValidatorError exit `configuration` when none is configured. */
export function neededWallet(wallet: WalletConfig | null): WalletConfig {
  if (wallet !== null) return wallet;
  throw new ValidatorError("No wallet is configured, so nothing can be signed.", {
    exit: "configuration",
    code: "wallet-missing",
    blame: "validator",
    remedy: "Add wallet: { path, name, hotkey } to the configuration, or use dry-run, which needs none.",
  });
}

/**
 * The address of a wallet's hotkey as far as it can be told without a password: by the key itself, or by the `pub.txt` beside an
 * encrypted one. Null when it cannot, for one as when the key has not been copied to this host yet.
 */
export async function publicHotkey(wallet: WalletConfig): Promise<Ss58 | null> {
  const { kind } = wallet;
  const open = kind === "bittensor" ? { kind, path: wallet.path, name: wallet.name, hotkey: wallet.hotkey } : wallet;
  try {
    const { path, signer } = await openHotkey(open, { env: {} });
    return signer?.hotkey ?? (await readPublicFile(path))?.hotkey ?? null;
  } catch (error) {
    if (error instanceof ValidatorError && error.exit === "key") return null;
    throw error;
  }
}

/** Where this process looks for the password of an encrypted hotkey; a person is asked on a terminal only. */
export function passwordSources(deriving: (format: string) => void): PasswordSources {
  const attended = process.stdin.isTTY && process.stderr.isTTY;
  return { env: process.env, deriving, ...(attended ? { ask } : {}) };
}

/** The end of the input is no answer. */
async function ask(question: string): Promise<string | undefined> {
  using terminal = new Terminal();
  try {
    return await terminal.askHidden(question);
  } catch (error) {
    if (error instanceof ValidatorError && error.code === "input-ended") return undefined;
    throw error;
  }
}
