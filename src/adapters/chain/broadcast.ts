import { poolRefusal } from "../../core/chain/refusals.ts";
import type { Fault } from "../../core/model/fault.ts";
import type { Hex } from "../../core/model/ids.ts";
import { isMisfortune, RpcError } from "./chain-fault.ts";
import type { ChainConnection } from "./connection.ts";
import { abortable } from "./deadline.ts";

/** The extrinsic is in the pool already, from us. */
const ALREADY_IMPORTED = 1013;
const BLOCK_HASH = /^0x[0-9a-f]{64}$/;

const NO_SUCH_METHOD = -32_601;
const NOT_CARRIED_OUT: ReadonlySet<number> = new Set([-32_700, -32_600, NO_SUCH_METHOD, -32_602]);

/** A node's own words about an extrinsic (1000 to 1999: its pool), and requests that JSON-RPC says are not carried out. */
function isRefusal(code: number): boolean {
  return (code >= 1000 && code < 2000) || NOT_CARRIED_OUT.has(code);
}

/** The node did not take the extrinsic. */
export interface Refused {
  readonly fault: Fault;
  /**
   * `stale`: its nonce is used up, or its hash is one the pool has let go, so that something of this account, this very
   * extrinsic not excepted, may have been included meanwhile. `occupied`: something of this
   * account waits in the pool under its nonce.
   */
  readonly nonce: "stale" | "occupied" | null;
}

const INVALID = 1010;
/** A pool bans the hash of what it has thrown out, and of what it has just seen in a block. */
const BANNED = 1012;
/** The pool holds another extrinsic of the same account and nonce; priorities are flat here, so none replaces it. */
const TOO_LOW_PRIORITY = 1014;

/**
 * Hands the extrinsic to the node and watches it there. The watch only brings news early; what counts is found in finalized
 * blocks. Null when the node took it or may have taken it, the refusal when it certainly did not; every other error may come
 * from a gateway that has handed the extrinsic on, and a second one under the next nonce would be accepted beside it.
 */
export async function broadcast(
  connection: ChainConnection,
  extrinsic: Hex,
  onBlock: (hash: Hex) => void,
  signal: AbortSignal,
): Promise<Refused | null> {
  try {
    await handed(connection, extrinsic, onBlock, signal);
    return null;
  } catch (error) {
    signal.throwIfAborted();
    if (!isMisfortune(error)) throw error;
    if (!(error instanceof RpcError) || error.code === ALREADY_IMPORTED || !isRefusal(error.code)) return null;
    const said = `${error.message} ${error.data}`;
    return { fault: poolRefusal(error.code, said), nonce: nonceTrouble(error.code, said) };
  }
}

/** Some gateways do not offer the watch, which is not needed. */
async function handed(
  connection: ChainConnection,
  extrinsic: Hex,
  onBlock: (hash: Hex) => void,
  signal: AbortSignal,
): Promise<void> {
  const watch = connection.socket.subscribe(
    "author_extrinsicUpdate",
    "author_submitAndWatchExtrinsic",
    [extrinsic],
    (error, status) => {
      const hash = error === null ? includedIn(status) : null;
      if (hash !== null) onBlock(hash);
    },
  );
  try {
    await abortable(watch, signal);
  } catch (error) {
    if (!(error instanceof RpcError) || error.code !== NO_SUCH_METHOD) throw error;
    await connection.request("author_submitExtrinsic", [extrinsic], signal);
  }
}

function nonceTrouble(code: number, said: string): Refused["nonce"] {
  if (code === TOO_LOW_PRIORITY) return "occupied";
  return code === BANNED || (code === INVALID && /stale|outdated/i.test(said)) ? "stale" : null;
}

function includedIn(status: unknown): Hex | null {
  if (typeof status !== "object" || status === null || !("inBlock" in status)) return null;
  const hash = status.inBlock;
  return typeof hash === "string" && BLOCK_HASH.test(hash) ? (hash as Hex) : null;
}
