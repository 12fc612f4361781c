import { toHex } from "../../core/determinism/digest.ts";
import type { RpcMethod, RpcMethods } from "./rpc-method.ts";
import { bytesParam } from "./rpc-params.ts";

const submit: RpcMethod = ({ engine }, params) => engine.pool.submit(bytesParam(params, 0));

/** Submits; the subscription tells what becomes of the transaction, up to finality. */
const submitAndWatch: RpcMethod = ({ engine, subscriptions }, params) => {
  const bytes = bytesParam(params, 0);
  return subscriptions.open("author_extrinsicUpdate", (notify) => {
    const hash = engine.pool.submit(bytes, notify);
    return () => {
      engine.pool.unwatch(hash, notify);
    };
  });
};

const pending: RpcMethod = ({ engine }) => engine.pool.pending().map(toHex);

const unwatch: RpcMethod = ({ subscriptions }, [id]) => subscriptions.close(id);

/** `author_*`. */
export const AUTHOR_METHODS: RpcMethods = {
  author_pendingExtrinsics: pending,
  author_submitAndWatchExtrinsic: submitAndWatch,
  author_submitExtrinsic: submit,
  author_unwatchExtrinsic: unwatch,
};
