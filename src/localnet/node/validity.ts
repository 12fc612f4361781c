import { Blake2256 } from "@polkadot-api/substrate-bindings";
import { fromHex, toHex } from "../../core/determinism/digest.ts";
import type { Hex } from "../../core/model/ids.ts";
import type { DecodedExtrinsic, ExtrinsicSignature } from "../metadata/registry.ts";
import { ScaleError } from "../metadata/scale-error.ts";
import { BLOCK_HASH_COUNT } from "../runtime/versions.ts";
import { tooLong } from "./call-bounds.ts";
import type { Chain } from "./chain.ts";
import { customCode, guardError } from "./guards.ts";
import * as items from "./items.ts";
import type { CheckedExtrinsic } from "./pool-entry.ts";
import { invalidTransaction, RpcError } from "./rpc-error.ts";
import { verifySignature } from "./signature.ts";

const BAD_PROOF = "Transaction has a bad signature";
const STALE = "Transaction is outdated";
const EXHAUSTS = "Transaction would exhaust the block limits";
/** Three quarters of a block of 5 MiB. */
const MOST_BYTES = 3_932_160;
const ANCIENT = "Transaction has an ancient birth block";

export function extrinsicHash(bytes: Uint8Array): Hex {
  return toHex(Blake2256(bytes));
}

/**
 * Everything a node checks before it takes a transaction, in its order: format, birth block of the era, signature (over
 * genesis, spec, transaction version and birth block), nonce, guards; judged in the block after the best one
 * (chain.md §3.6–§3.8).
 *
 * @throws RpcError with the code and text of a real node
 */
export function checkExtrinsic(chain: Chain, bytes: Uint8Array): CheckedExtrinsic {
  if (bytes.length > MOST_BYTES) throw invalidTransaction(EXHAUSTS);
  const decoded = decode(chain, bytes);
  const { signed, call } = decoded;
  if (signed === undefined) {
    const why = "Could not find an unsigned validator for the unsigned transaction";
    throw new RpcError(1011, "Unknown Transaction Validity", why);
  }
  const { signer } = signed;
  if (signer === undefined) throw invalidTransaction(BAD_PROOF);
  const block = chain.best + 1;
  const life = lifeOf(chain, signed, block);
  checkSignature(chain, decoded, { signed, signer, birthHash: life.birthHash });
  const state = chain.state(chain.best);
  if (signed.nonce < (state.get(items.ACCOUNT, signer)?.nonce ?? 0)) throw invalidTransaction(STALE);
  const refused = guardError({ state, call, signer, block });
  if (refused !== undefined) throw invalidTransaction(`Custom error: ${customCode(refused)}`);
  const runtime = chain.runtimeAt(chain.best);
  return { hash: extrinsicHash(bytes), bytes, call, signer, nonce: signed.nonce, death: life.death, runtime };
}

function decode(chain: Chain, bytes: Uint8Array): DecodedExtrinsic {
  let decoded: DecodedExtrinsic;
  try {
    decoded = chain.runtimeAt(chain.best).decodeExtrinsic(bytes);
  } catch (error) {
    if (error instanceof ScaleError) throw malformed(error.message);
    throw error;
  }
  const long = tooLong(decoded.call, chain.runtimeAt(chain.best));
  if (long !== undefined) throw malformed(`${long} is beyond its bound`);
  return decoded;
}

function malformed(why: string): RpcError {
  return new RpcError(1001, `Extrinsic has invalid format: ${why}`);
}

/**
 * An era names its birth block by phase only, so one that is over points to a later block than the one that was signed: the
 * signature fails then, as on real chains. A birth block that does not exist yet, or whose hash is forgotten, is ancient.
 */
function lifeOf(chain: Chain, { era }: ExtrinsicSignature, block: number): { birthHash: Hex; death: number } {
  if (era === undefined) return { birthHash: chain.genesis, death: Number.POSITIVE_INFINITY };
  const { period, phase } = era;
  const birth = Math.floor((Math.max(block, phase) - phase) / period) * period + phase;
  if (birth >= block || birth < block - BLOCK_HASH_COUNT || !chain.has(birth)) throw invalidTransaction(ANCIENT);
  return { birthHash: chain.hash(birth), death: birth + period };
}

interface Proof {
  readonly signed: ExtrinsicSignature;
  readonly signer: Uint8Array;
  readonly birthHash: Hex;
}

function checkSignature(chain: Chain, decoded: DecodedExtrinsic, { signed, signer, birthHash }: Proof): void {
  const context = { genesisHash: fromHex(chain.genesis), eraBlockHash: fromHex(birthHash) };
  let message: Uint8Array;
  try {
    message = chain.runtimeAt(chain.best).signedBytes(decoded, context);
  } catch (error) {
    // A metadata hash was signed, which this node cannot know: for it the signature is wrong.
    if (error instanceof ScaleError) throw invalidTransaction(BAD_PROOF);
    throw error;
  }
  if (!verifySignature({ scheme: signed.scheme, signature: signed.signature, message, signer })) {
    throw invalidTransaction(BAD_PROOF);
  }
}
