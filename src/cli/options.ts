/** Options that several commands share, with the names that btcli gave them (DESIGN §6). */
export interface CommonOptions {
  readonly config: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly network?: string;
  readonly fallbackEndpoints?: string;
  readonly archiveEndpoints?: string;
  readonly wallet?: string;
  readonly walletHotkey?: string;
  readonly walletPath?: string;
  /** Of run and once only. */
  readonly acceptDoppelgangerRisk?: boolean;
}

/** Flags that go before environment and file, for the configuration's loader. */
export function overridesOf(options: Partial<CommonOptions>): Record<string, string> {
  const { network, fallbackEndpoints, archiveEndpoints, wallet, walletHotkey, walletPath } = options;
  return Object.fromEntries(
    Object.entries({ network, fallbackEndpoints, archiveEndpoints, wallet, walletHotkey, walletPath }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
}

/** How much is said on standard error. */
export function levelOf({ quiet, verbose }: Pick<CommonOptions, "quiet" | "verbose">): "warn" | "debug" | "info" {
  if (quiet === true) return "warn";
  return verbose === true ? "debug" : "info";
}

export interface WalletFlags extends Partial<CommonOptions> {
  readonly config: string;
  readonly passwordFile?: string;
}

export interface InitFlags {
  readonly config: string;
  readonly network?: string;
  readonly netuid?: string;
  readonly wallet?: string;
  readonly walletHotkey?: string;
  readonly walletPath?: string;
  readonly apiKeyFile?: string;
  readonly judgeModel?: string;
  /** Take the default of whatever has one instead of asking. */
  readonly yes?: boolean;
  /** Replace a file that is there. */
  readonly force?: boolean;
}

export interface LocalnetFlags {
  readonly seed: number;
  readonly miners: number;
  readonly tempo: number;
  readonly blockMs: number;
  readonly finalityLag: number;
  readonly commitReveal: boolean;
  readonly metadata?: string;
  readonly faults?: string;
  readonly portNode: number;
  readonly portChutes: number;
  readonly dir: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}
