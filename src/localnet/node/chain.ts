import type { Hex } from "../../core/model/ids.ts";
import type { RuntimeCodec } from "../metadata/registry.ts";
import { childHeader, genesisHeader, type Header, hashOf } from "./header.ts";
import { type LostBlock, lostView } from "./lost-block.ts";
import { discardedState } from "./rpc-error.ts";
import { RuntimeTimeline } from "./runtime-timeline.ts";
import { type Overlay, StateHistory, type StateView, type Stored } from "./state.ts";
import { TypedState } from "./storage-item.ts";

/** State is kept for so many blocks below the finalized one, as by nodes that are no archive (chain.md §9). */
const KEPT_STATES = 256;

export interface ChainOptions {
  readonly seed: number;
  /** The runtime of block 0. */
  readonly runtime: RuntimeCodec;
  readonly blockMs: number;
  readonly finalityLag: number;
  /** What the chain says that every call costs, in rao; 0 unless told (chain.md §3.9). Nothing is ever charged. */
  readonly feeRao?: number;
}

/** Time of block 0 in ms: the same for every run, so that runs repeat. */
export const GENESIS_TIME: number = Date.UTC(2026, 0, 1);

/**
 * Blocks, their state, and which of them are final. The blocks of the best branch are named by height; those that a fork
 * put aside keep their hash, header and state under a negative number, so that whoever asks by hash is still answered.
 */
export class Chain {
  readonly options: ChainOptions;
  readonly genesis: Hex;
  readonly runtimes: RuntimeTimeline;
  readonly #hashes: Hex[];
  readonly #numbers: Map<Hex, number>;
  /** Signed extrinsics by block; the timestamp before them follows from the height. */
  readonly #bodies = new Map<number, readonly Uint8Array[]>();
  readonly #history = new StateHistory();
  /** How many siblings a height has had before its present block. */
  readonly #siblings = new Map<number, number>();
  readonly #lost: LostBlock[] = [];
  #finalized = 0;
  #skipped = false;
  #heldUntil = 0;

  constructor(options: ChainOptions, genesis: Overlay) {
    this.options = options;
    this.runtimes = new RuntimeTimeline(options.runtime);
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
    const hash = number < 0 ? this.#lost[-number - 1]?.hash : this.#hashes[number];
    if (hash === undefined) throw new RangeError(`no block ${number}`);
    return hash;
  }

  has(number: number): boolean {
    return number >= 0 && number < this.#hashes.length;
  }

  /** The height of a block of the best branch, the negative number of one that a fork put aside. */
  numberOf(hash: Hex): number | undefined {
    return this.#numbers.get(hash);
  }

  header(number: number): Header {
    const { seed, runtime } = this.options;
    if (number === 0) return genesisHeader(seed, runtime.v15);
    return number < 0 ? this.#lostBlock(number).header : this.#child(number);
  }

  /** `Timestamp.Now` of a height, in ms. */
  timeOf(height: number): number {
    return GENESIS_TIME + height * this.options.blockMs;
  }

  /** The inherent that sets the time, then the signed extrinsics. */
  body(number: number): readonly Uint8Array[] {
    if (number === 0) return [];
    const { number: height } = this.header(number);
    const runtime = this.runtimes.executing(height);
    const call = runtime.encodeCall("Timestamp", "set", { now: this.timeOf(height) });
    const signed = number < 0 ? this.#lostBlock(number).body : (this.#bodies.get(number) ?? []);
    return [runtime.encodeInherent(call), ...signed];
  }

  /** @throws RpcError when the state has been discarded. */
  view(number: number): StateView {
    const base = number < 0 ? this.#lostBlock(number).base : number;
    if (base < this.#history.oldest) throw discardedState(this.hash(number));
    return number < 0 ? lostView(this.#lostBlock(number), this.#history.at(base)) : this.#history.at(number);
  }

  /** Read by the runtime that made the block, whose types its values have. */
  state(number: number): TypedState {
    return new TypedState(this.runtimes.executing(this.#heightOf(number)), this.view(number));
  }

  /** What a block says of its runtime: the one whose code is in its state, which makes the next block. */
  runtimeAt(number: number): RuntimeCodec {
    return this.runtimes.at(this.#heightOf(number));
  }

  /** Makes the next block the best one; its hash does not depend on what is in it (header.ts). */
  append(changes: Overlay["changes"], extrinsics: readonly Uint8Array[]): void {
    const number = this.best + 1;
    const hash = hashOf(this.#child(number));
    this.#hashes.push(hash);
    this.#numbers.set(hash, number);
    if (extrinsics.length > 0) this.#bodies.set(number, extrinsics);
    this.#history.apply(number, changes);
  }

  /** Puts all blocks above `base` aside; the next ones get other hashes. `base` must not be below the finalized block. */
  rollback(base: number): void {
    if (base < this.#finalized || base > this.best) throw new RangeError(`no fork from block ${base}`);
    const changes = new Map<string, Stored | undefined>();
    for (let number = base + 1; number <= this.best; number += 1) {
      for (const [key, value] of this.#history.changesOf(number)) changes.set(key, value);
      const block = { hash: this.hash(number), header: this.header(number), body: this.#bodies.get(number) ?? [] };
      this.#lost.push({ ...block, base, changes: new Map(changes) });
      this.#numbers.set(block.hash, -this.#lost.length);
    }
    for (let number = this.best; number > base; number -= 1) {
      this.#siblings.set(number, (this.#siblings.get(number) ?? 0) + 1);
      this.#bodies.delete(number);
      this.#hashes.pop();
    }
    this.#history.revert(base);
    this.runtimes.revert(base);
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

  #child(height: number): Header {
    const { seed } = this.options;
    const origin = { genesis: this.genesis, seed, sibling: this.#siblings.get(height) ?? 0 };
    return childHeader(origin, this.hash(height - 1), height);
  }

  #heightOf(number: number): number {
    return number < 0 ? this.#lostBlock(number).header.number : number;
  }

  #lostBlock(number: number): LostBlock {
    const block = this.#lost[-number - 1];
    if (block === undefined) throw new RangeError(`no block ${number}`);
    return block;
  }
}
