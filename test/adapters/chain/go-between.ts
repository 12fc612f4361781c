import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";

/** What comes back for one request, without its number. */
export type Reply =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } };

export interface Asked {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** Decides what a client hears; `pass` asks the node behind. */
export type Between = (asked: Asked, pass: () => Promise<Reply>) => Promise<Reply>;

export interface GoBetween extends AsyncDisposable {
  readonly url: string;
  /** Replaces what is done from now on. */
  between(next: Between): void;
  /** A notification to everybody connected, as if the node had sent it. */
  notify(method: string, subscription: unknown, result: unknown): void;
  /** Cuts all links; new ones are taken. */
  cut(): void;
}

/** A gateway in front of a real (simulated) node, which may lie, dawdle or refuse where the node would not. */
export async function goBetween(node: string, first: Between = (_asked, pass) => pass()): Promise<GoBetween> {
  let between = first;
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  server.on("connection", (client) => {
    const upstream = new WebSocket(node, { perMessageDeflate: false });
    const opened = once(upstream, "open");
    const waiting = new Map<number, (reply: Reply) => void>();
    opened.catch(() => client.terminate());
    upstream.on("close", () => client.terminate());
    client.on("close", () => upstream.terminate());
    upstream.on("error", () => undefined);
    upstream.on("message", (data) => {
      const text = (data as Buffer).toString();
      const frame = JSON.parse(text) as { id?: number; result?: unknown; error?: { code: number; message: string } };
      if (frame.id === undefined) return client.send(text);
      const { id, result, error } = frame;
      waiting.get(id)?.(error === undefined ? { result } : { error });
      waiting.delete(id);
    });
    const answer = async (text: string): Promise<void> => {
      const { id, method, params } = JSON.parse(text) as Asked & { readonly id: number };
      const pass = async (): Promise<Reply> => {
        await opened;
        const { promise, resolve } = Promise.withResolvers<Reply>();
        waiting.set(id, resolve);
        upstream.send(text);
        return promise;
      };
      const reply = await between({ method, params }, pass);
      client.send(JSON.stringify({ jsonrpc: "2.0", id, ...reply }));
    };
    client.on("message", (data) => void answer((data as Buffer).toString()));
  });
  await once(server, "listening");
  const cut = (): void => {
    for (const socket of server.clients) socket.terminate();
  };
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    between: (next) => {
      between = next;
    },
    notify: (method, subscription, result) => {
      const note = JSON.stringify({ jsonrpc: "2.0", method, params: { subscription, result } });
      for (const socket of server.clients) socket.send(note);
    },
    cut,
    [Symbol.asyncDispose]: async () => {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
