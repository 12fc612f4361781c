/** An answer that is a JSON-RPC error object; texts as real nodes write them. */
export class RpcError extends Error {
  readonly code: number;
  readonly data: string | undefined;

  constructor(code: number, message: string, data?: string) {
    super(message);
    this.name = "RpcError";
    this.code = code;
    this.data = data;
  }
}

export function invalidParams(what: string): RpcError {
  return new RpcError(-32602, "Invalid params", what);
}

/** The pool refuses a transaction as invalid (chain.md §3.7): code 1010, the reason in `data`. */
export function invalidTransaction(reason: string): RpcError {
  return new RpcError(1010, "Invalid Transaction", reason);
}

export function unknownBlock(hash: string): RpcError {
  return new RpcError(4003, `Client error: UnknownBlock: Header was not found in the database: ${hash}`);
}

/** What nodes that are no archive answer for old state (chain.md §9). */
export function discardedState(hash: string): RpcError {
  return new RpcError(4003, `Client error: Api called for an unknown Block: State already discarded for ${hash}`);
}
