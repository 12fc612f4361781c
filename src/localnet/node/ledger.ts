import type { Hex, Ss58 } from "../../core/model/ids.ts";

/** One signed extrinsic as included in a block. */
export interface LedgerExtrinsic {
  readonly block: number;
  readonly index: number;
  readonly hash: Hex;
  readonly signer: Ss58;
  /** `Pallet.call`, in the names of the metadata. */
  readonly call: string;
  /** Bytes as 0x hex, integers beyond 2^53 as decimal strings. */
  readonly args: unknown;
  /** `ok`, or the name of the error with which dispatch ended. */
  readonly result: string;
}

/** What clients did to this node since it started (DESIGN §6, `/ledger`). */
export interface NodeLedger {
  /** Oldest first; the last 10,000. */
  readonly extrinsics: readonly LedgerExtrinsic[];
  /** Requests by method, refused ones included; methods that do not exist count as `unknown`. */
  readonly rpc: Readonly<Record<string, number>>;
  /**
   * Reads of state content (storage reads, and `state_call` but for metadata and version) by the block hash they named;
   * reads that named none count under `best`. The last 10,000 hashes.
   */
  readonly hashes: Readonly<Record<string, number>>;
}

const KEPT = 10_000;

/** Keeps the ledger; every list in it is bounded. */
export class LedgerBook {
  readonly #extrinsics: LedgerExtrinsic[] = [];
  readonly #rpc = new Map<string, number>();
  readonly #hashes = new Map<string, number>();

  countMethod(method: string): void {
    this.#rpc.set(method, (this.#rpc.get(method) ?? 0) + 1);
  }

  countRead(hash: string | undefined): void {
    const key = hash ?? "best";
    this.#hashes.set(key, (this.#hashes.get(key) ?? 0) + 1);
    if (this.#hashes.size <= KEPT) return;
    for (const oldest of this.#hashes.keys()) {
      if (oldest === "best") continue;
      this.#hashes.delete(oldest);
      return;
    }
  }

  addExtrinsic(entry: Omit<LedgerExtrinsic, "args"> & { readonly args: unknown }): void {
    this.#extrinsics.push({ ...entry, args: plain(entry.args) });
    if (this.#extrinsics.length > KEPT) this.#extrinsics.shift();
  }

  /** What was in the blocks above `base` has not happened: a fork put them aside. */
  forgetAbove(base: number): void {
    while ((this.#extrinsics.at(-1)?.block ?? 0) > base) this.#extrinsics.pop();
  }

  snapshot(): NodeLedger {
    return {
      extrinsics: [...this.#extrinsics],
      rpc: Object.fromEntries(this.#rpc),
      hashes: Object.fromEntries(this.#hashes),
    };
  }
}

/** Decoded values as JSON data. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString("hex")}`;
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}
