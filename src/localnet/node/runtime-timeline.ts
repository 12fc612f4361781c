import type { RuntimeCodec } from "../metadata/registry.ts";

/**
 * Which runtime a block belongs to. The block that carries out an upgrade answers the new version at its own hash, but was
 * made by the old one, and so are its values; the block after it is the first that the new runtime makes (own-metadata.md §7).
 */
export class RuntimeTimeline {
  readonly #changes: { readonly from: number; readonly runtime: RuntimeCodec }[];

  constructor(first: RuntimeCodec) {
    this.#changes = [{ from: 0, runtime: first }];
  }

  /** The runtime whose code is in the state of block `height`. */
  at(height: number): RuntimeCodec {
    const found = this.#changes.findLast(({ from }) => from <= height);
    if (found === undefined) throw new RangeError(`no runtime at block ${height}`);
    return found.runtime;
  }

  /** The runtime that makes block `height`. */
  executing(height: number): RuntimeCodec {
    return this.at(Math.max(0, height - 1));
  }

  /** Block `from` writes the code of another runtime. */
  change(from: number, runtime: RuntimeCodec): void {
    this.#changes.push({ from, runtime });
  }

  /** Forgets what came after `base`. */
  revert(base: number): void {
    while ((this.#changes.at(-1)?.from ?? 0) > base) this.#changes.pop();
  }
}
