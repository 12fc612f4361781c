import { toHex } from "../../core/determinism/digest.ts";
import type { Engine } from "./engine.ts";
import { jsonHeader } from "./header.ts";
import { invalidParams } from "./rpc-error.ts";
import type { RpcMethod, RpcMethods } from "./rpc-method.ts";
import { hashParam, type Params } from "./rpc-params.ts";

/** Hashes by height in one request at most. */
const MOST_HEIGHTS = 10_000;

function heightOf(value: unknown): number {
  const height = typeof value === "string" && /^0x[0-9a-f]{1,16}$/i.test(value) ? Number.parseInt(value, 16) : value;
  if (typeof height !== "number" || !Number.isSafeInteger(height) || height < 0) {
    throw invalidParams("a block height is a number or hex");
  }
  return height;
}

function blockHash(engine: Engine, value: unknown): string | null {
  const { chain } = engine;
  if (value === undefined || value === null) return chain.hash(chain.best);
  const height = heightOf(value);
  return chain.has(height) ? chain.hash(height) : null;
}

const getBlockHash: RpcMethod = ({ engine }, [value]) => {
  if (!Array.isArray(value)) return blockHash(engine, value);
  if (value.length > MOST_HEIGHTS) throw invalidParams("too many heights");
  return value.map((height) => blockHash(engine, height));
};

/** Height of a named block, the best one when none is named, undefined for an unknown one: these methods answer null then. */
function known(engine: Engine, params: Params): number | undefined {
  const hash = hashParam(params, 0);
  return hash === undefined ? engine.chain.best : engine.chain.numberOf(hash);
}

const getHeader: RpcMethod = ({ engine }, params) => {
  const number = known(engine, params);
  return number === undefined ? null : jsonHeader(engine.chain.header(number));
};

const getBlock: RpcMethod = ({ engine }, params) => {
  const { chain } = engine;
  const number = known(engine, params);
  if (number === undefined) return null;
  const block = { header: jsonHeader(chain.header(number)), extrinsics: chain.body(number).map(toHex) };
  return { block, justifications: null };
};

const getFinalizedHead: RpcMethod = ({ engine: { chain } }) => chain.hash(chain.finalized);

/** New best blocks, beginning with the present one; `all` heads are those on other branches, too. */
function followBest(message: "chain_newHead" | "chain_allHead"): RpcMethod {
  return ({ engine, subscriptions }) =>
    subscriptions.follow(message, (notify) => {
      const best = (number: number): void => {
        notify(jsonHeader(engine.chain.header(number)));
      };
      best(engine.chain.best);
      return message === "chain_allHead" ? { best, side: best } : { best };
    });
}

const followFinalized: RpcMethod = ({ engine, subscriptions }) =>
  subscriptions.follow("chain_finalizedHead", (notify) => {
    const finalized = (number: number): void => {
      notify(jsonHeader(engine.chain.header(number)));
    };
    finalized(engine.chain.finalized);
    return { finalized };
  });

const unsubscribe: RpcMethod = ({ subscriptions }, [id]) => subscriptions.close(id);

/** `chain_*`, with the old names that the Python SDKs use (sdk-wire.md §1). */
export const CHAIN_METHODS: RpcMethods = {
  chain_getBlock: getBlock,
  chain_getBlockHash: getBlockHash,
  chain_getFinalisedHead: getFinalizedHead,
  chain_getFinalizedHead: getFinalizedHead,
  chain_getHead: getBlockHash,
  chain_getHeader: getHeader,
  chain_subscribeAllHeads: followBest("chain_allHead"),
  chain_subscribeFinalisedHeads: followFinalized,
  chain_subscribeFinalizedHeads: followFinalized,
  chain_subscribeNewHead: followBest("chain_newHead"),
  chain_subscribeNewHeads: followBest("chain_newHead"),
  chain_unsubscribeAllHeads: unsubscribe,
  chain_unsubscribeFinalisedHeads: unsubscribe,
  chain_unsubscribeFinalizedHeads: unsubscribe,
  chain_unsubscribeNewHead: unsubscribe,
  chain_unsubscribeNewHeads: unsubscribe,
};
