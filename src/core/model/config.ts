import type { Hex, Ss58 } from "./ids.ts";
import type { ScoringConfig } from "./pack.ts";

/** The validated configuration: what touchstone.yaml, environment and flags amount to. Holds paths of secrets, never secrets. */
export interface Config {
  readonly network: NetworkConfig;
  readonly netuid: number;
  readonly mechid: number;
  /** The newest version key of the subnet's owner that this installation is meant for; null follows the owner's. */
  readonly versionKey: number | null;
  readonly wallet: WalletConfig | null;
  /** Dry run without a key: whose on-chain row to compare with. */
  readonly compareWith: Ss58 | null;
  readonly chutes: ChutesConfig;
  readonly limits: LimitsConfig;
  readonly pack: string;
  readonly scoring: ScoringConfig;
  /** Absolute path of the data folder: journal, lock, bundles. */
  readonly data: string;
  readonly retention: RetentionConfig;
}

/** How long what a data folder holds is kept; null keeps bundles for ever. */
export interface RetentionConfig {
  readonly bundleDays: number | null;
  readonly bundleBytes: number | null;
  /** Records of so many newest sealed cycles of a mechanism stay in the journal. */
  readonly records: number;
}

export interface NetworkConfig {
  /** As given: `finney`, `test`, `local` or a URL. */
  readonly name: string;
  /** Addresses of nodes in the order of preference, at least one. */
  readonly endpoints: readonly string[];
  /** Nodes that keep the state of every block, for reads of what those have discarded. */
  readonly archiveEndpoints: readonly string[];
  /** Requests a minute to any one of them; null for what each is known to bear. */
  readonly requestsPerMinute: number | null;
  /** The only genesis hash that is accepted; null for `local` and URLs without one in the configuration. */
  readonly genesis: Hex | null;
}

export type WalletConfig =
  | {
      readonly kind: "bittensor";
      readonly path: string;
      readonly name: string;
      readonly hotkey: string;
      /** A 0600 file with the password of an encrypted hotkey; absent when it has none, or another source has it. */
      readonly passwordFile?: string;
    }
  | { readonly kind: "mnemonic-file"; readonly file: string }
  | { readonly kind: "seed-file"; readonly file: string };

export type SigningDialect = "epistula-v2" | "legacy-004" | "none";

export interface ChutesConfig {
  /** A 0600 file with the API key; null when CHUTES_API_KEY has it. */
  readonly apiKeyFile: string | null;
  /** Management API, e.g. https://api.chutes.ai */
  readonly api: string;
  /** OpenAI dialect without the /v1, e.g. https://llm.chutes.ai */
  readonly llm: string;
  /** Where requests for `{slug}.<domain>` are sent instead of the slug's own host, with the slug in Host; null on the real platform. */
  readonly invoke: string | null;
  /** Domain of the slug hosts. */
  readonly domain: string;
  readonly signing: SigningDialect;
  readonly requestsPerMinute: number;
  readonly concurrency: number;
}

export interface LimitsConfig {
  /** Hard caps of one cycle, refused before sending. */
  readonly requests: number;
  readonly microUsd: number;
  /** Deadline of one attempt of a miner's answer and of a judge call. */
  readonly answerMs: number;
  readonly judgeMs: number;
  /** Silence in a stream after which it is given up. */
  readonly idleMs: number;
  readonly catalogueMs: number;
  readonly attempts: number;
  readonly answerBytes: number;
}
