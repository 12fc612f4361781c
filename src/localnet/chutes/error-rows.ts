import type { Reply } from "./reply.ts";
import { jsonReply, plainReply } from "./reply.ts";

/** Every row of the platform's error table (chutes.md §2.8, chutes-newest.md §3.3) by a name of ours. */
const EDGE_429 = "<html>\r\n<head><title>429 Too Many Requests</title></head>\r\n<body>nginx</body>\r\n</html>\r\n";
const EDGE_504 = "<html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n<body>nginx</body>\r\n</html>\r\n";
const QUOTA = {
  message: "Quota exceeded and account balance is $0.0, please pay with fiat or send tao",
  quota_reset_timestamp: null,
};

export type ErrorRow =
  | "400-json"
  | "401-key"
  | "401-anonymous"
  | "402-balance"
  | "402-subscription"
  | "402-tee-quota"
  | "402-owner"
  | "403-scope"
  | "404-model"
  | "404-chute"
  | "404-cord"
  | "404-read"
  | "410-instance"
  | "413-body"
  | "426-tee"
  | "429-capacity"
  | "429-daily"
  | "429-rate"
  | "500-exhausted"
  | "500-upstream"
  | "502-attestation"
  | "503-cold"
  | "503-disabled"
  | "429-edge"
  | "504-edge";

type Row = readonly [status: number, detail: string | object];

const ROWS: Readonly<Record<Exclude<ErrorRow, "429-edge" | "504-edge">, Row>> = {
  "400-json": [400, "invalid request JSON payload"],
  "401-key": [401, "Can't find a user with that api key in our db :("],
  "401-anonymous": [401, "Authentication required."],
  "402-balance": [402, QUOTA],
  "402-subscription": [402, "Subscription usage cap exceeded. Please add balance to continue."],
  "402-tee-quota": [402, "TEE models require an active subscription or positive balance."],
  // The literal braces are the platform's own slip (chutes-newest.md §0.16).
  "402-owner": [402, "Chute unavailable because the creator of this chute {chute.user_id=} has zero balance"],
  "403-scope": [403, "API key does not have the required scope."],
  "404-model": [404, "model not found: unknown"],
  "404-chute": [404, "No matching chute found!"],
  "404-cord": [404, "No matching cord found!"],
  "404-read": [404, "Chute not found, or does not belong to you"],
  "410-instance": [410, "Instance is gone, rediscover."],
  "413-body": [413, "Request body too large"],
  "426-tee": [426, "The requested chute is not running in a TEE."],
  "429-capacity": [429, "Infrastructure is at maximum capacity, try again later"],
  "429-daily": [429, "Free models limit reached for today"],
  "429-rate": [429, "Rate limit exceeded. Try again later."],
  "500-exhausted": [500, "exhausted all available targets to no avail"],
  "500-upstream": [500, "No result returned from upstream"],
  "502-attestation": [502, "Attestation service unavailable, try again later"],
  "503-cold": [503, "No instances available (yet) for chute_id=unknown"],
  "503-disabled": [503, "This chute is currently disabled."],
};

export const ERROR_ROWS: readonly string[] = [...Object.keys(ROWS), "429-edge", "504-edge"];

/** A refusal as the platform words it; `detail` replaces the row's own text where that names a chute or model. */
export function errorReply(row: ErrorRow, detail?: string): Reply {
  if (row === "429-edge") return plainReply(429, "text/html", EDGE_429);
  if (row === "504-edge") return plainReply(504, "text/html", EDGE_504);
  const [status, text] = ROWS[row];
  return jsonReply(status, { detail: detail ?? text });
}

/** A bare status as a fault asks for it: the table's commonest row with it, else an empty platform error. */
const COMMONEST: Readonly<Record<number, ErrorRow>> = { 429: "429-capacity", 503: "503-cold" };

/** @returns undefined when `value` is neither a row's name nor a status from 400 to 599. */
export function rowOrStatus(value: unknown): Reply | undefined {
  if (typeof value === "string") return isRow(value) ? errorReply(value) : undefined;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 400 || value > 599) return undefined;
  const row = COMMONEST[value] ?? ERROR_ROWS.find((name) => name.startsWith(`${value}-`));
  if (row !== undefined && isRow(row)) return errorReply(row);
  return jsonReply(value, { detail: "Internal Server Error" });
}

function isRow(name: string): name is ErrorRow {
  return ERROR_ROWS.includes(name);
}
