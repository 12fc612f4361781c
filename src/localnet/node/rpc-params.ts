import type { Hex } from "../../core/model/ids.ts";
import type { Engine } from "./engine.ts";
import { invalidParams, unknownBlock } from "./rpc-error.ts";

/** Parameters of a request: an array of anything. */
export type Params = readonly unknown[];

const HASH = /^0x[0-9a-f]{64}$/i;
const BYTES = /^(?:0x)?(?:[0-9a-f]{2})*$/i;

/** Hex bytes; `0x` may be missing, as in the Python SDKs' `state_call` (sdk-wire.md §1). */
export function bytesParam(params: Params, place: number): Uint8Array {
  const text = params[place];
  if (typeof text !== "string" || !BYTES.test(text)) throw invalidParams(`parameter ${place}: hex bytes expected`);
  return new Uint8Array(Buffer.from(text.replace(/^0x/i, ""), "hex"));
}

/** A storage key as lower-case 0x hex. */
export function keyParam(value: unknown): Hex {
  if (typeof value !== "string" || !BYTES.test(value)) throw invalidParams("a storage key is hex bytes");
  return `0x${value.replace(/^0x/i, "").toLowerCase()}`;
}

export function keysParam(params: Params, place: number): Hex[] {
  const keys = params[place];
  if (!Array.isArray(keys) || keys.length > 20_000)
    throw invalidParams(`parameter ${place}: an array of keys expected`);
  return keys.map(keyParam);
}

export function textParam(params: Params, place: number): string {
  const text = params[place];
  if (typeof text !== "string" || text.length > 256) throw invalidParams(`parameter ${place}: a string expected`);
  return text;
}

/** A block hash, undefined when null or absent. */
export function hashParam(params: Params, place: number): Hex | undefined {
  const value = params[place];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" || !HASH.test(value)) throw invalidParams(`parameter ${place}: a block hash expected`);
  return value.toLowerCase() as Hex;
}

/** Height of the block a parameter names, the best one when it names none. @throws RpcError for an unknown block */
export function blockParam(engine: Engine, params: Params, place: number): number {
  const hash = hashParam(params, place);
  if (hash === undefined) return engine.chain.best;
  const number = engine.chain.numberOf(hash);
  if (number === undefined) throw unknownBlock(hash);
  return number;
}

/** The same for a read of state content, which the ledger counts. */
export function readBlock(engine: Engine, params: Params, place: number): number {
  engine.ledger.countRead(hashParam(params, place));
  return blockParam(engine, params, place);
}
