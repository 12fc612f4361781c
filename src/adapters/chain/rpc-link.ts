import { WebSocket } from "ws";
import { closeRefusal, type GatewayRefusal, handshakeRefusal } from "./gateway-policy.ts";
import { MAX_FRAME } from "./rpc-frame.ts";

export interface LinkEvents {
  open(): void;
  /** Text of one message; null for a binary one, which no node sends. */
  message(text: string | null): void;
  /** At most once. */
  down(reason: string, refusal: GatewayRefusal | null): void;
}

/** One WebSocket to one endpoint, once. `ws` and not the platform's, which hides why a handshake was refused. */
export class RpcLink {
  readonly #socket: WebSocket;
  #events: LinkEvents | null;

  constructor(endpoint: string, handshakeMs: number, events: LinkEvents) {
    this.#events = events;
    this.#socket = new WebSocket(endpoint, {
      followRedirects: false,
      perMessageDeflate: false,
      maxPayload: MAX_FRAME,
      handshakeTimeout: handshakeMs,
    });
    this.#socket.on("open", () => this.#events?.open());
    this.#socket.on("message", (data, isBinary) => {
      this.#events?.message(isBinary ? null : (data as Buffer).toString("utf8"));
    });
    this.#socket.on("unexpected-response", (request, response) => {
      request.destroy();
      const status = response.statusCode ?? 0;
      const refusal = handshakeRefusal(status, response.headers, Date.now());
      this.#down(`The chain node refused the connection with HTTP ${status}.`, refusal);
    });
    this.#socket.on("error", () => this.#down("The link to the chain node failed.", null));
    this.#socket.on("close", (code) => this.#down("The chain node closed the link.", closeRefusal(code)));
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** Without a word to the other side, which may be dead: a farewell would keep the process waiting for its answer. */
  close(): void {
    this.#events = null;
    this.#socket.terminate();
  }

  #down(reason: string, refusal: GatewayRefusal | null): void {
    const events = this.#events;
    this.close();
    events?.down(reason, refusal);
  }
}
