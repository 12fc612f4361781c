import type { Blame } from "../../core/model/fault.ts";
import type { ChutesFaultCode } from "./fault-sentences.ts";

/** Who was asked: a miner's chute, the reference model, or the platform's catalogue. */
export type Role = "miner" | "judge" | "catalogue";

/** What the words of a row become: code, blame and retryability of the Fault. */
export interface Verdict {
  readonly code: ChutesFaultCode;
  readonly blame: Blame;
  readonly retryable: boolean;
}

export interface StatusRow {
  readonly status: number;
  /** A part of the platform's text, in lower case; null matches any text. The first row that matches counts. */
  readonly text: string | null;
  readonly miner: Verdict;
  /** Where the judge's verdict is not simply the miner's with the blame moved (see fault-of.ts). */
  readonly judge?: Verdict;
}

const no = (code: ChutesFaultCode, blame: Blame): Verdict => ({ code, blame, retryable: false });
const again = (code: ChutesFaultCode, blame: Blame): Verdict => ({ code, blame, retryable: true });

/**
 * The error table of chutes.md §2.8 and chutes-newest.md §3.3. A row blames the miner only where the platform's own words name
 * the chute or its owner. Statuses without a row: see `UNKNOWN_STATUS`.
 */
export const STATUS_ROWS: readonly StatusRow[] = [
  { status: 400, text: null, miner: no("request-rejected", "validator") },
  { status: 401, text: null, miner: no("credentials-rejected", "validator") },
  {
    status: 402,
    text: "creator of this chute",
    miner: no("owner-unfunded", "miner"),
    judge: no("model-unavailable", "judge"),
  },
  { status: 402, text: null, miner: no("account-unfunded", "validator") },
  { status: 403, text: null, miner: no("forbidden", "validator") },
  {
    status: 404,
    text: "no matching chute found",
    miner: no("chute-not-found", "miner"),
    judge: no("model-not-found", "validator"),
  },
  {
    status: 404,
    text: "chute not found",
    miner: no("chute-not-found", "miner"),
    judge: no("model-not-found", "validator"),
  },
  {
    status: 404,
    text: "no matching cord found",
    miner: no("cord-not-found", "miner"),
    judge: no("request-rejected", "validator"),
  },
  { status: 404, text: "model not found", miner: no("model-not-found", "validator") },
  { status: 408, text: null, miner: again("gateway-failed", "platform") },
  { status: 410, text: null, miner: again("instance-gone", "platform") },
  { status: 413, text: null, miner: no("request-too-large", "validator") },
  { status: 422, text: null, miner: no("request-rejected", "validator") },
  { status: 426, text: null, miner: no("tee-required", "miner"), judge: no("model-unavailable", "judge") },
  { status: 429, text: "maximum capacity", miner: again("capacity", "platform") },
  // The instance's own words when all its places are taken (chutes-newest.md §1.2).
  { status: 429, text: "ratelimitexceeded", miner: again("capacity", "platform") },
  { status: 429, text: "limit reached for today", miner: no("rate-limited", "validator") },
  { status: 429, text: "daily", miner: no("rate-limited", "validator") },
  { status: 429, text: null, miner: again("rate-limited", "platform") },
  { status: 500, text: null, miner: again("upstream-failed", "platform") },
  { status: 502, text: null, miner: again("gateway-failed", "platform") },
  {
    status: 503,
    text: "no instances available",
    miner: again("chute-cold", "miner"),
    judge: again("model-unavailable", "judge"),
  },
  {
    status: 503,
    text: "currently disabled",
    miner: no("chute-disabled", "miner"),
    judge: no("model-unavailable", "judge"),
  },
  { status: 503, text: null, miner: again("gateway-failed", "platform") },
  { status: 504, text: null, miner: again("gateway-failed", "platform") },
];

/** 429 without JSON and without any `X-Chutes-` header: the edge, not the application (chutes.md §1.1). */
export const EDGE_REFUSED: Verdict = no("edge-refused", "validator");

/**
 * A 4xx that is provably the chute's own: the platform says that it invoked the chute (invocation id) and the body is a JSON object
 * that is not in the platform's form `{"detail": …}`. On a conforming request that is the miner's (judging.md §3.1).
 */
export const OWN_REFUSAL: Verdict = no("answer-malformed", "miner");

/** Everything else that is no answer is not proven to be anybody's, so it is the platform's. */
export const UNKNOWN_STATUS: { readonly client: Verdict; readonly server: Verdict; readonly other: Verdict } = {
  client: no("upstream-failed", "platform"),
  server: again("gateway-failed", "platform"),
  other: no("upstream-failed", "platform"),
};
