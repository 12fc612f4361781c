import type { Hex } from "../../core/model/ids.ts";
import { isMisfortune } from "./chain-fault.ts";
import type { ChainConnection } from "./connection.ts";

/** A node that loses its link with every extrinsic is no help. */
const MOST = 5;

/**
 * Hands an extrinsic, byte for byte the same, to the node of every new link until it is disposed of: a node that died may have
 * taken it along, and its era would have to be waited out. One nonce and one hash, so no chain accepts it twice; what a node
 * says to it proves nothing, since the first copy may have arrived.
 */
export function handAgain(connection: ChainConnection, extrinsic: Hex): Disposable {
  const stop = new AbortController();
  let handed = 0;
  const hand = async (): Promise<void> => {
    handed += 1;
    connection.telemetry.event("info", "weights.handed-again", { handed });
    try {
      await connection.request("author_submitExtrinsic", [extrinsic], stop.signal);
    } catch (error) {
      if (!stop.signal.aborted && !isMisfortune(error)) throw error;
    }
  };
  const deaf = connection.socket.onLink((connected) => {
    if (connected && handed < MOST) void hand();
  });
  return {
    [Symbol.dispose]: () => {
      deaf();
      stop.abort();
    },
  };
}
