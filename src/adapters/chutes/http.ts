import { Agent, buildConnector } from "undici";
import type { Clock } from "../../ports/clock.ts";
import { Exchange, type HttpCall, type HttpOutcome, type OpenReader } from "./exchange.ts";

/** Name lookup, TCP and TLS together (chutes.md §8). */
const CONNECT_MS = 10_000;
const MAX_HEADER_BYTES = 16_384;
/** Slugs contacted lately keep a pool each; undici drops a pool when its last socket closes. */
const KEEP_ALIVE_MS = 4_000;

/**
 * HTTP/1.1 over undici: no redirects, no retries (they would repeat nonces, D14), no proxies, certificates checked as Node does
 * by default. Deadlines are ours, on the injected clock; undici's own are off but for the connection's.
 */
export class HttpClient implements AsyncDisposable {
  readonly #agent: Agent;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    const connector = buildConnector({ timeout: CONNECT_MS, allowH2: false });
    this.#agent = new Agent({
      allowH2: false,
      // Without TLS there is no server name; undici would otherwise make one of a Host header that differs from the origin.
      connect: ({ servername, ...options }, callback) =>
        connector(
          options.protocol === "https:" && servername !== undefined ? { ...options, servername } : options,
          callback,
        ),
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      pipelining: 1,
    });
  }

  /** One request; whatever goes wrong is in the outcome. Rejects only with the signal's reason. */
  async exchange(call: HttpCall, open: OpenReader, signal: AbortSignal): Promise<HttpOutcome> {
    signal.throwIfAborted();
    return new Exchange(call, open, this.#clock).run(this.#agent, signal);
  }

  /** Closes all sockets at once, also those in use. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}
