import { RpcError } from "./chain-fault.ts";

/** One message of the node: the answer to a request, or a notification of a subscription. */
export type Incoming =
  | { readonly kind: "answer"; readonly id: number; readonly error: RpcError | null; readonly result: unknown }
  /** An error that names no request: a gateway has not read it. */
  | { readonly kind: "refusal"; readonly error: RpcError }
  | {
      readonly kind: "note";
      readonly method: string;
      readonly subscription: string | number;
      readonly error: RpcError | null;
      readonly result: unknown;
    };

/** The largest honest message is a metadata file of about a megabyte. */
export const MAX_FRAME: number = 64 * 1024 * 1024;
const MAX_TEXT = 256;

/** Null for anything that is no JSON-RPC 2.0 message. Never throws. */
export function readFrame(data: unknown): Incoming | null {
  if (typeof data !== "string" || data.length > MAX_FRAME) return null;
  const frame = parse(data);
  if (frame === null) return null;
  if (typeof frame["id"] === "number") {
    return { kind: "answer", id: frame["id"], error: errorOf(frame["error"]), result: frame["result"] };
  }
  const refusal = frame["id"] === null ? errorOf(frame["error"]) : null;
  if (refusal !== null) return { kind: "refusal", error: refusal };
  const params = asObject(frame["params"]);
  const subscription = params?.["subscription"];
  const method = frame["method"];
  if (typeof method !== "string" || (typeof subscription !== "string" && typeof subscription !== "number")) return null;
  return { kind: "note", method, subscription, error: errorOf(params?.["error"]), result: params?.["result"] };
}

function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
}

function errorOf(value: unknown): RpcError | null {
  const error = asObject(value);
  if (error === null) return null;
  const code = typeof error["code"] === "number" ? error["code"] : 0;
  return new RpcError(code, textOf(error["message"]), textOf(error["data"]));
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return (typeof value === "string" ? value : JSON.stringify(value)).slice(0, MAX_TEXT);
}
