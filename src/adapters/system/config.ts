import { homedir } from "node:os";
import { dirname, resolve } from "node:path";
import type { Config, NetworkConfig, WalletConfig } from "../../core/model/config.ts";
import { ValidatorError } from "../../core/model/fault.ts";
import type { ScoringConfig } from "../../core/model/pack.ts";
import { type ReadConfig, readConfigFile } from "./config-file.ts";
import type { FileConfig, FileWallet } from "./config-shape.ts";
import { nearestName } from "./nearest-name.ts";
import { isNetwork, NETWORK_NAMES, parseEndpoints, resolveNetwork } from "./networks.ts";
import type { Overrides } from "./outside.ts";
import { outside, outsideWallet } from "./outside.ts";
import type { Environment } from "./secrets.ts";

export interface ConfigSources {
  readonly file: string;
  readonly env: Environment;
  readonly overrides: Overrides;
}

/** The folder and names that the Python tools use when nothing else is said. */
const WALLETS = "~/.bittensor/wallets";
const DEFAULT_NAME = "default";

/**
 * The effective configuration: flag before environment before file before default (DESIGN §6). Paths become absolute:
 * those in the file are relative to its folder, those of flags and environment to the working folder; `~` is the home.
 * @throws ValidatorError exit `configuration` with one line a wrong field.
 */
export function loadConfig(sources: ConfigSources): Config {
  return settle(readConfigFile(sources.file, sources.env), sources);
}

/** What a configuration file that was read amounts to. @throws ValidatorError exit `configuration`. */
export function settle({ config: file }: ReadConfig, sources: ConfigSources): Config {
  const paths = pathsOf(sources);
  const { chutes, limits, retention } = file;
  return {
    network: networkOf(file, sources),
    netuid: file.netuid,
    mechid: file.mechid,
    versionKey: file.versionKey,
    wallet: walletOf(file.wallet, sources, paths),
    compareWith: file.compareWith,
    chutes: { ...chutes, apiKeyFile: chutes.apiKeyFile === null ? null : paths.inFile(chutes.apiKeyFile) },
    limits: {
      requests: limits.requests,
      microUsd: limits.microUsd,
      answerMs: milliseconds(limits.answerSeconds),
      judgeMs: milliseconds(limits.judgeSeconds),
      idleMs: milliseconds(limits.idleSeconds),
      catalogueMs: milliseconds(limits.catalogueSeconds),
      attempts: limits.attempts,
      answerBytes: limits.answerBytes,
    },
    pack: file.pack,
    scoring: scoringOf(file),
    data: paths.inFile(file.data),
    retention: {
      bundleDays: retention.bundles.days,
      bundleBytes: retention.bundles.megabytes === null ? null : Math.ceil(retention.bundles.megabytes * 1e6),
      records: retention.records,
    },
  };
}

/** The wallet that flags and environment name where there is no file; null when they name none. @throws ValidatorError exit `configuration`. */
export function walletOutside(sources: ConfigSources): WalletConfig | null {
  return walletOf(undefined, sources, pathsOf(sources));
}

interface Paths {
  readonly inFile: (path: string) => string;
  readonly outside: (path: string) => string;
}

function pathsOf({ file, env }: ConfigSources): Paths {
  const home = env["HOME"] ?? homedir();
  const expand = (path: string): string => path.replace(/^~(?=\/|$)/, () => home);
  const folder = dirname(resolve(file));
  return { inFile: (path) => resolve(folder, expand(path)), outside: (path) => resolve(expand(path)) };
}

function networkOf(file: FileConfig, sources: ConfigSources): NetworkConfig {
  const given = outside("network", sources)?.value;
  if (given !== undefined && !isNetwork(given)) {
    const near = nearestName(given, NETWORK_NAMES);
    throw refused(
      `There is no network of that name${near === undefined ? "" : `; did you mean ${near}?`}`,
      "Give --network or BT_NETWORK as finney, test, local, or the ws:// or wss:// address of a node.",
    );
  }
  const network = resolveNetwork({
    name: given ?? file.network ?? "finney",
    genesis: file.genesis,
    fallbacks: listed("fallbackEndpoints", file, sources),
    archives: listed("archiveEndpoints", file, sources),
    requestsPerMinute: file.chainRequestsPerMinute,
  });
  const contradicts = given === undefined && file.genesis !== null && network.genesis !== file.genesis;
  if (contradicts) {
    throw refused(
      `The genesis hash in the configuration is not that of the network ${network.name}`,
      "Leave genesis out: it is known for finney and test.",
    );
  }
  return network;
}

/** Null when nobody names any. Those in the file belong to its network, not to one that flag or environment put in its place. */
function listed(
  field: "fallbackEndpoints" | "archiveEndpoints",
  file: FileConfig,
  sources: ConfigSources,
): readonly string[] | null {
  const said = outside(field, sources);
  if (said === undefined) {
    const inFile = file[field];
    return inFile === undefined || outside("network", sources) !== undefined ? null : parseEndpoints(inFile);
  }
  const endpoints = parseEndpoints(said.value);
  if (endpoints !== null) return endpoints;
  throw refused(
    `${said.name} is no list of nodes.`,
    "Give addresses that begin with ws:// or wss://, with commas between them, or none.",
  );
}

function walletOf(file: FileWallet | undefined, sources: ConfigSources, paths: Paths): WalletConfig | null {
  const said = outsideWallet(sources);
  if (Object.values(said).every((part) => part === undefined)) {
    if (file === undefined) return null;
    if (file.mnemonicFile !== undefined) return { kind: "mnemonic-file", file: paths.inFile(file.mnemonicFile) };
    if (file.seedFile !== undefined) return { kind: "seed-file", file: paths.inFile(file.seedFile) };
  }
  return {
    kind: "bittensor",
    path: said.path === undefined ? paths.inFile(file?.path ?? WALLETS) : paths.outside(said.path),
    name: said.name ?? file?.name ?? DEFAULT_NAME,
    hotkey: said.hotkey ?? file?.hotkey ?? DEFAULT_NAME,
    ...(file?.passwordFile === undefined ? {} : { passwordFile: paths.inFile(file.passwordFile) }),
  };
}

function scoringOf({ judge, scoring, tasks }: FileConfig): ScoringConfig {
  const { temperature, ...rest } = scoring;
  return { tasks, ...rest, policy: { id: "softmax", temperature }, judge };
}

function milliseconds(seconds: number): number {
  return Math.max(1, Math.round(seconds * 1000));
}

function refused(what: string, remedy: string): ValidatorError {
  return new ValidatorError(/[?.]$/.test(what) ? what : `${what}.`, {
    exit: "configuration",
    code: "config-invalid",
    blame: "validator",
    remedy,
  });
}
