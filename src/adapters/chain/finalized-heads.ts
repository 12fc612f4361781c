import type { Hex } from "../../core/model/ids.ts";
import type { Heads } from "../../ports/chain.ts";
import { asHash, asHeight } from "./answers.ts";
import { LinkError } from "./chain-fault.ts";
import type { RpcSocket } from "./rpc-socket.ts";

type Request = (method: string, params: readonly unknown[], signal: AbortSignal) => Promise<unknown>;

/** A head seen longer ago than this is asked for again: a half-open link announces nothing and looks healthy. */
const STALE_MS = 15_000;

/** The finalized head as announced by the node, and a way to wait for the next one. */
export class FinalizedHeads {
  readonly #socket: RpcSocket;
  readonly #request: Request;
  readonly #waiting = new Set<() => void>();
  #height = -1;
  #seenAt = Number.NEGATIVE_INFINITY;
  #known: Heads | null = null;

  constructor(socket: RpcSocket, request: Request) {
    this.#socket = socket;
    this.#request = request;
  }

  async start(): Promise<void> {
    this.#socket.onLink((connected) => {
      if (connected) this.#doubt();
    });
    await this.#socket.subscribe("chain_finalizedHead", "chain_subscribeFinalizedHeads", [], (error, header) => {
      if (error !== null) return;
      const height = asHeight(header);
      if (height !== null) this.#announce(height);
    });
  }

  /** The head last announced, asked for when it is old or its hash is not known. */
  async latest(signal: AbortSignal): Promise<Heads> {
    const fresh = performance.now() - this.#seenAt < STALE_MS;
    if (fresh && this.#known?.finalized === this.#height) return this.#known;
    return this.ask(signal);
  }

  /** The hash alone, for those who read the block's header themselves. */
  async hash(signal: AbortSignal): Promise<Hex> {
    return asHash(await this.#request("chain_getFinalizedHead", [], signal));
  }

  /** Asks the node. */
  async ask(signal: AbortSignal): Promise<Heads> {
    const finalizedHash = await this.hash(signal);
    const height = asHeight(await this.#request("chain_getHeader", [finalizedHash], signal));
    if (height === null) throw new LinkError("The chain node does not know the block it calls finalized.");
    const heads = { finalized: height, finalizedHash };
    if (heads.finalized >= this.#height) {
      this.#known = heads;
      this.#announce(heads.finalized);
    }
    return heads;
  }

  /** Resolves as soon as a head beyond that height is announced, or after `ms`. */
  async beyond(height: number, ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#height > height) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    const timer = setTimeout(wake, ms);
    this.#waiting.add(wake);
    signal.addEventListener("abort", wake);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(wake);
    signal.removeEventListener("abort", wake);
    signal.throwIfAborted();
  }

  /** What was announced while the link was down has been missed. */
  #doubt(): void {
    this.#seenAt = Number.NEGATIVE_INFINITY;
    this.#wake();
  }

  #announce(height: number): void {
    this.#seenAt = performance.now();
    if (height <= this.#height) return;
    this.#height = height;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}
