/**
 * Why no whole response came, in words of ours: undici's and Node's messages name hosts and addresses, which belong in no
 * record. `ours`: the request itself could not be written; `closed`: the client was disposed of.
 */
export type BrokenReason = "unreachable" | "tls" | "reset" | "protocol" | "ours" | "closed";

const REASONS: Readonly<Record<string, BrokenReason>> = {
  UND_ERR_CONNECT_TIMEOUT: "unreachable",
  ECONNREFUSED: "unreachable",
  ENOTFOUND: "unreachable",
  EAI_AGAIN: "unreachable",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  ETIMEDOUT: "unreachable",
  UND_ERR_SOCKET: "reset",
  ECONNRESET: "reset",
  EPIPE: "reset",
  UND_ERR_HEADERS_OVERFLOW: "protocol",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "protocol",
  UND_ERR_INVALID_ARG: "ours",
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: "ours",
  UND_ERR_DESTROYED: "closed",
  UND_ERR_CLOSED: "closed",
};

/** Total; what is not known counts as a reset, which is nobody's proven fault. */
export function brokenReason(error: unknown): BrokenReason {
  const code = codeOf(error);
  const known = REASONS[code];
  if (known !== undefined) return known;
  // undici's parser has a code for most, but not all, of its errors.
  if (code.startsWith("HPE_") || (error instanceof Error && error.name === "HTTPParserError")) return "protocol";
  if (/^(CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/.test(code)) return "tls";
  return "reset";
}

/** An error's code, or that of the first of several (a host with two addresses fails with an AggregateError). */
function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error instanceof AggregateError ? codeOf(error.errors[0]) : "";
}
