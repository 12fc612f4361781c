import type { Telemetry } from "../../ports/telemetry.ts";

/**
 * `@polkadot/api` writes to the console, to stdout too, which belongs to our JSON (DESIGN §6). Its lines have a fixed shape,
 * `console.x("YYYY-MM-DD HH:mm:ss", "       API/INIT:", …)`, so these and no others are taken off the console.
 */
const DATE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;
const SCOPE = /^\s*([A-Z0-9/_-]+):$/;
const METHODS = ["log", "warn", "error"] as const;

let sink: Telemetry | null = null;

/** Sends the library's lines to the telemetry as debug events without their text, which may hold the endpoint's key. */
export function quietPolkadot(telemetry: Telemetry): void {
  const installed = sink !== null;
  sink = telemetry;
  if (installed) return;
  for (const method of METHODS) {
    // biome-ignore lint/suspicious/noConsole: the library's use of the console is what is taken over.
    const original = console[method].bind(console);
    console[method] = (...args: unknown[]): void => {
      const scope = scopeOf(args);
      if (scope === null) original(...args);
      else sink?.event("debug", "chain.library-log", { level: method, scope });
    };
  }
}

function scopeOf(args: readonly unknown[]): string | null {
  const [date, scope] = args;
  if (typeof date !== "string" || typeof scope !== "string" || !DATE.test(date)) return null;
  return SCOPE.exec(scope)?.[1] ?? null;
}
