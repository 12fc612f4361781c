import type { Hex } from "../../core/model/ids.ts";
import type { Heads } from "../../ports/chain.ts";
import { asHash, asHeight } from "./answers.ts";
import { LinkError } from "./chain-fault.ts";
import type { RpcSocket } from "./rpc-socket.ts";

type Request = (method: string, params: readonly unknown[], signal: AbortSignal) => Promise<unknown>;

export interface FinalizedHeadsOptions {
  readonly socket: RpcSocket;
  readonly request: Request;
  /** Hash of an announced header; null for what is no header. */
  readonly hashOf: (header: unknown) => Hex | null;
}

/** A head seen longer ago than this is asked for again: a half-open link announces nothing and looks healthy. */
const STALE_MS = 15_000;
/** Finalized hashes kept, for comparison with other nodes. */
const MEMORY = 64;

/** The finalized head as announced by the node, and a way to wait for the next one. */
export class FinalizedHeads {
  readonly #options: FinalizedHeadsOptions;
  readonly #waiting = new Set<() => void>();
  readonly #hashes = new Map<number, Hex>();
  #height = -1;
  /** The last word of the node in use, which may be behind another's. */
  #latest: (Heads & { readonly seenAt: number }) | null = null;
  /** Whether the hashes computed from headers are the chain's; known after `start`. */
  #trusted = false;

  constructor(options: FinalizedHeadsOptions) {
    this.#options = options;
  }

  /** The largest height seen, -1 before the first. */
  get height(): number {
    return this.#height;
  }

  /** Hash of a finalized block seen lately. */
  hashAt(height: number): Hex | undefined {
    return this.#hashes.get(height);
  }

  /** Subscribes, and checks once that the hash of a header is what the node calls it. */
  async start(signal: AbortSignal): Promise<void> {
    const { socket } = this.#options;
    socket.onLink((connected) => {
      if (connected) this.#doubt();
    });
    await Promise.all([
      socket.subscribe("chain_finalizedHead", "chain_subscribeFinalizedHeads", [], (error, header) => {
        if (error === null) this.#announced(header);
      }),
      this.#verify(signal),
    ]);
  }

  /** The head last announced, asked for when it is old or its hash is not known. */
  async latest(signal: AbortSignal): Promise<Heads> {
    return this.#fresh() ?? this.ask(signal);
  }

  /** The hash alone, for those who read the block's header themselves. */
  async hash(signal: AbortSignal): Promise<Hex> {
    return this.#fresh()?.finalizedHash ?? asHash(await this.#options.request("chain_getFinalizedHead", [], signal));
  }

  /** Asks the node. */
  async ask(signal: AbortSignal): Promise<Heads> {
    const { finalized, finalizedHash } = await this.#asked(signal);
    return { finalized, finalizedHash };
  }

  /** A block's height is what a header says whose hash is the block's. @throws LinkError for another block's header. */
  requireHeader(header: unknown, hash: Hex): void {
    if (!this.#trusted) return;
    const found = this.#options.hashOf(header);
    if (found !== null && found !== hash) throw new LinkError("The chain node answered with another block's header.");
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

  async #verify(signal: AbortSignal): Promise<void> {
    const { finalizedHash, header } = await this.#asked(signal);
    this.#trusted = this.#options.hashOf(header) === finalizedHash;
  }

  async #asked(signal: AbortSignal): Promise<Heads & { readonly header: unknown }> {
    const { request } = this.#options;
    const finalizedHash = asHash(await request("chain_getFinalizedHead", [], signal));
    const header = await request("chain_getHeader", [finalizedHash], signal);
    const finalized = asHeight(header);
    if (finalized === null) throw new LinkError("The chain node does not know the block it calls finalized.");
    this.requireHeader(header, finalizedHash);
    this.#note(finalized, finalizedHash);
    return { finalized, finalizedHash, header };
  }

  #fresh(): Heads | null {
    if (this.#latest === null || performance.now() - this.#latest.seenAt >= STALE_MS) return null;
    const { finalized, finalizedHash } = this.#latest;
    return { finalized, finalizedHash };
  }

  #announced(header: unknown): void {
    const height = asHeight(header);
    if (height === null) return;
    // A height that is false would be taken for the farthest for ever; after a long silence it may be true, and is asked for.
    if (this.#height >= 0 && height > this.#height + MEMORY) this.#doubt();
    else this.#note(height, this.#trusted ? this.#options.hashOf(header) : null);
  }

  #note(height: number, hash: Hex | null): void {
    const fresh = this.#fresh();
    // An answer may be overtaken by an announcement.
    if (fresh !== null && height < fresh.finalized) return;
    this.#latest = hash === null ? null : { finalized: height, finalizedHash: hash, seenAt: performance.now() };
    if (height < this.#height) return;
    if (hash !== null) this.#remember(height, hash);
    if (height === this.#height) return;
    this.#height = height;
    this.#wake();
  }

  #remember(height: number, hash: Hex): void {
    this.#hashes.delete(height);
    this.#hashes.set(height, hash);
    const [oldest] = this.#hashes.keys();
    if (this.#hashes.size > MEMORY && oldest !== undefined) this.#hashes.delete(oldest);
  }

  /** What was announced while the link was down has been missed. Those who wait are woken, and ask. */
  #doubt(): void {
    this.#latest = null;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}
