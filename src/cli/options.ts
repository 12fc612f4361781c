/** Options that several commands share, with the names that btcli gave them (DESIGN §6). */
export interface CommonOptions {
  readonly config: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly network?: string;
  readonly wallet?: string;
  readonly walletHotkey?: string;
  readonly walletPath?: string;
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
