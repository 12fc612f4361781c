import { once } from "node:events";
import { WebSocketServer } from "ws";
import { ValidatorError } from "../../core/model/fault.ts";
import { Connection } from "./connection.ts";
import type { Engine } from "./engine.ts";

const MOST_BYTES = 32 * 1024 * 1024;

export interface RpcServer {
  readonly port: number;
  /** Cuts all clients off and stops listening. */
  close(): Promise<void>;
}

/** Serves JSON-RPC over WebSocket on loopback; port 0 takes any free one. @throws ValidatorError when the port is taken */
export async function serveRpc(engine: Engine, port: number): Promise<RpcServer> {
  const server = new WebSocketServer({ host: "127.0.0.1", port, maxPayload: MOST_BYTES, perMessageDeflate: false });
  server.on("connection", (socket) => {
    new Connection(engine, socket);
  });
  try {
    await once(server, "listening");
  } catch (cause) {
    throw new ValidatorError(`the simulated node cannot listen on port ${port}`, {
      exit: "configuration",
      code: "port-unavailable",
      blame: "validator",
      remedy: "choose another port, or 0 for any free one",
      cause,
    });
  }
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has no address");
  return {
    port: address.port,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const client of server.clients) client.terminate();
      await closed;
    },
  };
}
