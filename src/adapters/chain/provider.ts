import { RpcError } from "./chain-fault.ts";
import type { Provider } from "./polkadot.ts";
import type { RpcSocket } from "./rpc-socket.ts";

const METADATA_15 = "0x0f000000";

/**
 * What `@polkadot/api` speaks through. After an announced runtime upgrade the library asks for metadata with
 * `state_getMetadata`, gets version 14 and loses every runtime call; so that request is turned into one for version 15
 * (D5, own-metadata.md §7 remedy A).
 */
export function providerOver(socket: RpcSocket): Provider {
  const request = async (method: string, params: readonly unknown[]): Promise<unknown> =>
    method === "state_getMetadata" ? metadata15(socket, params) : socket.request(method, params);
  const provider = {
    hasSubscriptions: true,
    isClonable: false,
    get isConnected(): boolean {
      return socket.isConnected;
    },
    clone: (): Provider => {
      throw new Error("this provider belongs to one connection");
    },
    connect: (): Promise<void> => Promise.resolve(),
    disconnect: (): Promise<void> => {
      socket.close();
      return Promise.resolve();
    },
    on: (type: "connected" | "disconnected" | "error", listener: (value?: unknown) => unknown): (() => void) =>
      socket.onLink((connected) => {
        if (type === (connected ? "connected" : "disconnected")) listener();
      }),
    send: request,
    subscribe: (
      type: string,
      method: string,
      params: unknown[],
      answer: (error: Error | null, result: unknown) => void,
    ) => socket.subscribe(type, method, params, answer),
    unsubscribe: (type: string, method: string, id: number | string): Promise<boolean> =>
      socket.unsubscribe(type, method, id),
  };
  return provider as Provider;
}

async function metadata15(socket: RpcSocket, params: readonly unknown[]): Promise<unknown> {
  const at = params.slice(0, 1);
  const answer = await optionalMetadata(socket, at);
  return answer === null ? socket.request("state_getMetadata", params) : answer;
}

/** The metadata inside `Option<Vec<u8>>`; null when the runtime has no such version or no such call. */
async function optionalMetadata(socket: RpcSocket, at: readonly unknown[]): Promise<string | null> {
  try {
    const answer = await socket.request("state_call", ["Metadata_metadata_at_version", METADATA_15, ...at]);
    return typeof answer === "string" && answer.startsWith("0x01") ? withoutLength(answer) : null;
  } catch (error) {
    if (error instanceof RpcError) return null;
    throw error;
  }
}

/** Drops the Option byte and the compact length in front of the bytes: 1, 2 or 4 bytes by its two lowest bits. */
function withoutLength(hex: string): string {
  const mode = Number.parseInt(hex.slice(4, 6), 16) & 3;
  const bytes = mode === 0 ? 1 : mode === 1 ? 2 : 4;
  return `0x${hex.slice(4 + 2 * bytes)}`;
}
