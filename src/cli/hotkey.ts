import type { PasswordSources } from "../adapters/wallet/password.ts";
import type { WalletConfig } from "../core/model/config.ts";
import { ValidatorError } from "../core/model/fault.ts";
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
