import { toHex } from "../../core/determinism/digest.ts";
import type { Hex } from "../../core/model/ids.ts";
import type { Chain } from "./chain.ts";
import * as items from "./items.ts";
import { type PoolEntry, type StatusListener, tell } from "./pool-entry.ts";
import { RpcError } from "./rpc-error.ts";
import { checkExtrinsic, extrinsicHash } from "./validity.ts";

const MOST_ENTRIES = 8192;
const MOST_BYTES = 20 * 1024 * 1024;
/** Blocks for which the hash of a transaction that left the pool is refused: half an hour of the real chain. */
const BANNED_BLOCKS = 150;
const TOO_LOW = "The transaction has too low priority to replace another transaction already in the pool.";

/** Transactions that wait for a block, and those in blocks that are not final yet. */
export class ExtrinsicPool {
  readonly #chain: Chain;
  /** In order of arrival. */
  readonly #waiting = new Map<Hex, PoolEntry>();
  /** Signer and nonce → hash: one place each. */
  readonly #places = new Map<string, Hex>();
  readonly #included = new Map<number, PoolEntry[]>();
  readonly #banned = new Map<Hex, number>();
  #bytes = 0;

  constructor(chain: Chain) {
    this.#chain = chain;
  }

  /** Takes a transaction. @throws RpcError as a real node refuses one. */
  submit(bytes: Uint8Array, listener?: StatusListener): Hex {
    const hash = extrinsicHash(bytes);
    if (this.#waiting.has(hash)) throw new RpcError(1013, "Transaction Already Imported");
    if ((this.#banned.get(hash) ?? 0) > this.#chain.best) throw new RpcError(1012, "Transaction is temporarily banned");
    const checked = checkExtrinsic(this.#chain, bytes);
    const place = placeOf(checked.signer, checked.nonce);
    // All priorities are equal (chain.md §3.8), so nothing replaces anything.
    if (this.#places.has(place)) throw new RpcError(1014, "Priority is too low: (1 vs 1)", TOO_LOW);
    if (this.#waiting.size >= MOST_ENTRIES || this.#bytes + bytes.length > MOST_BYTES) {
      const why = "The transaction couldn't enter the pool because of the limit.";
      throw new RpcError(1016, "Immediately Dropped", why);
    }
    const entry: PoolEntry = { ...checked, listeners: new Set(), ready: false };
    this.#waiting.set(hash, entry);
    this.#bytes += bytes.length;
    this.#places.set(place, hash);
    if (listener !== undefined) {
      entry.listeners.add(listener);
      if (checked.nonce >= this.nextNonce(checked.signer)) listener("future");
    }
    this.#promote(checked.signer);
    return hash;
  }

  unwatch(hash: Hex, listener: StatusListener): void {
    this.#waiting.get(hash)?.listeners.delete(listener);
    for (const entries of this.#included.values()) {
      for (const entry of entries) if (entry.hash === hash) entry.listeners.delete(listener);
    }
  }

  /** The nonce for the next transaction: the account's, past those that wait without a gap. */
  nextNonce(signer: Uint8Array): number {
    let nonce = this.#chain.state(this.#chain.best).get(items.ACCOUNT, signer)?.nonce ?? 0;
    while (this.#places.has(placeOf(signer, nonce))) nonce += 1;
    return nonce;
  }

  /** Raw bytes of what waits. */
  pending(): Uint8Array[] {
    return [...this.#waiting.values()].map(({ bytes }) => bytes);
  }

  /** In order of arrival, but a signer's in order of nonce; `nonceOf` is asked anew after each that was taken. */
  *candidates(nonceOf: (signer: Uint8Array) => number): Generator<PoolEntry> {
    for (const arrived of [...this.#waiting.values()]) {
      let entry: PoolEntry | undefined = arrived;
      while (entry !== undefined && this.#waiting.has(entry.hash) && entry.nonce === nonceOf(entry.signer)) {
        yield entry;
        const next: Hex | undefined = this.#places.get(placeOf(entry.signer, entry.nonce + 1));
        entry = next === undefined ? undefined : this.#waiting.get(next);
      }
    }
  }

  /** The entry is part of block `number`, whose hash its watchers learn from `announce`. */
  include(entry: PoolEntry, number: number): void {
    this.#remove(entry);
    const entries = this.#included.get(number);
    if (entries === undefined) this.#included.set(number, [entry]);
    else entries.push(entry);
  }

  /** Tells watchers of the new best block and throws out what it made invalid. */
  announceBest(number: number): void {
    for (const entry of this.#included.get(number) ?? []) tell(entry, { inBlock: this.#chain.hash(number) });
    const state = this.#chain.state(number);
    for (const entry of [...this.#waiting.values()]) {
      const nonce = state.get(items.ACCOUNT, entry.signer)?.nonce ?? 0;
      const current = entry.runtime === this.#chain.runtimeAt(number);
      if (current && entry.death > number + 1 && entry.nonce >= nonce) continue;
      this.#remove(entry);
      tell(entry, "invalid");
    }
    for (const [hash, until] of this.#banned) if (until <= number) this.#banned.delete(hash);
  }

  /** A fork puts the blocks above `base` aside: tells so to those who watch what was in them. Comes before the rollback. */
  retract(base: number): PoolEntry[] {
    const lost: PoolEntry[] = [];
    for (const [block, entries] of this.#included) {
      if (block <= base) continue;
      for (const entry of entries) tell(entry, { retracted: this.#chain.hash(block) });
      lost.push(...entries);
      this.#included.delete(block);
    }
    return lost;
  }

  /** They wait again, after the rollback; what was signed for a block that is no more cannot. */
  restore(lost: readonly PoolEntry[]): void {
    for (const entry of lost) {
      this.#banned.delete(entry.hash);
      if (!isStillValid(this.#chain, entry) || this.#places.has(placeOf(entry.signer, entry.nonce))) {
        tell(entry, "invalid");
        continue;
      }
      this.#waiting.set(entry.hash, entry);
      this.#bytes += entry.bytes.length;
      this.#places.set(placeOf(entry.signer, entry.nonce), entry.hash);
    }
  }

  announceFinalized(number: number): void {
    for (const [block, entries] of this.#included) {
      if (block > number) continue;
      for (const entry of entries) tell(entry, { finalized: this.#chain.hash(block) });
      this.#included.delete(block);
    }
  }

  #remove(entry: PoolEntry): void {
    this.#waiting.delete(entry.hash);
    this.#bytes -= entry.bytes.length;
    this.#places.delete(placeOf(entry.signer, entry.nonce));
    this.#banned.set(entry.hash, this.#chain.best + BANNED_BLOCKS);
  }

  /** Tells `ready` to all of a signer's transactions that wait for no other any more. */
  #promote(signer: Uint8Array): void {
    const end = this.nextNonce(signer);
    for (const entry of this.#waiting.values()) {
      if (entry.ready || entry.nonce >= end || Buffer.compare(entry.signer, signer) !== 0) continue;
      entry.ready = true;
      tell(entry, "ready");
    }
  }
}

function isStillValid(chain: Chain, entry: PoolEntry): boolean {
  try {
    checkExtrinsic(chain, entry.bytes);
    return true;
  } catch (error) {
    if (error instanceof RpcError) return false;
    throw error;
  }
}

function placeOf(signer: Uint8Array, nonce: number): string {
  return `${toHex(signer)}/${nonce}`;
}
