import { RpcError } from "./chain-fault.ts";
import type { Provider } from "./polkadot.ts";
import type { Ask } from "./rpc-socket.ts";

const METADATA_15 = "0x0f000000";
const HEALTHY = { peers: 1, isSyncing: false, shouldHavePeers: true };

/**
 * What one instance of `@polkadot/api` speaks through. It sees neither the link's ups and downs nor runtime upgrades: its own
 * answer to an upgrade loses the runtime calls (own-metadata.md §7) and, when a request fails in the middle, ends the process with
 * an error that nobody can catch. An instance therefore keeps the tables of one runtime for life; RuntimeTables replaces it.
 *
 * `state_getMetadata` would hand out version 14, without runtime calls, so it becomes a request for version 15 (D5, remedy A).
 */
export function providerOver(ask: Ask): Provider {
  const provider = {
    hasSubscriptions: true,
    isClonable: false,
    isConnected: true,
    clone: (): Provider => {
      throw new Error("this provider belongs to one connection");
    },
    connect: (): Promise<void> => Promise.resolve(),
    disconnect: (): Promise<void> => Promise.resolve(),
    on: (): (() => void) => () => undefined,
    send: async (method: string, params: readonly unknown[]): Promise<unknown> => {
      // The library's sign of life every ten seconds, out of our budget; the watch on finalized blocks is ours.
      if (method === "system_health") return HEALTHY;
      return method === "state_getMetadata" ? metadata15(ask, params) : ask(method, params);
    },
    // Of its own accord the library subscribes to runtime versions only.
    subscribe: (type: string): Promise<string> => Promise.resolve(type),
    unsubscribe: (): Promise<boolean> => Promise.resolve(true),
  };
  return provider as Provider;
}

async function metadata15(ask: Ask, params: readonly unknown[]): Promise<unknown> {
  const at = params.slice(0, 1);
  const answer = await optionalMetadata(ask, at);
  return answer === null ? ask("state_getMetadata", params) : answer;
}

/** The metadata inside `Option<Vec<u8>>`; null when the runtime has no such version or no such call. */
async function optionalMetadata(ask: Ask, at: readonly unknown[]): Promise<string | null> {
  try {
    const answer = await ask("state_call", ["Metadata_metadata_at_version", METADATA_15, ...at]);
    return typeof answer === "string" && answer.startsWith("0x01") ? withoutLength(answer) : null;
  } catch (error) {
    // A gateway that is busy, a PolicyError, says nothing about the runtime.
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
