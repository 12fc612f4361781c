import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { CUT, RawFrame, SILENCE } from "./scripted-node.ts";

interface Refusal {
  readonly error: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** What a node says to one request, without its number. */
type Answer = { readonly result: unknown } | Refusal;

/** What comes back: an answer, a frame as it is, nothing at all, or the end of the link. */
export type Reply = Answer | RawFrame | typeof SILENCE | typeof CUT;

export interface Asked {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** Decides what a client hears; `pass` asks the node behind. */
export type Between = (asked: Asked, pass: () => Promise<Answer>) => Promise<Reply>;

export interface GoBetween extends AsyncDisposable {
  readonly url: string;
  /** As the program names it. */
  readonly host: string;
  readonly asked: readonly Asked[];
  /** Links that were opened so far. */
  readonly links: number;
  /** Links that are open now. */
  readonly open: number;
  /** Replaces what is done from now on. */
  between(next: Between): void;
  /** Every handshake from now on is answered with this HTTP status. */
  refuse(status: number): void;
  /** A notification to everybody connected, as if the node had sent it. */
  notify(method: string, subscription: unknown, result: unknown): void;
  /** Cuts all links; new ones are taken. */
  cut(): void;
}

/** A gateway in front of a real (simulated) node, which may lie, dawdle or refuse where the node would not. */
export async function goBetween(node: string, first: Between = (_asked, pass) => pass()): Promise<GoBetween> {
  let between = first;
  let status: number | undefined;
  let links = 0;
  const asked: Asked[] = [];
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    perMessageDeflate: false,
    verifyClient: (_info: unknown, done: (taken: boolean, code?: number) => void) => done(status === undefined, status),
  });
  server.on("connection", (client) => {
    links += 1;
    const upstream = upstreamOf(client, node);
    const hear = async (text: string): Promise<void> => {
      const { id, method, params } = JSON.parse(text) as Asked & { readonly id: number };
      asked.push({ method, params });
      send(client, id, await between({ method, params }, () => upstream(id, text)));
    };
    client.on("message", (data) => void hear((data as Buffer).toString()));
  });
  await once(server, "listening");
  const cut = (): void => {
    for (const socket of server.clients) socket.terminate();
  };
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `ws://${host}`,
    host,
    asked,
    get links(): number {
      return links;
    },
    get open(): number {
      return server.clients.size;
    },
    between: (next) => {
      between = next;
    },
    refuse: (code) => {
      status = code;
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

/** The way to the node for one client: answers go back to whoever passed the request, notifications to the client. */
function upstreamOf(client: WebSocket, node: string): (id: number, text: string) => Promise<Answer> {
  const upstream = new WebSocket(node, { perMessageDeflate: false });
  const opened = once(upstream, "open");
  const waiting = new Map<number, (answer: Answer) => void>();
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
  return async (id, text) => {
    await opened;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    waiting.set(id, resolve);
    upstream.send(text);
    return promise;
  };
}

function send(client: WebSocket, id: number, reply: Reply): void {
  if (reply === SILENCE) return;
  if (reply === CUT) client.terminate();
  else if (reply instanceof RawFrame) client.send(reply.text);
  else client.send(JSON.stringify({ jsonrpc: "2.0", id, ...reply }));
}

/** Those replies in the node's place; what it leaves undefined is handed on. */
export function instead(rule: (method: string, params: readonly unknown[]) => Reply | undefined): Between {
  return async ({ method, params }, pass) => rule(method, params) ?? pass();
}

const HASH_AT: Readonly<Record<string, number>> = {
  state_call: 2,
  state_getStorage: 1,
  state_queryStorageAt: 1,
  state_getRuntimeVersion: 0,
  state_getMetadata: 0,
};

/** A node that has discarded the state of those blocks, with the words of a real one (chain.md §9). */
export function discarding(gone: ReadonlySet<unknown>): Between {
  return instead((method, params) => {
    const hash = params[HASH_AT[method] ?? -1];
    return gone.has(hash)
      ? rpcError(4003, `Client error: Api called for an unknown Block: State already discarded for ${String(hash)}`)
      : undefined;
  });
}

export function rpcError(code: number, message: string, data?: unknown): Refusal {
  return { error: { code, message, ...(data === undefined ? {} : { data }) } };
}
