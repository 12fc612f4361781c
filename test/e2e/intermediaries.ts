import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type RawData, WebSocket, WebSocketServer } from "ws";

/** Somebody between the program and the localnet who changes what one of them says: worlds that the localnet itself is not. */
export interface Intermediary extends AsyncDisposable {
  readonly url: string;
}

/** A node that says of its chain that it is another: every answer to `method` becomes `result`. */
export async function nodeThatSays(node: string, method: string, result: unknown): Promise<Intermediary> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  const clients = new Set<WebSocket>();
  server.on("connection", (client) => {
    const upstream = new WebSocket(node);
    clients.add(client).add(upstream);
    const asked = new Set<unknown>();
    const waiting: string[] = [];
    client.on("message", (data) => {
      const text = textOf(data);
      const call = JSON.parse(text) as { readonly id?: unknown; readonly method?: string };
      if (call.method === method) asked.add(call.id);
      if (upstream.readyState === WebSocket.OPEN) upstream.send(text);
      else waiting.push(text);
    });
    upstream.on("open", () => {
      for (const text of waiting.splice(0)) upstream.send(text);
    });
    upstream.on("message", (data) => {
      const text = textOf(data);
      const reply = JSON.parse(text) as { readonly id?: unknown };
      client.send(asked.delete(reply.id) ? JSON.stringify({ ...reply, result }) : text);
    });
    client.on("close", () => upstream.close());
    upstream.on("close", () => client.close());
    upstream.on("error", () => client.close());
  });
  await new Promise<void>((done) => {
    server.once("listening", done);
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.terminate();
      await new Promise<void>((done) => {
        server.close(() => done());
      });
    },
  };
}

/** A catalogue in which what is said of a chute is changed; the rest is the localnet's. */
export async function catalogueThatSays(
  chutes: string,
  change: (chute: Readonly<Record<string, unknown>>) => unknown,
): Promise<Intermediary> {
  const server: Server = createServer((request, response) => {
    void forward(chutes, request).then(({ status, value }) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(status === 200 ? change(value) : value));
    });
  });
  await new Promise<void>((done) => {
    server.listen(0, "127.0.0.1", done);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((done) => {
        server.close(() => done());
      });
    },
  };
}

async function forward(
  chutes: string,
  request: IncomingMessage,
): Promise<{ readonly status: number; readonly value: Readonly<Record<string, unknown>> }> {
  const { authorization = "" } = request.headers;
  const response = await fetch(`${chutes}${request.url ?? "/"}`, { headers: { authorization } });
  return { status: response.status, value: (await response.json()) as Readonly<Record<string, unknown>> };
}

/** Frames of a JSON-RPC connection are small texts in one buffer. */
export function textOf(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString("utf8") : "";
}
