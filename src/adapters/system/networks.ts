import type { NetworkConfig } from "../../core/model/config.ts";
import type { Hex } from "../../core/model/ids.ts";

/** chain.md §0.1, chain-newest.md §5. `local` is whatever runs there, so its genesis is not known. */
const NETWORKS: Readonly<Record<string, Pick<NetworkConfig, "endpoints" | "archiveEndpoints" | "genesis">>> = {
  finney: {
    endpoints: [
      "wss://entrypoint-finney.opentensor.ai:443",
      "wss://lite.chain.opentensor.ai:443",
      "wss://lite.sub.latent.to:443",
    ],
    archiveEndpoints: ["wss://archive.chain.opentensor.ai:443", "wss://archive.sub.latent.to:443"],
    genesis: "0x2f0555cc76fc2840a25a6ea3b9637146806f1f44b090c175ffde2a7e5ab36c03",
  },
  test: {
    endpoints: ["wss://test.finney.opentensor.ai:443"],
    archiveEndpoints: [],
    genesis: "0x8f9cf856bf558a14440e75569c9e58594757048d7b3a84b5d25f6bd978263105",
  },
  local: { endpoints: ["ws://127.0.0.1:9944"], archiveEndpoints: [], genesis: null },
};
const MAX_LISTED = 15;

export const NETWORK_NAMES: readonly string[] = Object.keys(NETWORKS);

/** A known name, or the address of a node. */
export function isNetwork(text: string): boolean {
  return Object.hasOwn(NETWORKS, text) || isNodeAddress(text);
}

function isNodeAddress(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^wss?:$/.test(url.protocol) && url.hostname !== "" && url.hash === "";
}

/** Addresses from a list or a text with commas, without doubles; `none` is the empty list; null for anything else. */
export function parseEndpoints(given: string | readonly string[]): readonly string[] | null {
  const parts = typeof given === "string" ? given.split(",") : given;
  const addresses = [...new Set(parts.map((part) => part.trim()))];
  if (addresses.length === 1 && addresses[0] === "none") return [];
  if (addresses.length > MAX_LISTED || !addresses.every(isNodeAddress)) return null;
  return addresses;
}

export interface NetworkChoice {
  readonly name: string;
  /** Counts for `local` and addresses only: the public networks have theirs. */
  readonly genesis: Hex | null;
  /** Null for those that are known for the network. */
  readonly fallbacks: readonly string[] | null;
  /** Likewise. */
  readonly archives: readonly string[] | null;
  readonly requestsPerMinute: number | null;
}

export function resolveNetwork(choice: NetworkChoice): NetworkConfig {
  const { name, genesis, fallbacks, archives, requestsPerMinute } = choice;
  const known = Object.hasOwn(NETWORKS, name) ? NETWORKS[name] : undefined;
  const [preferred = name, ...usual] = known?.endpoints ?? [];
  const endpoints = [...new Set([preferred, ...(fallbacks ?? usual)])];
  const archiveEndpoints = archives ?? known?.archiveEndpoints ?? [];
  return { name, endpoints, archiveEndpoints, genesis: known?.genesis ?? genesis, requestsPerMinute };
}
