import { ValidatorError } from "../../core/model/fault.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { LinkError, OWN_NODE, PolicyError, type RpcError, refusedBy } from "./chain-fault.ts";
import { type Endpoints, endpointName } from "./endpoints.ts";
import { DEFAULT_REST_MS, type GatewayRefusal, rpcRefusal } from "./gateway-policy.ts";
import { RpcLink } from "./rpc-link.ts";

export interface KeeperOptions {
  readonly endpoints: Endpoints;
  /** For the handshake; the first questions have a deadline of their own. */
  readonly handshakeMs: number;
  readonly telemetry: Telemetry;
}

export interface KeeperEvents {
  /** Asks the node what must be known before it is used; a rejection is its dismissal. */
  admit(endpoint: string): Promise<void>;
  up(): void;
  message(text: string | null): void;
  /** Also for a link that never came up. */
  down(error: LinkError, wasUp: boolean): void;
}

interface Opening {
  resolve(): void;
  reject(error: Error): void;
  tries: number;
}

/** How a link ended: by the other side, by its silence, or because another endpoint is wanted. */
type Ending = "lost" | "silent" | "moved";

/** A link that breaks sooner after it came up than this is no sound one. */
const STEADY_MS = 10_000;
const RECONNECT_MS: readonly number[] = [100, 250, 500, 1_000, 2_500];

/**
 * Keeps one link to one of the endpoints: dials, has the node admitted, and when a link ends dials again. One that broke gets a
 * second chance; one that is silent, breaks again at once or cannot be dialled is left for the next endpoint.
 */
export class LinkKeeper {
  readonly #options: KeeperOptions;
  readonly #events: KeeperEvents;
  #link: RpcLink | null = null;
  /** Of the link. */
  #endpoint = "";
  #opening: Opening | null = null;
  #timer: NodeJS.Timeout | undefined;
  #up = false;
  #closed = false;
  #upAt = 0;
  /** It broke, and has not shown since that it stays. */
  #probation = false;
  #failures = 0;
  #last: string | null = null;

  constructor(options: KeeperOptions, events: KeeperEvents) {
    this.#options = options;
    this.#events = events;
  }

  get isUp(): boolean {
    return this.#up;
  }

