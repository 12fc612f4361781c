import { ValidatorError } from "../../core/model/fault.ts";
import type { Hex } from "../../core/model/ids.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { ArchiveError, isDiscarded, isMisfortune, LinkError, RpcError, restingFor } from "./chain-fault.ts";
import { EndpointJudge } from "./endpoint-judge.ts";
import { Endpoints, endpointName } from "./endpoints.ts";
import { type Ask, RpcSocket } from "./rpc-socket.ts";

export interface ArchiveOptions {
  /** None is no archive. */
  readonly archiveEndpoints?: readonly string[];
  /** The nodes that are asked first. */
  readonly endpoints: Endpoints;
  /** Of the chain that those serve, known as soon as one of them has answered. */
  readonly genesis: () => Hex | null;
  readonly telemetry: Telemetry;
  /** As for the nodes: time to be sent, and time for the answer. */
  readonly requestMs: number;
  readonly requestsPerMinute?: number | null;
  readonly isPublic?: (endpoint: string) => boolean;
  readonly archiveIdleMs?: number;
}

interface Link {
  readonly socket: RpcSocket;
  /** Rejects when no archive endpoint comes up. */
  readonly opened: Promise<void>;
}

/** Reads come in bursts: one old block takes a handful, dependent on one another. */
const IDLE_MS = 30_000;

/** The reads of a block's state, with the place of its hash among the parameters. An archive is asked nothing else. */
const HASH_AT: ReadonlyMap<string, number> = new Map([
  ["state_call", 2],
  ["state_getStorage", 1],
  ["state_queryStorageAt", 1],
  ["state_getRuntimeVersion", 0],
  ["state_getMetadata", 0],
]);

/**
 * Nodes that keep the state of every block, for what the node in use has discarded (chain.md §9). The link to one of them is
 * opened when the first such read comes, and closed when none has come for a while.
 */
export class Archive {
  readonly #options: ArchiveOptions;
  readonly #endpoints: Endpoints | null;
  #judge: EndpointJudge | null = null;
  #link: Link | null = null;
  #asking = 0;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ArchiveOptions) {
    this.#options = options;
    const { archiveEndpoints: urls = [], endpoints, requestsPerMinute = null, isPublic } = options;
    this.#endpoints =
      urls.length === 0
        ? null
        : new Endpoints({
            urls,
            requestsPerMinute,
            alongside: endpoints,
            ...(isPublic === undefined ? {} : { isPublic }),
          });
  }

  /** Asks the node, and once more an archive for state that the node has discarded. Rejects with an ArchiveError that names both. */
  behind(node: Ask): Ask {
    const archives = this.#endpoints;
    if (archives === null) return node;
    return async (method, params) => {
      try {
        return await node(method, params);
      } catch (error) {
        const hash = params[HASH_AT.get(method) ?? -1];
        if (typeof hash !== "string" || !isDiscarded(error)) throw error;
        return this.#instead(archives, { method, params, hash });
      }
    };
  }

  close(): void {
    this.#closed = true;
    this.#hangUp();
  }

  async #instead(
    archives: Endpoints,
    read: { method: string; params: readonly unknown[]; hash: string },
  ): Promise<unknown> {
    const node = endpointName(this.#options.endpoints.current);
    try {
      return await this.#ask(archives, read.method, read.params);
    } catch (error) {
      if (!isMisfortune(error) && !(error instanceof ValidatorError)) throw error;
      const names = (this.#options.archiveEndpoints ?? []).map(endpointName).join(", ");
      throw new ArchiveError(
        `The node ${node} has already discarded the state of block ${read.hash}, and the archive (${names}) cannot stand in for it: ${reasonOf(error)}`,
        error,
      );
    }
  }

  async #ask(archives: Endpoints, method: string, params: readonly unknown[]): Promise<unknown> {
    const { socket, opened } = this.#open(archives);
    this.#asking += 1;
    clearTimeout(this.#idle);
    try {
      const answer = socket.request(method, params);
      // Without an endpoint that comes up it would only wait to be sent.
      await Promise.race([opened, answer]);
      return await answer;
    } finally {
      this.#asking -= 1;
      if (this.#asking === 0) this.#closeLater();
    }
  }

  #open(archives: Endpoints): Link {
    if (this.#closed) throw new LinkError("The connection to the chain is closed.");
    if (this.#link !== null) return this.#link;
    if (archives.wrongEverywhere) throw new LinkError("No archive endpoint serves the configured chain.");
    const restMs = archives.restMs();
    if (restMs > 0 && !archives.advance()) throw restingFor(restMs);
    const { telemetry, requestMs, genesis } = this.#options;
    this.#judge ??= new EndpointJudge({ endpoints: archives, expectedGenesis: genesis(), telemetry });
    const judge = this.#judge;
    const socket = new RpcSocket({
      endpoints: archives,
      telemetry,
      requestMs,
      admit: (ask, endpoint) => judge.admit(ask, endpoint),
    });
    const link = { socket, opened: socket.open() };
    this.#link = link;
    link.opened.then(
      () => telemetry.event("info", "archive-opened", { endpoint: endpointName(archives.current) }),
      () => this.#drop(link),
    );
    return link;
  }

  #closeLater(): void {
    if (this.#link === null) return;
    this.#idle = setTimeout(() => this.#hangUp(), this.#options.archiveIdleMs ?? IDLE_MS);
    this.#idle.unref();
  }

  #hangUp(): void {
    clearTimeout(this.#idle);
    if (this.#link !== null) this.#drop(this.#link);
  }

  #drop(link: Link): void {
    if (this.#link === link) this.#link = null;
    link.socket.close();
  }
}

/** A stranger's words are left out. */
function reasonOf(error: Error): string {
  if (isDiscarded(error)) return "It has discarded it too.";
  return error instanceof RpcError ? `It refused the read with code ${error.code}.` : error.message;
}
