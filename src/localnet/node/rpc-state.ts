import { Blake2256 } from "@polkadot-api/substrate-bindings";
import { toHex } from "../../core/determinism/digest.ts";
import type { Hex } from "../../core/model/ids.ts";
import type { RuntimeCodec } from "../metadata/registry.ts";
import type { Chain } from "./chain.ts";
import { invalidParams } from "./rpc-error.ts";
import type { RpcContext, RpcMethod, RpcMethods } from "./rpc-method.ts";
import { blockParam, bytesParam, keyParam, keysParam, type Params, readBlock, textParam } from "./rpc-params.ts";
import { type CallSite, callRuntime, isRuntimeQuestion } from "./runtime-api.ts";
import type { StateReader } from "./state.ts";

const MOST_KEYS = 1000;
/** Storage keys of one subscription at most. */
const MOST_WATCHED = 1024;

const call: RpcMethod = ({ engine }, params) => {
  const name = textParam(params, 0);
  const input = bytesParam(params, 1);
  const number = isRuntimeQuestion(name) ? blockParam(engine, params, 2) : readBlock(engine, params, 2);
  const { chain } = engine;
  return toHex(callRuntime(siteAt(chain, number), name, input));
};

function siteAt(chain: Chain, number: number): CallSite {
  return { state: chain.state(number), runtime: chain.runtimeAt(number), feeRao: chain.options.feeRao ?? 0 };
}

function reading(answer: (value: Uint8Array) => unknown): RpcMethod {
  return ({ engine }, params) => {
    const key = keyParam(params[0]);
    const value = engine.chain.view(readBlock(engine, params, 1)).get(key);
    return value === undefined ? null : answer(value);
  };
}

const getKeysPaged: RpcMethod = ({ engine }, params) => {
  const [prefix, count, start] = params;
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0 || count > MOST_KEYS) {
    throw invalidParams(`parameter 1: a count up to ${MOST_KEYS} expected`);
  }
  const from = start === undefined || start === null ? undefined : keyParam(start);
  const wanted = keyParam(prefix ?? "0x");
  return engine.chain.view(readBlock(engine, params, 3)).keys(wanted, count, from);
};

type Changes = [Hex, Hex | null][];

function read(state: StateReader, keys: readonly Hex[]): Changes {
  return keys.map((key) => {
    const value = state.get(key);
    return [key, value === undefined ? null : toHex(value)];
  });
}

const queryStorageAt: RpcMethod = ({ engine }, params) => {
  const keys = keysParam(params, 0);
  const number = readBlock(engine, params, 1);
  return [{ block: engine.chain.hash(number), changes: read(engine.chain.view(number), keys) }];
};

/** The present values at once, then those that a new best block changed. */
const subscribeStorage: RpcMethod = ({ engine, subscriptions }, params) => {
  const keys = keysParam(params, 0);
  if (keys.length === 0 || keys.length > MOST_WATCHED) throw invalidParams(`1 to ${MOST_WATCHED} keys expected`);
  engine.ledger.countRead(undefined);
  return subscriptions.follow("state_storage", (notify) => {
    const told = new Map<Hex, Hex | null>();
    const best = (number: number): void => {
      const changes = read(engine.chain.view(number), keys).filter(([key, value]) => told.get(key) !== value);
      for (const [key, value] of changes) told.set(key, value);
      if (changes.length > 0) notify({ block: engine.chain.hash(number), changes });
    };
    best(engine.chain.best);
    return { best };
  });
};

interface VersionConstant {
  readonly impl_name: string;
  readonly authoring_version: number;
  readonly impl_version: number;
  readonly system_version?: number;
  readonly state_version?: number;
}

/** `RuntimeVersion` as JSON; `apis` names Metadata with version 2, without which clients take V14 (own-metadata.md §7). */
function runtimeVersion(runtime: RuntimeCodec): unknown {
  const constant = runtime.constant("System", "Version") as VersionConstant;
  const systemVersion = constant.system_version ?? constant.state_version ?? 1;
  return {
    specName: runtime.specName,
    implName: constant.impl_name,
    authoringVersion: constant.authoring_version,
    specVersion: runtime.specVersion,
    implVersion: constant.impl_version,
    apis: runtime.apis.map(({ id, version }) => [id, version]),
    transactionVersion: runtime.transactionVersion,
    systemVersion,
    stateVersion: systemVersion,
  };
}

function stateAt({ engine }: RpcContext, params: Params, place: number): RuntimeCodec {
  const { chain } = engine;
  const number = blockParam(engine, params, place);
  // A version is asked of a block's state, so it is discarded with it.
  chain.view(number);
  return chain.runtimeAt(number);
}

const getRuntimeVersion: RpcMethod = (context, params) => runtimeVersion(stateAt(context, params, 0));

/** V14, as real nodes answer; V15 is had by `state_call` only. */
const getMetadata: RpcMethod = (context, params) => toHex(stateAt(context, params, 0).v14);

const subscribeRuntimeVersion: RpcMethod = ({ engine, subscriptions }) =>
  subscriptions.follow("state_runtimeVersion", (notify) => {
    const version = (number: number): void => {
      notify(runtimeVersion(engine.chain.runtimeAt(number)));
    };
    version(engine.chain.best);
    return { version };
  });

const unsubscribe: RpcMethod = ({ subscriptions }, [id]) => subscriptions.close(id);

const getStorage = reading(toHex);

/** `state_*`, with the old names that the Python SDKs use (sdk-wire.md §1). */
export const STATE_METHODS: RpcMethods = {
  chain_getRuntimeVersion: getRuntimeVersion,
  chain_subscribeRuntimeVersion: subscribeRuntimeVersion,
  chain_unsubscribeRuntimeVersion: unsubscribe,
  state_call: call,
  state_callAt: call,
  state_getKeysPaged: getKeysPaged,
  state_getKeysPagedAt: getKeysPaged,
  state_getMetadata: getMetadata,
  state_getRuntimeVersion: getRuntimeVersion,
  state_getStorage: getStorage,
  state_getStorageAt: getStorage,
  state_getStorageHash: reading((value) => toHex(Blake2256(value))),
  state_getStorageHashAt: reading((value) => toHex(Blake2256(value))),
  state_getStorageSize: reading((value) => value.length),
  state_getStorageSizeAt: reading((value) => value.length),
  state_queryStorageAt: queryStorageAt,
  state_subscribeRuntimeVersion: subscribeRuntimeVersion,
  state_subscribeStorage: subscribeStorage,
  state_unsubscribeRuntimeVersion: unsubscribe,
  state_unsubscribeStorage: unsubscribe,
};
