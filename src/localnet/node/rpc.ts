import { AUTHOR_METHODS } from "./rpc-author.ts";
import { CHAIN_METHODS } from "./rpc-chain.ts";
import { invalidParams, RpcError } from "./rpc-error.ts";
import type { RpcContext, RpcMethods } from "./rpc-method.ts";
import { STATE_METHODS } from "./rpc-state.ts";
import { SYSTEM_METHODS } from "./rpc-system.ts";

/** Nothing of the new `chainHead_v1` family is listed: clients then use the methods below (sdk-wire.md §1). */
const METHODS: RpcMethods = {
  ...AUTHOR_METHODS,
  ...CHAIN_METHODS,
  ...STATE_METHODS,
  ...SYSTEM_METHODS,
  rpc_methods: () => ({ methods: Object.keys(METHODS).sort() }),
};

export function isMethod(name: string): boolean {
  return Object.hasOwn(METHODS, name);
}

/** A request that is one: ids are echoed as they came. */
export interface RpcRequest {
  readonly id: string | number | null;
  readonly method: string;
  readonly params: unknown;
}

/** Reads one request. @throws RpcError when it is none */
export function readRequest(value: unknown): RpcRequest {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw notRequest();
  const { jsonrpc, id, method, params } = value as Record<string, unknown>;
  if (jsonrpc !== "2.0" || typeof method !== "string") throw notRequest();
  if (id !== undefined && id !== null && typeof id !== "string" && typeof id !== "number") throw notRequest();
  return { id: id ?? null, method, params };
}

function notRequest(): RpcError {
  return new RpcError(-32600, "Invalid request");
}

/** Carries out a request. @throws RpcError */
export function answer(context: RpcContext, { method, params }: RpcRequest): unknown {
  const run = Object.hasOwn(METHODS, method) ? METHODS[method] : undefined;
  if (run === undefined) throw new RpcError(-32601, "Method not found");
  if (params !== undefined && params !== null && !Array.isArray(params)) throw invalidParams("an array expected");
  return run(context, (params as unknown[] | null | undefined) ?? []);
}

/** The error object of an answer; what is not an RpcError is a fault of this node and says so. */
export function errorObject(error: unknown): { code: number; message: string; data?: string } {
  if (error instanceof RpcError) {
    const { code, message, data } = error;
    return data === undefined ? { code, message } : { code, message, data };
  }
  const text = error instanceof Error ? error.message : String(error);
  return { code: -32603, message: `Internal error of the simulated node: ${text}` };
}
