/** Events with constant names and facts; no secrets, no miner text (style.md §5.19). */
export interface Telemetry {
  event(level: "debug" | "info" | "warn" | "error", name: string, facts: Readonly<Record<string, unknown>>): void;
  /** Something that takes over a second: `done` of `total`. */
  progress(stage: string, done: number, total: number): void;
}

export const SILENT: Telemetry = { event: () => undefined, progress: () => undefined };
