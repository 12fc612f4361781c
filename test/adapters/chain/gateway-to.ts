import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { CUT, RawFrame, SILENCE } from "./scripted-node.ts";

/** What is answered in the node's place; undefined hands the request on. */
export type Rule = (method: string, params: readonly unknown[]) => unknown;

/** Stands before a simulated node: hands on what the rule does not answer, and notes what was asked. */
export interface Gateway extends AsyncDisposable {
  readonly url: string;
  /** As the program names it. */
  readonly host: string;
  readonly asked: { readonly method: string; readonly params: readonly unknown[] }[];
  /** Links that were opened so far. */
  readonly links: number;
  /** Links that are open now. */
  readonly open: number;
  /** Another rule, or an HTTP status for every handshake from now on. */
  rule(next: Rule, status?: number): void;
}

const PASS: Rule = () => undefined;

export async function gatewayTo(node: string, first: Rule = PASS): Promise<Gateway> {
  let rule = first;
  let status: number | undefined;
  let links = 0;
  const asked: { readonly method: string; readonly params: readonly unknown[] }[] = [];
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    verifyClient: (_info: { readonly req: IncomingMessage }, done) => done(status === undefined, status),
  });
  server.on("connection", (client) => {
    links += 1;
    const upstream = new WebSocket(node);
    const opened = once(upstream, "open");
    client.on("message", (data) => {
      const { id, method, params } = JSON.parse(textOf(data)) as { id: number; method: string; params: unknown[] };
      asked.push({ method, params });
      const answer = rule(method, params);
      if (answer === undefined) void opened.then(() => upstream.send(textOf(data)));
      else reply(client, id, answer);
    });
    upstream.on("message", (data) => client.send(textOf(data)));
    client.on("close", () => upstream.close());
    upstream.on("close", () => client.terminate());
  });
  await once(server, "listening");
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
    rule: (next, code) => {
      rule = next;
      status = code;
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of server.clients) client.terminate();
      server.close();
      await once(server, "close");
    },
  };
}

function reply(client: WebSocket, id: number, answer: unknown): void {
  if (answer === SILENCE) return;
  if (answer === CUT) {
    client.terminate();
    return;
  }
  if (answer instanceof RawFrame) {
    client.send(answer.text);
    return;
  }
  const code = answer instanceof Error && "code" in answer ? answer.code : -32_603;
  const body = answer instanceof Error ? { error: { code, message: answer.message } } : { result: answer };
  client.send(JSON.stringify({ jsonrpc: "2.0", id, ...body }));
}

function textOf(data: RawData): string {
  return (data as Buffer).toString("utf8");
}

const HASH_AT: Readonly<Record<string, number>> = {
  state_call: 2,
  state_getStorage: 1,
  state_queryStorageAt: 1,
  state_getRuntimeVersion: 0,
  state_getMetadata: 0,
};

/** A node that has discarded the state of those blocks, with the words of a real one (chain.md §9). */
export function discarding(gone: ReadonlySet<unknown>): Rule {
  return (method, params) => {
    const hash = params[HASH_AT[method] ?? -1];
    return gone.has(hash)
      ? rpcError(4003, `Client error: Api called for an unknown Block: State already discarded for ${String(hash)}`)
      : undefined;
  };
}

export function rpcError(code: number, message: string): Error {
  return Object.assign(new Error(message), { code });
}
