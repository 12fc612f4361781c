import type { Engine } from "./engine.ts";
import type { Params } from "./rpc-params.ts";
import type { Subscriptions } from "./subscriptions.ts";

export interface RpcContext {
  readonly engine: Engine;
  /** Those of the connection from which the request came. */
  readonly subscriptions: Subscriptions;
}

/** Answers with JSON data. @throws RpcError */
export type RpcMethod = (context: RpcContext, params: Params) => unknown;

export type RpcMethods = Readonly<Record<string, RpcMethod>>;
