import { publicKeyOf } from "../chutes/sr25519.ts";
import { invalidParams } from "./rpc-error.ts";
import type { RpcMethod, RpcMethods } from "./rpc-method.ts";
import { textParam } from "./rpc-params.ts";

/** `system_chain` of this node; no real chain has this name. */
const CHAIN_NAME = "Touchstone Localnet";

const nextIndex: RpcMethod = ({ engine }, params) => {
  const account = publicKeyOf(textParam(params, 0));
  if (account === undefined) throw invalidParams("parameter 0: an SS58 address with prefix 42 expected");
  return engine.pool.nextNonce(account);
};

const properties = { isEthereum: false, ss58Format: 42, tokenDecimals: 9, tokenSymbol: "TAO" };

/** `system_*`, with the old name that the Python SDKs use (sdk-wire.md §1). */
export const SYSTEM_METHODS: RpcMethods = {
  account_nextIndex: nextIndex,
  system_accountNextIndex: nextIndex,
  system_chain: () => CHAIN_NAME,
  system_chainType: () => "Local",
  system_health: () => ({ peers: 0, isSyncing: false, shouldHavePeers: false }),
  system_name: () => "touchstone-localnet",
  system_nodeRoles: () => ["Authority"],
  system_peers: () => [],
  system_properties: () => properties,
  system_syncState: ({ engine: { chain } }) => ({
    startingBlock: 0,
    currentBlock: chain.best,
    highestBlock: chain.best,
  }),
  system_version: () => "1.0.0",
};
