import { ValidatorError } from "../../core/model/fault.ts";
import { looksSecret } from "./secret-text.ts";
import type { Environment } from "./secrets.ts";

/** Flags of the command line, by their names in btcli. */
export interface Overrides {
  readonly network?: string;
  readonly fallbackEndpoints?: string;
  readonly archiveEndpoints?: string;
  readonly wallet?: string;
  readonly walletHotkey?: string;
  readonly walletPath?: string;
}

/** A value from outside the file, and the flag or variable that said it. */
export interface Outside {
  readonly value: string;
  readonly origin: "flag" | "environment";
  readonly name: string;
}

interface Sources {
  readonly env: Environment;
  readonly overrides: Overrides;
}

/** What flags and environment can say, by the names of the fields in the file. */
const FIELDS = {
  network: { override: "network", flag: "--network", variable: "BT_NETWORK" },
  fallbackEndpoints: { override: "fallbackEndpoints", flag: "--fallback-endpoints", variable: "BT_FALLBACK_ENDPOINTS" },
  archiveEndpoints: { override: "archiveEndpoints", flag: "--archive-endpoints", variable: "BT_ARCHIVE_ENDPOINTS" },
  "wallet.path": { override: "walletPath", flag: "--wallet-path", variable: "BT_WALLET_PATH" },
  "wallet.name": { override: "wallet", flag: "--wallet", variable: "BT_WALLET" },
  "wallet.hotkey": { override: "walletHotkey", flag: "--wallet-hotkey", variable: "BT_WALLET_HOTKEY" },
} as const;
export type OutsideField = keyof typeof FIELDS;

/**
 * Flag before environment; an empty one says nothing.
 * @throws ValidatorError exit `configuration` for what looks like a secret, without quoting it.
 */
export function outside(field: OutsideField, { env, overrides }: Sources): Outside | undefined {
  const { override, flag, variable } = FIELDS[field];
  for (const [origin, name, value = ""] of [
    ["flag", flag, overrides[override]],
    ["environment", variable, env[variable]],
  ] as const) {
    if (value === "") continue;
    if (looksSecret(value)) {
      throw refused(`${name} looks like a secret.`, `Give a name or path as ${name}; secrets come from files.`);
    }
    return { value, origin, name };
  }
  return undefined;
}

export function outsideWallet(sources: Sources): {
  readonly path: string | undefined;
  readonly name: string | undefined;
  readonly hotkey: string | undefined;
} {
  const name = outside("wallet.name", sources)?.value;
  const hotkey = outside("wallet.hotkey", sources)?.value;
  for (const [what, given] of Object.entries({ wallet: name, hotkey })) {
    if (given?.includes("/") === true) {
      throw refused(`The name of the ${what} has a / in it.`, "Give the folder as --wallet-path and the name alone.");
    }
  }
  return { path: outside("wallet.path", sources)?.value, name, hotkey };
}

function refused(what: string, remedy: string): ValidatorError {
  return new ValidatorError(what, { exit: "configuration", code: "config-invalid", blame: "validator", remedy });
}
