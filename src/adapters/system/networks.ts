import type { NetworkConfig } from "../../core/model/config.ts";
import type { Hex } from "../../core/model/ids.ts";

/** chain.md §0.1 and §9. `local` is whatever runs there, so its genesis is not known. */
const NETWORKS: Readonly<Record<string, Omit<NetworkConfig, "name">>> = {
  finney: {
    endpoint: "wss://entrypoint-finney.opentensor.ai:443",
    genesis: "0x2f0555cc76fc2840a25a6ea3b9637146806f1f44b090c175ffde2a7e5ab36c03",
  },
  test: {
    endpoint: "wss://test.finney.opentensor.ai:443",
    genesis: "0x8f9cf856bf558a14440e75569c9e58594757048d7b3a84b5d25f6bd978263105",
  },
  local: { endpoint: "ws://127.0.0.1:9944", genesis: null },
};

export const NETWORK_NAMES: readonly string[] = Object.keys(NETWORKS);

/** A known name, or the address of a node. */
export function isNetwork(text: string): boolean {
  if (Object.hasOwn(NETWORKS, text)) return true;
  const url = URL.parse(text);
  return url !== null && /^wss?:$/.test(url.protocol) && url.hostname !== "" && url.hash === "";
}

/** `genesis` counts for `local` and addresses only: the public networks have theirs. */
export function resolveNetwork(name: string, genesis: Hex | null): NetworkConfig {
  const known = Object.hasOwn(NETWORKS, name) ? NETWORKS[name] : undefined;
  return { name, endpoint: known?.endpoint ?? name, genesis: known?.genesis ?? genesis };
}
