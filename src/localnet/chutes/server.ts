import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ChutesBook, type ChutesLedger } from "./chutes-ledger.ts";
import { deliver, isSilent, replacedBy } from "./delivery.ts";
import { errorReply } from "./error-rows.ts";
import { type ChutesFault, ChutesFaultPlan, type FaultSubject } from "./fault-rules.ts";
import { planInvocation, planReference } from "./invocation.ts";
import { type Planned, planManagement } from "./management.ts";
import { makePlatform, type Platform, type PlatformOptions } from "./platform.ts";
import type { Reply } from "./reply.ts";
import { cryptoReady } from "./sr25519.ts";

export interface SimChutesOptions extends PlatformOptions {
  /** 0 = any free port. */
  readonly port: number;
  /** Factor on the models' latencies; 1 = as drawn, 0 = at once. */
  readonly pace: number;
  /** Unix milliseconds, for freshness of signatures. */
  now(): number;
}

/** A running simulated Chutes (DESIGN §7): one port for management, llm and slug hosts, told apart by Host and path. */
export interface SimChutes extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly apiKey: string;
  ledger(): ChutesLedger;
  /** How often each request was answered and charged, by chute and digest of the body. */
  purchases(): ReadonlyMap<string, number>;
  /** Replaces all rules. @throws ValidatorError for a rule that cannot be followed. */
  setFaults(rules: readonly ChutesFault[]): void;
}

/** Bodies above this are refused with 413. */
const MAX_BODY = 4 * 1024 * 1024;
/** Requests that one private chute serves at once; beyond, the platform is at capacity (chutes.md §3.1). */
const CHUTE_CONCURRENCY = 32;

export async function startChutes(options: SimChutesOptions): Promise<SimChutes> {
  await cryptoReady();
  const world = new World(options);
  const server = createServer((request, response) => void world.serve(request, response));
  server.keepAliveTimeout = 60_000;
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    apiKey: world.platform.account.apiKey,
    ledger: () => world.book.snapshot(),
    purchases: () => world.book.purchases(),
    setFaults: (rules) => world.faults.set(rules),
    async [Symbol.asyncDispose]() {
      world.closing.abort();
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeAllConnections();
      await promise;
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, "127.0.0.1", () => resolve());
  return promise;
}

class World {
  readonly platform: Platform;
  readonly book = new ChutesBook();
  readonly faults: ChutesFaultPlan;
  readonly closing = new AbortController();
  readonly #options: SimChutesOptions;

  constructor(options: SimChutesOptions) {
    this.#options = options;
    this.platform = makePlatform(options);
    this.faults = new ChutesFaultPlan(this.platform.seed);
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.closing.signal]);
    const body = await readAll(request);
    if (body === "gone") return;
    const planned = body === "too-large" ? tooLarge() : this.#plan(request, body);
    const status = await this.#act(planned, response, signal);
    this.book.record(planned.route, status, planned.deployment?.miner?.uid);
  }

  /** Carries the plan out under the faults in force; 0 when nothing was sent, 499 when the caller went first. */
  async #act(planned: Planned, response: ServerResponse, signal: AbortSignal): Promise<number> {
    const fault = this.faults.on(subjectOf(planned));
    if (isSilent(fault, false)) return silence(fault, response);
    const { deployment } = planned;
    if (deployment !== undefined) deployment.inFlight += 1;
    try {
      const reply = this.#reply(planned, fault);
      if (reply.bought !== null) this.book.purchase(reply.bought.key, reply.bought.microUsd);
      if (isSilent(fault, true)) return silence(fault, response);
      return await deliver(reply, { response, fault, pace: this.#options.pace, signal });
    } catch (error) {
      if (signal.aborted) return 499;
      throw error;
    } finally {
      if (deployment !== undefined) deployment.inFlight -= 1;
    }
  }

  #reply(planned: Planned, fault: ChutesFault | undefined): Reply {
    const { deployment } = planned;
    if (deployment?.miner && deployment.inFlight > CHUTE_CONCURRENCY) return errorReply("429-capacity");
    const early = replacedBy(fault, true);
    if (early !== undefined) return early;
    const reply = planned.answer();
    return replacedBy(fault, reply.body.kind === "stream") ?? reply;
  }

  #plan(request: IncomingMessage, body: Buffer): Planned {
    const url = URL.parse(request.url ?? "/", "http://localhost") ?? new URL("http://localhost/");
    const method = request.method ?? "GET";
    const host = hostOf(request.headers.host ?? "", url.pathname);
    if (host === "api") {
      const { authorization } = request.headers;
      return planManagement(this.platform, { method, path: url.pathname, query: url.searchParams, authorization });
    }
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(",") : value]),
    );
    const call = { method, path: url.pathname, headers, body, nowMs: this.#options.now() };
    return host === "llm" ? planReference(this.platform, call) : planInvocation(this.platform, host.slug, call);
  }
}

/** `api.` and `llm.` are themselves, another first label is a slug; on a bare loopback address the path decides. */
function hostOf(header: string, path: string): "api" | "llm" | { readonly slug: string } {
  const host = header.toLowerCase().replace(/:\d+$/, "");
  const [label = ""] = host.split(".");
  if (host === "" || host === "localhost" || /^[\d.]+$|^\[/.test(host)) return path.startsWith("/v1/") ? "llm" : "api";
  if (label === "api" || label === "llm") return label;
  return { slug: label };
}

function subjectOf(planned: Planned): FaultSubject {
  const chute = planned.deployment?.chute;
  return { route: planned.route, ...(chute === undefined ? {} : { slug: chute.slug, chuteId: chute.chuteId }) };
}

function tooLarge(): Planned {
  return { route: "unknown", answer: () => errorReply("413-body") };
}

/** `drop` cuts the connection, `half-open` leaves it to the caller's patience. */
function silence(fault: ChutesFault | undefined, response: ServerResponse): number {
  if (fault?.kind === "drop") response.destroy();
  return 0;
}

async function readAll(request: IncomingMessage): Promise<Buffer | "too-large" | "gone"> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      size += part.length;
      if (size <= MAX_BODY) parts.push(part);
    }
  } catch {
    // The caller went away while it was still sending: there is nobody to answer.
    return "gone";
  }
  return size > MAX_BODY ? "too-large" : Buffer.concat(parts);
}
