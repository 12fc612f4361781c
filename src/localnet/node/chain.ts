import type { Hex } from "../../core/model/ids.ts";
import type { RuntimeCodec } from "../metadata/registry.ts";
import { childHeader, genesisHeader, type Header, hashOf } from "./header.ts";
import { discardedState } from "./rpc-error.ts";
import { type Overlay, StateHistory, type StateView } from "./state.ts";
import { TypedState } from "./storage-item.ts";

/** State is kept for so many blocks below the finalized one, as by nodes that are no archive (chain.md §9). */
const KEPT_STATES = 256;

export interface ChainOptions {
  readonly seed: number;
  readonly runtime: RuntimeCodec;
  readonly blockMs: number;
  readonly finalityLag: number;
}

/** Time of block 0 in ms: the same for every run, so that runs repeat. */
const GENESIS_TIME = Date.UTC(2026, 0, 1);

/** Blocks, their state, and which of them are final. A line without forks. */
export class Chain {
  readonly options: ChainOptions;
  readonly genesis: Hex;
  readonly #hashes: Hex[];
  readonly #numbers: Map<Hex, number>;
  /** Signed extrinsics by block; the timestamp before them follows from the height. */
  readonly #bodies = new Map<number, readonly Uint8Array[]>();
  readonly #history = new StateHistory();
  #finalized = 0;
  #skipped = false;
  #heldUntil = 0;

  constructor(options: ChainOptions, genesis: Overlay) {
    this.options = options;
    this.genesis = hashOf(genesisHeader(options.seed, options.runtime.v15));
    this.#hashes = [this.genesis];
    this.#numbers = new Map([[this.genesis, 0]]);
    this.#history.apply(0, genesis.changes);
  }

  get best(): number {
    return this.#hashes.length - 1;
  }

  get finalized(): number {
    return this.#finalized;
  }

  /** @throws RangeError for a block that does not exist. */
  hash(number: number): Hex {
    const hash = this.#hashes[number];
    if (hash === undefined) throw new RangeError(`no block ${number}`);
    return hash;
  }

  has(number: number): boolean {
    return number >= 0 && number < this.#hashes.length;
  }

  numberOf(hash: Hex): number | undefined {
    return this.#numbers.get(hash);
  }

  header(number: number): Header {
    const { seed, runtime } = this.options;
    if (number === 0) return genesisHeader(seed, runtime.v15);
    return childHeader({ genesis: this.genesis, seed }, this.hash(number - 1), number);
  }

  /** `Timestamp.Now` of a block, in ms. */
  timeOf(number: number): number {
    return GENESIS_TIME + number * this.options.blockMs;
  }

  /** The inherent that sets the time, then the signed extrinsics. */
  body(number: number): readonly Uint8Array[] {
    if (number === 0) return [];
    const { runtime } = this.options;
    const call = runtime.encodeCall("Timestamp", "set", { now: this.timeOf(number) });
    return [runtime.encodeInherent(call), ...(this.#bodies.get(number) ?? [])];
  }

  /** @throws RpcError when the state has been discarded. */
  view(number: number): StateView {
    if (number < this.#history.oldest) throw discardedState(this.hash(number));
    return this.#history.at(number);
  }

  state(number: number): TypedState {
    return new TypedState(this.options.runtime, this.view(number));
  }

  /** Makes the next block the best one; its hash does not depend on what is in it (header.ts). */
  append(changes: Overlay["changes"], extrinsics: readonly Uint8Array[]): void {
    const number = this.best + 1;
    const hash = hashOf(childHeader({ genesis: this.genesis, seed: this.options.seed }, this.hash(number - 1), number));
    this.#hashes.push(hash);
    this.#numbers.set(hash, number);
    if (extrinsics.length > 0) this.#bodies.set(number, extrinsics);
    this.#history.apply(number, changes);
  }

  /** From now on finality stands still for so many blocks. */
  holdFinality(blocks: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, this.best + blocks);
  }

  /**
   * Moves finality behind the best block; every fourth move or so is left out, so that the next is a jump of two, as on
   * real chains (own-metadata.md §7).
   *
   * @returns the new finalized height, undefined when it did not move
   */
  advanceFinality(): number | undefined {
    const { finalityLag } = this.options;
    const target = this.best - finalityLag;
    if (target <= this.#finalized || this.best < this.#heldUntil) return undefined;
    const skip = finalityLag > 0 && !this.#skipped && Number.parseInt(this.hash(this.best).slice(-2), 16) < 64;
    this.#skipped = skip;
    if (skip) return undefined;
    this.#finalized = target;
    if (target > KEPT_STATES) this.#history.prune(target - KEPT_STATES);
    return target;
  }
}