  /** Tries every endpoint once. Rejects with the last one's error, or ValidatorError when all serve another chain. */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject, tries: 0 };
      this.#dial();
    });
  }

  send(text: string): void {
    this.#link?.send(text);
  }

  /** Leaves a link that does not answer, for the next endpoint if there is one. */
  abandon(reason: string): void {
    this.#end("silent", new LinkError(reason));
  }

  /** Leaves a healthy link for another endpoint. */
  moveTo(endpoint: string, reason: string): void {
    this.#options.endpoints.choose(endpoint);
    this.#end("moved", new LinkError(reason));
    this.#redial(0);
  }

  /** A gateway that refuses with the link open is left alone for as long as it asks. Null for every other answer. */
  refused(answer: RpcError | null): PolicyError | null {
    const refusal = answer === null ? null : rpcRefusal(answer.code, answer.data);
    if (refusal === null) return null;
    const error = this.#rest(refusal);
    if (error.waitMs > 0 && this.#options.endpoints.advance()) this.#end("moved", error);
    return error;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#end("moved", new LinkError("The connection to the chain was closed."));
  }

  #dial(): void {
    if (this.#closed || this.#link !== null) return;
    const { endpoints, handshakeMs } = this.#options;
    const endpoint = endpoints.current;
    const link = new RpcLink(endpoint, handshakeMs, {
      open: () => void this.#greet(link, endpoint),
      message: (text) => this.#events.message(text),
      down: (reason, refusal) => this.#down(reason, refusal),
    });
    this.#link = link;
    this.#endpoint = endpoint;
  }

  async #greet(link: RpcLink, endpoint: string): Promise<void> {
    try {
      await this.#events.admit(endpoint);
    } catch (error) {
      if (this.#link === link) this.#end("silent", error instanceof Error ? error : new LinkError(String(error)));
      return;
    }
    if (this.#link !== link) return;
    this.#up = true;
    this.#upAt = performance.now();
    if (this.#last !== null && this.#last !== endpoint) {
      const facts = { from: endpointName(this.#last), to: endpointName(endpoint) };
      this.#options.telemetry.event("warn", "endpoint-switched", facts);
    }
    this.#last = endpoint;
    this.#events.up();
    this.#opening?.resolve();
    this.#opening = null;
  }

  #down(reason: string, refusal: GatewayRefusal | null): void {
    const refused = refusal === null ? null : this.#rest(refusal);
    if (refused === null || refused.waitMs === 0) this.#end("lost", new LinkError(reason));
    else this.#end("silent", refused);
  }

  /** Has the endpoint left alone. An own node that names no time has no policy, it has trouble. */
  #rest({ how, waitMs }: GatewayRefusal): PolicyError {
    const { endpoints, telemetry } = this.#options;
    const url = endpoints.current;
    const endpoint = endpointName(url);
    const ms = waitMs ?? (endpoints.isPublic(url) ? DEFAULT_REST_MS : 0);
    if (ms > 0) {
      endpoints.rest(url, ms);
      const facts = { endpoint, how, waitSeconds: Math.ceil(ms / 1000), remedy: OWN_NODE };
      telemetry.event("warn", "gateway-refused", facts);
    }
    return refusedBy(how, ms).at(endpoint);
  }

  #end(ending: Ending, reason: Error): void {
    const link = this.#link;
    if (link === null) return;
    const endpoint = endpointName(this.#endpoint);
    const error = reason instanceof LinkError ? reason.at(endpoint) : reason;
    const wasUp = this.#up;
    this.#link = null;
    this.#up = false;
    link.close();
    this.#events.down(error instanceof LinkError ? error : new LinkError(error.message, error).at(endpoint), wasUp);
    const steady = wasUp && performance.now() - this.#upAt >= STEADY_MS;
    if (steady) this.#failures = 0;
    else if (!wasUp || ending === "lost") this.#failures += 1;
    this.#probation = wasUp && ending === "lost" && (steady || !this.#probation);
    if (this.#closed) this.#giveUp(error);
    else this.#goOn(ending, error);
  }

  #goOn(ending: Ending, error: Error): void {
    const moved = ending === "moved" || (!this.#probation && this.#options.endpoints.advance());
    if (this.#opening !== null && this.#allTried(error)) this.#giveUp(error);
    else this.#redial(moved && this.#failures < this.#options.endpoints.count ? 0 : this.#pause());
  }

  #pause(): number {
    const round = Math.floor(this.#failures / Math.max(1, this.#options.endpoints.count));
    return RECONNECT_MS[Math.min(round, RECONNECT_MS.length - 1)] ?? 0;
  }

  #redial(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.#dial(), Math.max(ms, this.#options.endpoints.restMs()));
    // Nothing else may keep the process from ending while the first link is waited for.
    if (this.#opening === null) this.#timer.unref();
  }

  #allTried(error: Error): boolean {
    const { endpoints } = this.#options;
    if (this.#opening === null) return false;
    this.#opening.tries += 1;
    return this.#opening.tries >= endpoints.total || (error instanceof PolicyError && endpoints.restMs() > 0);
  }

  #giveUp(error: Error): void {
    const opening = this.#opening;
    this.#opening = null;
    // One endpoint of the wrong chain among others that are only down says nothing about these.
    const { endpoints } = this.#options;
    const judged =
      error instanceof ValidatorError && !endpoints.wrongEverywhere && endpoints.total > 1
        ? new LinkError("No endpoint of the configured chain accepts a connection.", error)
        : error;
    opening?.reject(judged);
  }
}
