import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Digest, Hex } from "../core/model/ids.ts";
import { PLATFORM_MODELS } from "./chutes/platform-models.ts";
import { dataFolder } from "./former-data.ts";
import { type ValidatorKey, writeSecret, writeWalletFolder } from "./wallet-folder.ts";

export interface LocalnetAddresses {
  readonly node: string;
  readonly chutes: string;
  readonly genesis: Hex;
  readonly netuid: number;
  readonly apiKey: string;
}

/** Writes wallet folder, API key file and `touchstone.yaml` below `dir`; all paths in it are absolute. */
export async function writeLocalnetFiles(
  dir: string,
  seed: Digest,
  key: ValidatorKey,
  addresses: LocalnetAddresses,
): Promise<{ readonly wallet: string; readonly config: string }> {
  const wallet = await writeWalletFolder(join(dir, "wallets"), seed, key);
  const apiKeyFile = join(dir, "chutes-api-key");
  await writeSecret(apiKeyFile, `${addresses.apiKey}\n`);
  const config = join(dir, "touchstone.yaml");
  await writeFile(config, configText(addresses, { wallet, apiKeyFile, data: dataFolder(dir) }));
  return { wallet, config };
}

/** Needs no environment variable; request rate and least number of eligible miners are the localnet's own (DESIGN §6). */
function configText(
  addresses: LocalnetAddresses,
  paths: { readonly wallet: string; readonly apiKeyFile: string; readonly data: string },
): string {
  const [judge] = PLATFORM_MODELS;
  const quoted = (text: string): string => JSON.stringify(text);
  return [
    `network: ${addresses.node}`,
    `genesis: "${addresses.genesis}"`,
    `netuid: ${addresses.netuid}`,
    "mechid: 0",
    `wallet: { path: ${quoted(paths.wallet)}, name: validator, hotkey: default }`,
    "chutes:",
    `  apiKeyFile: ${quoted(paths.apiKeyFile)}`,
    `  api: ${addresses.chutes}`,
    `  llm: ${addresses.chutes}`,
    `  invoke: ${addresses.chutes}`,
    "  domain: chutes.ai",
    "  requestsPerMinute: 6000",
    "  concurrency: 16",
    `judge: { model: ${quoted(judge?.chute.name ?? "")}, chuteId: ${judge?.chute.chuteId ?? ""} }`,
    "scoring: { minEligible: 3 }",
    `data: ${quoted(paths.data)}`,
    "",
  ].join("\n");
}
