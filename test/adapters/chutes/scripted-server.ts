import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export type Answer = (response: ServerResponse, seen: Seen, turn: number) => void;

/** A real HTTP server on loopback whose every answer the test writes. */
export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  readonly seen: readonly Seen[];
  /** Resolves when the n-th request (from 1) has been read. */
  received(n: number): Promise<void>;
}

export async function scriptedServer(answer: Answer): Promise<ScriptedServer> {
  const seen: Seen[] = [];
  const waiting: { readonly n: number; readonly wake: () => void }[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const { headers, method = "", url = "" } = request;
      const one = { method, path: url, headers, body: Buffer.concat(pieces).toString("utf8") };
      seen.push(one);
      for (const { n, wake } of waiting) if (n <= seen.length) wake();
      answer(response, one, seen.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    received: (n) => (seen.length >= n ? Promise.resolve() : new Promise((wake) => waiting.push({ n, wake }))),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A server below HTTP: it gets the socket and writes what no HTTP library would. */
export async function rawServer(answer: (socket: Socket) => void): Promise<AsyncDisposable & { readonly url: string }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => sockets.delete(socket));
    socket.once("data", () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

export const ID_HEADER = { "x-chutes-invocationid": "11111111-2222-4333-8444-555555555555" } as const;

/** A completion that is not streamed, as chutes.md §2.7 describes it. */
export function completionBody(text: string | null, more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "org/judge",
    choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    chutes_verification: "x",
    ...more,
  });
}

export function sendJson(response: ServerResponse, body: string, status = 200): void {
  response.writeHead(status, { "content-type": "application/json", ...ID_HEADER });
  response.end(body);
}

export function event(delta: Record<string, unknown>, finishReason: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finishReason }];
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
  return `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", model: "m", choices, usage })}\n\n`;
}

export function sendStream(response: ServerResponse, blocks: readonly string[]): void {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", ...ID_HEADER });
  for (const block of blocks) response.write(block);
  response.end();
}
