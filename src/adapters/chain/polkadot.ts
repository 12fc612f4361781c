import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import type * as Api from "@polkadot/api";
import type { ApiDecoration, ApiOptions } from "@polkadot/api/types";

/** The one place that loads `@polkadot/api` (D3): its CommonJS build costs 0.41 s, the other 1.14 s (own-metadata.md §8). */
const require = createRequire(import.meta.url);
const polkadot = load();

/**
 * Loading thousands of modules would let V8's young generation grow to 48 MB and half-dead text into the old one, and neither
 * comes back: 193 MB of heap for 70 in use. One that stays small makes it 64 MB, and a whole cycle of 256 miners 280 MB instead
 * of 360 for a sixth more CPU. Set here and not on a command line, so that it holds however the program is started.
 */
function load(): typeof Api {
  setFlagsFromString("--semi-space-growth-factor=1");
  return require("@polkadot/api") as typeof Api;
}

export type PolkadotApi = Api.ApiPromise;
export type Provider = NonNullable<ApiOptions["provider"]>;
export type Registry = PolkadotApi["registry"];
/** Tables of one runtime: of the connection's own, or of an older block's. */
export type Tables = Pick<ApiDecoration<"promise">, "query" | "call" | "registry">;

const NO_EFFECT = { extrinsic: {}, payload: {} };

/** Options for the subtensor runtime: 64-bit balances (T38) and the extensions that carry no payload (chain.md §3.8). */
export function newApi(provider: Provider): PolkadotApi {
  return new polkadot.ApiPromise({
    provider,
    noInitWarn: true,
    types: { Balance: "u64" },
    signedExtensions: {
      SudoTransactionExtension: NO_EFFECT,
      CheckShieldedTxValidity: NO_EFFECT,
      SubtensorTransactionExtension: NO_EFFECT,
      DrandPriority: NO_EFFECT,
    },
  });
}
