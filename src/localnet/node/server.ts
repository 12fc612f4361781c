import { once } from "node:events";
import { WebSocketServer } from "ws";
import { ValidatorError } from "../../core/model/fault.ts";
import { Connection } from "./connection.ts";
import type { Engine } from "./engine.ts";

const MOST_BYTES = 32 * 1024 * 1024;

/** With these, public gateways tell clients to keep away (chain-newest.md §5). */
const RATE_HEADERS = {
  "Retry-After": "2",
  "X-RateLimit-Policy": "localnet",
  "X-RateLimit-Reason": "fault on demand",
};

export interface RpcServer {
  readonly port: number;
  /** Cuts all clients off and stops listening. */
  close(): Promise<void>;
}

/** Serves JSON-RPC over WebSocket on loopback; port 0 takes any free one. @throws ValidatorError when the port is taken */
export async function serveRpc(engine: Engine, port: number): Promise<RpcServer> {
  const closing = new WeakMap<object, number>();
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port,
    maxPayload: MOST_BYTES,
    perMessageDeflate: false,
    verifyClient: ({ req }, letIn) => {
      const fault = engine.faults.onHandshake();
      if (fault?.kind === "close") closing.set(req, fault.value ?? 1008);
      if (fault?.kind === "status") letIn(false, fault.value ?? 429, "Refused on demand", RATE_HEADERS);
      else letIn(true);
    },
  });
  server.on("connection", (socket, request) => {
    const code = closing.get(request);
    closing.delete(request);
    if (code === undefined) new Connection(engine, socket);
    else socket.close(code, "traffic policy of the simulated node");
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
