import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ValidatorError } from "../core/model/fault.ts";

/** What the control address does, as its owner provides it. */
export interface ControlActions {
  truth(): unknown;
  ledger(): unknown;
  /** @throws ValidatorError for a list that cannot be followed; then nothing has changed. */
  setFaults(list: unknown): void;
  advance(blocks: number): Promise<number>;
  /** @throws ValidatorError with a sentence for an action that is none, or that the chain refuses. */
  owner(action: unknown): { readonly block: number };
  /** @throws ValidatorError with a sentence for an upgrade that cannot be made. */
  upgrade(request: unknown): Promise<{ readonly block: number; readonly specVersion: number }>;
}

export interface ControlServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
}

/** Metadata as hex is the largest body there is: that of a real chain has some 400 kB. */
const MAX_BODY = 4 * 1024 * 1024;
/** One call makes at most this many blocks, so that it returns. */
const MAX_BLOCKS = 100_000;

/**
 * The control address (DESIGN §6): loopback only and without credential, therefore closed to web pages: a request with an
 * `Origin`, or for another host, is refused. Errors are `{"error":"<sentence>"}`.
 */
export async function startControl(actions: ControlActions): Promise<ControlServer> {
  const server = createServer((request, response) => void serve(actions, request, response));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(0, "127.0.0.1", () => resolve());
  await promise;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

interface Answer {
  readonly status: number;
  readonly value: unknown;
}

async function serve(actions: ControlActions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, value } = foreign(request) ?? (await answer(actions, request));
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

function foreign(request: IncomingMessage): Answer | undefined {
  if (request.headers.origin !== undefined) return refusal(403, "Requests of web pages are refused.");
  const own = [`127.0.0.1:${request.socket.localPort}`, `localhost:${request.socket.localPort}`];
  if (own.includes(request.headers.host ?? "")) return undefined;
  return refusal(403, `This address serves ${own.join(" and ")} only; the request named another host.`);
}

async function answer(actions: ControlActions, request: IncomingMessage): Promise<Answer> {
  const route = `${request.method ?? ""} ${(request.url ?? "").replace(/\?.*$/, "")}`;
  if (route === "GET /truth") return { status: 200, value: actions.truth() };
  if (route === "GET /ledger") return { status: 200, value: actions.ledger() };
  const post = Object.hasOwn(POSTS, route) ? POSTS[route] : undefined;
  if (post === undefined) {
    return refusal(404, `There are GET /truth, GET /ledger, ${Object.keys(POSTS).join(", ")}.`);
  }
  const body = await readJson(request);
  if (body === undefined) return refusal(400, "The body is no JSON, or too large.");
  try {
    return await post(actions, body.value);
  } catch (error) {
    if (!(error instanceof ValidatorError)) throw error;
    return refusal(400, `${error.message}: ${error.remedy}.`);
  }
}

type Post = (actions: ControlActions, body: unknown) => Answer | Promise<Answer>;

const POSTS: Readonly<Record<string, Post>> = {
  "POST /faults": (actions, list) => {
    actions.setFaults(list);
    return { status: 200, value: { faults: Array.isArray(list) ? list.length : 0 } };
  },
  "POST /advance": advance,
  "POST /owner": (actions, action) => ({ status: 200, value: actions.owner(action) }),
  "POST /upgrade": async (actions, request) => ({ status: 200, value: await actions.upgrade(request) }),
};

async function advance(actions: ControlActions, body: unknown): Promise<Answer> {
  const blocks: unknown = typeof body === "object" && body !== null && "blocks" in body ? body.blocks : undefined;
  if (typeof blocks !== "number" || !Number.isInteger(blocks) || blocks < 1 || blocks > MAX_BLOCKS) {
    return refusal(400, `"blocks" must be a whole number from 1 to ${MAX_BLOCKS}.`);
  }
  return { status: 200, value: { block: await actions.advance(blocks) } };
}

function refusal(status: number, sentence: string): Answer {
  return { status, value: { error: sentence } };
}

async function readJson(request: IncomingMessage): Promise<{ readonly value: unknown } | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      size += part.length;
      if (size <= MAX_BODY) parts.push(part);
    }
    if (size > MAX_BODY) return undefined;
    return { value: JSON.parse(Buffer.concat(parts).toString("utf8")) as unknown };
  } catch {
    // Cut off or no JSON: the caller, if it is still there, is told so.
    return undefined;
  }
}
