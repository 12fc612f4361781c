/** Reads raw storage by full 0x hex key. */
export interface StateReader {
  get(key: string): Uint8Array | undefined;
  /** Keys that begin with `prefix`, sorted; what is removed has none. */
  keysOf(prefix: string): readonly string[];
}

/** A value, or how it is made: of the few that are dear to make, most are never read. It must always make the same. */
export type Stored = Uint8Array | (() => Uint8Array);

export function bytesOf(stored: Stored | undefined): Uint8Array | undefined {
  return typeof stored === "function" ? stored() : stored;
}

/** The state as of one block. */
export interface StateView extends StateReader {
  readonly block: number;
  /** Sorted keys that begin with `prefix` and lie behind `start` (exclusive), at most `count`. */
  keys(prefix: string, count: number, start?: string): string[];
}

interface Version {
  readonly block: number;
  /** Undefined: removed in this block. */
  readonly value: Stored | undefined;
}

/** Below so many appended keys they are put into their places one by one, above the whole list is sorted. */
const INSERT_BELOW = 64;

/**
 * Storage with history: per key its versions by block, so that a read at any kept block is right by construction and a
 * block costs only what it changed (own-metadata.md §5). The chain is a line; blocks are addressed by height.
 */
export class StateHistory {
  readonly #versions = new Map<string, Version[]>();
  /** What each kept block wrote, for pruning. */
  readonly #written = new Map<number, string[]>();
  #sorted: string[] = [];
  #unsorted: string[] = [];
  #oldest = 0;

  /** First block whose state is kept. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Applies what one block changed; blocks come in rising order. */
  apply(block: number, changes: ReadonlyMap<string, Stored | undefined>): void {
    for (const [key, value] of changes) {
      const versions = this.#versions.get(key);
      if (versions !== undefined) versions.push({ block, value });
      else if (value !== undefined) {
        this.#versions.set(key, [{ block, value }]);
        this.#unsorted.push(key);
      }
    }
    this.#written.set(block, [...changes.keys()]);
  }

  /** The state after `block`. The caller has checked that the block is known and not pruned. */
  at(block: number): StateView {
    return {
      block,
      get: (key) => bytesOf(valueAt(this.#versions.get(key), block)),
      keysOf: (prefix) => this.#keys(block, { prefix, count: Number.POSITIVE_INFINITY, start: undefined }),
      keys: (prefix, count, start) => this.#keys(block, { prefix, count, start }),
    };
  }

  /** What `block` wrote. */
  *changesOf(block: number): Generator<[key: string, value: Stored | undefined]> {
    for (const key of this.#written.get(block) ?? []) yield [key, valueAt(this.#versions.get(key), block)];
  }

  /** Undoes all blocks above `base`, which must not be below `oldest`. */
  revert(base: number): void {
    for (const block of [...this.#written.keys()].filter((written) => written > base)) {
      for (const key of this.#written.get(block) ?? []) {
        const kept = this.#versions.get(key)?.filter((version) => version.block <= base) ?? [];
        // A key without versions stays known, with nothing in it: it most probably comes back at once.
        this.#versions.set(key, kept.length > 0 ? kept : [{ block: base, value: undefined }]);
      }
      this.#written.delete(block);
    }
  }

  /** Forgets what only blocks below `oldest` could see. */
  prune(oldest: number): void {
    for (let block = this.#oldest; block <= oldest; block += 1) {
      for (const key of this.#written.get(block) ?? []) this.#forget(key, oldest);
      this.#written.delete(block);
    }
    this.#oldest = Math.max(this.#oldest, oldest);
  }

  #forget(key: string, oldest: number): void {
    const versions = this.#versions.get(key);
    if (versions === undefined) return;
    const current = versions.findLastIndex(({ block }) => block <= oldest);
    if (current > 0) versions.splice(0, current);
    if (versions.length > 1 || versions[0]?.value !== undefined) return;
    this.#versions.delete(key);
    this.#sort();
    const place = position(this.#sorted, key);
    if (this.#sorted[place] === key) this.#sorted.splice(place, 1);
  }

  #keys(block: number, page: { prefix: string; count: number; start: string | undefined }): string[] {
    this.#sort();
    const { prefix, count, start } = page;
    const found: string[] = [];
    let place = position(this.#sorted, start !== undefined && start > prefix ? start : prefix);
    for (; place < this.#sorted.length && found.length < count; place += 1) {
      const key = this.#sorted[place] ?? "";
      if (!key.startsWith(prefix)) break;
      if (key === start) continue;
      if (valueAt(this.#versions.get(key), block) !== undefined) found.push(key);
    }
    return found;
  }

  #sort(): void {
    const added = this.#unsorted;
    if (added.length === 0) return;
    this.#unsorted = [];
    if (added.length >= INSERT_BELOW) {
      this.#sorted = [...this.#sorted, ...added].sort();
      return;
    }
    for (const key of added) this.#sorted.splice(position(this.#sorted, key), 0, key);
  }
}

function valueAt(versions: readonly Version[] | undefined, block: number): Stored | undefined {
  return versions?.findLast((version) => version.block <= block)?.value;
}

/** Index of the first entry not below `key`. */
function position(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? "") < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Changes above a state: those of a block under way, or of one extrinsic, which counts only when it succeeds. */
export class Overlay implements StateReader {
  readonly changes: Map<string, Stored | undefined> = new Map();
  readonly #below: StateReader;

  constructor(below: StateReader) {
    this.#below = below;
  }

  get(key: string): Uint8Array | undefined {
    return this.changes.has(key) ? bytesOf(this.changes.get(key)) : this.#below.get(key);
  }

  keysOf(prefix: string): readonly string[] {
    const keys = new Set(this.#below.keysOf(prefix));
    for (const [key, value] of this.changes) {
      if (!key.startsWith(prefix)) continue;
      if (value === undefined) keys.delete(key);
      else keys.add(key);
    }
    return [...keys].sort();
  }

  put(key: string, value: Stored | undefined): void {
    this.changes.set(key, value);
  }

  /** Adds all changes of `other` to this one. */
  merge(other: Overlay): void {
    for (const [key, value] of other.changes) this.changes.set(key, value);
  }
}
