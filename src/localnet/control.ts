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
}

export interface ControlServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
}

const MAX_BODY = 1024 * 1024;
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
  if (route !== "POST /faults" && route !== "POST /advance") {
    return refusal(404, "There are GET /truth, GET /ledger, POST /faults and POST /advance.");
  }
  const body = await readJson(request);
  if (body === undefined) return refusal(400, "The body is no JSON, or larger than a megabyte.");
  return route === "POST /faults" ? setFaults(actions, body.value) : advance(actions, body.value);
}

function setFaults(actions: ControlActions, list: unknown): Answer {
  try {
    actions.setFaults(list);
  } catch (error) {
    if (!(error instanceof ValidatorError)) throw error;
    return refusal(400, `${error.message}: ${error.remedy}.`);
  }
  return { status: 200, value: { faults: Array.isArray(list) ? list.length : 0 } };
}

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
