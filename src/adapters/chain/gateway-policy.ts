/**
 * How public gateways say that they do not want this traffic (chain-newest.md §5, N14): 403 or 429 at the handshake, two
 * JSON-RPC codes, and the close code for a breach of policy.
 */
export interface GatewayRefusal {
  /** E.g. `HTTP 429`. */
  readonly how: string;
  /** Milliseconds to leave the gateway alone; null when it does not say. */
  readonly waitMs: number | null;
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What counts when a gateway refuses without a time. */
export const DEFAULT_REST_MS = 60_000;
/** A longer wait, by mistake or malice, would cost epochs without anybody having asked for that. */
const MAX_REST_MS = 3_600_000;
const REFUSED_STATUS: ReadonlySet<number> = new Set([403, 429]);
const REFUSED_CODE: ReadonlySet<number> = new Set([-32_004, -32_005]);
const POLICY_CLOSE = 1008;
/** Seconds that cannot be a duration: a point in time since 1970. */
const EPOCH_SECONDS = 1_000_000_000;

export function handshakeRefusal(status: number, headers: Headers, nowMs: number): GatewayRefusal | null {
  if (!REFUSED_STATUS.has(status)) return null;
  const waitMs = waitOf(headers["retry-after"], nowMs) ?? waitOf(headers["x-ratelimit-reset"], nowMs);
  return { how: `HTTP ${status}`, waitMs };
}

/** `data` is the error's, as text; a gateway may put the time there as `retry_after` or `retryAfter`, in seconds. */
export function rpcRefusal(code: number, data: string): GatewayRefusal | null {
  if (!REFUSED_CODE.has(code)) return null;
  const [, seconds] = /"retry_?after"\s*:\s*"?(\d{1,10}(?:\.\d{1,9})?)/i.exec(data) ?? [];
  return { how: `JSON-RPC error ${code}`, waitMs: seconds === undefined ? null : bounded(Number(seconds) * 1000) };
}

export function closeRefusal(code: number): GatewayRefusal | null {
  return code === POLICY_CLOSE ? { how: `close code ${code}`, waitMs: null } : null;
}

/** Milliseconds from 0 to an hour; the value is seconds, seconds since 1970, or an HTTP date. Null for anything else. */
export function waitOf(value: string | readonly string[] | undefined, nowMs: number): number | null {
  const text = (typeof value === "string" ? value : value?.[0])?.trim();
  if (text === undefined || text === "" || text.length > 64) return null;
  if (/^\d{1,15}(?:\.\d+)?$/.test(text)) {
    const seconds = Number(text);
    return bounded(seconds >= EPOCH_SECONDS ? seconds * 1000 - nowMs : seconds * 1000);
  }
  // Date.parse takes almost anything that has digits in it for a date.
  const date = /^[A-Z][a-z]{2,8}, .+ GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : bounded(date - nowMs);
}

function bounded(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), MAX_REST_MS);
}
