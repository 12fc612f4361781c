import { resolve } from "node:path";
import { defaultRequestsPerMinute } from "../../core/chain/public-endpoint.ts";
import type { Config, WalletConfig } from "../../core/model/config.ts";
import { ValidatorError } from "../../core/model/fault.ts";
import { type ConfigSources, settle } from "./config.ts";
import { type GivenField, type ReadConfig, readConfigFile } from "./config-file.ts";
import type { FileConfig } from "./config-shape.ts";
import { type OutsideField, outside } from "./outside.ts";
import { withoutCredentials } from "./secret-text.ts";
import { readApiKey } from "./secrets.ts";

export interface EffectiveConfig {
  /** Absolute path of the file. */
  readonly file: string;
  readonly fields: readonly EffectiveField[];
  readonly apiKey: ApiKeyOrigin;
}

export interface EffectiveField {
  /** Its name in the file, e.g. `chutes.api`. */
  readonly field: string;
  readonly value: string | number | null;
  readonly origin: "flag" | "environment" | "file" | "default";
  /** Name of the flag or variable. */
  readonly name?: string;
  /** Line of the file. */
  readonly line?: number;
}

/** Whether there is a usable API key and where it was looked for; never its text. */
export interface ApiKeyOrigin {
  readonly present: boolean;
  readonly origin: "file" | "environment";
  /** Path of the file, or name of the variable. */
  readonly name: string;
  /** Why it cannot be used. */
  readonly problem?: string;
}

/**
 * The effective value of every field and where it came from. A text into which the file puts an environment variable is shown
 * as the file writes it, and the address of a node without user, path and query: both may hold a secret.
 * @throws ValidatorError exit `configuration`, as for any command.
 */
export function effectiveConfig(sources: ConfigSources): EffectiveConfig {
  const read = readConfigFile(sources.file, sources.env);
  const config = settle(read, sources);
  const fields = Object.entries(valuesOf(config, read.config)).map(([field, value]) =>
    effectiveField(field, value, read.given.get(field), sources),
  );
  return { file: resolve(sources.file), fields, apiKey: apiKeyOf(config, read, sources) };
}

type Plain = string | number | null;

/** Units and names of the file, settled values. */
function valuesOf(config: Config, file: FileConfig): Readonly<Record<string, Plain>> {
  const { network: _network, fallbackEndpoints: _fallbacks, archiveEndpoints: _archives, ...known } = file;
  const { wallet: _wallet, chutes, judge, tasks, scoring, limits, retention, ...top } = known;
  const [preferred = "", ...fallbacks] = config.network.endpoints;
  return {
    network: withoutCredentials(config.network.name),
    fallbackEndpoints: listOf(fallbacks),
    archiveEndpoints: listOf(config.network.archiveEndpoints),
    ...top,
    chainRequestsPerMinute: config.network.requestsPerMinute ?? defaultRequestsPerMinute(preferred),
    genesis: config.network.genesis,
    ...walletValues(config.wallet),
    ...named("chutes", { ...chutes, apiKeyFile: config.chutes.apiKeyFile }),
    ...named("judge", judge),
    ...named("tasks", tasks),
    ...named("scoring", scoring),
    ...named("limits", limits),
    ...named("retention.bundles", retention.bundles),
    "retention.records": retention.records,
    data: config.data,
  };
}

function listOf(endpoints: readonly string[]): string {
  return endpoints.map(withoutCredentials).join(",") || "none";
}

function named(section: string, values: Readonly<Record<string, Plain>>): Readonly<Record<string, Plain>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${section}.${name}`, value]));
}

function walletValues(wallet: WalletConfig | null): Readonly<Record<string, Plain>> {
  switch (wallet?.kind) {
    case undefined:
      return { wallet: null };
    case "bittensor":
      return named("wallet", {
        path: wallet.path,
        name: wallet.name,
        hotkey: wallet.hotkey,
        ...(wallet.passwordFile === undefined ? {} : { passwordFile: wallet.passwordFile }),
      });
    case "mnemonic-file":
      return { "wallet.mnemonicFile": wallet.file };
    case "seed-file":
      return { "wallet.seedFile": wallet.file };
  }
}

const OUTSIDE: ReadonlySet<string> = new Set<OutsideField>([
  "network",
  "fallbackEndpoints",
  "archiveEndpoints",
  "wallet.path",
  "wallet.name",
  "wallet.hotkey",
]);

function effectiveField(
  field: string,
  value: Plain,
  given: GivenField | undefined,
  sources: ConfigSources,
): EffectiveField {
  const said = OUTSIDE.has(field) ? outside(field as OutsideField, sources) : undefined;
  if (said !== undefined) return { field, value, origin: said.origin, name: said.name };
  // The file's lists of nodes go with the file's network.
  const replaced = /^(?:fallback|archive)Endpoints$/.test(field) && outside("network", sources) !== undefined;
  if (given === undefined || replaced) return { field, value, origin: "default" };
  const shown = typeof value === "string" ? (given.written ?? value) : value;
  return { field, value: shown, origin: "file", line: given.line };
}

function apiKeyOf(config: Config, { given }: ReadConfig, { env }: ConfigSources): ApiKeyOrigin {
  const { apiKeyFile } = config.chutes;
  const written = given.get("chutes.apiKeyFile")?.written;
  const place =
    apiKeyFile === null
      ? ({ origin: "environment", name: "CHUTES_API_KEY" } as const)
      : ({ origin: "file", name: written ?? apiKeyFile } as const);
  try {
    readApiKey(config.chutes, env);
    return { present: true, ...place };
  } catch (error) {
    if (!(error instanceof ValidatorError)) throw error;
    const problem = apiKeyFile === null ? error.message : error.message.replaceAll(apiKeyFile, place.name);
    return { present: false, ...place, problem };
  }
}
