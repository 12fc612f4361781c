import { blake2b } from "@noble/hashes/blake2.js";
import type { RuntimeApi, RuntimeDefinition } from "../metadata/notation.ts";
import { ADMIN_UTILS } from "./admin-utils.ts";
import { API_TYPES, APIS } from "./apis.ts";
import { ACCOUNT_PALLETS, BALANCE_TYPES, BATCH_PALLETS } from "./balances.ts";
import { COMMITMENT_TYPES, COMMITMENTS } from "./commitments.ts";
import { COMMON_TYPES } from "./common-types.ts";
import { DRAND, DRAND_TYPES } from "./drand.ts";
import { EXTENSION_TYPES, EXTENSIONS } from "./extensions.ts";
import { METAGRAPH_TYPES } from "./metagraph.ts";
import { SUBTENSOR, SUBTENSOR_TYPES } from "./subtensor.ts";
import { clockPallets, SYSTEM_TYPES, systemPallet } from "./system.ts";
import { SPEC_NAME, SPEC_VERSION, TRANSACTION_VERSION } from "./versions.ts";

/** The pallets a validator and the localnet need, as the chain has them at spec 475 (own-metadata.md §2). */
export function defineRuntime(options: { readonly blockMs: number }): RuntimeDefinition {
  const { blockMs } = options;
  if (!Number.isSafeInteger(blockMs) || blockMs < 1)
    throw new Error(`blockMs ${blockMs} is no positive number of milliseconds`);
  return {
    module: "node_subtensor_runtime",
    types: {
      ...COMMON_TYPES,
      ...SYSTEM_TYPES,
      ...BALANCE_TYPES,
      ...SUBTENSOR_TYPES,
      ...METAGRAPH_TYPES,
      ...COMMITMENT_TYPES,
      ...DRAND_TYPES,
      ...EXTENSION_TYPES,
      ...API_TYPES,
    },
    pallets: [
      systemPallet(runtimeVersion(APIS)),
      ...clockPallets(blockMs),
      ...ACCOUNT_PALLETS,
      SUBTENSOR,
      ...BATCH_PALLETS,
      COMMITMENTS,
      ADMIN_UTILS,
      DRAND,
    ],
    apis: APIS,
    extensions: EXTENSIONS,
  };
}

/** The constant `System.Version`; its API list must name Metadata with version 2 (own-metadata.md §7). */
function runtimeVersion(apis: readonly RuntimeApi[]): Readonly<Record<string, unknown>> {
  const text = new TextEncoder();
  return {
    spec_name: SPEC_NAME,
    impl_name: SPEC_NAME,
    authoring_version: 1,
    spec_version: SPEC_VERSION,
    impl_version: 1,
    apis: apis.map(({ name, version }) => [blake2b(text.encode(name), { dkLen: 8 }), version]),
    transaction_version: TRANSACTION_VERSION,
    system_version: 1,
  };
}
