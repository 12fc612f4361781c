import type { Hex } from "../../core/model/ids.ts";
import type { Header } from "./header.ts";
import { bytesOf, type StateView, type Stored } from "./state.ts";

/** A block that a fork put aside: real nodes go on answering for it until its state is pruned (own-metadata.md §7). */
export interface LostBlock {
  readonly hash: Hex;
  readonly header: Header;
  readonly body: readonly Uint8Array[];
  /** The last block that both branches have. */
  readonly base: number;
  /** All that its branch changed up to it. */
  readonly changes: ReadonlyMap<string, Stored | undefined>;
}

/** Its state: that of the common block and what its branch changed. */
export function lostView(block: LostBlock, base: StateView): StateView {
  const { changes } = block;
  const keys = (prefix: string, count: number, start?: string): string[] => {
    const below = base.keys(prefix, count + changes.size, start).filter((key) => !changes.has(key));
    const own = [...changes].flatMap(([key, value]) => {
      const wanted = value !== undefined && key.startsWith(prefix) && (start === undefined || key > start);
      return wanted ? [key] : [];
    });
    return [...below, ...own].sort().slice(0, count);
  };
  return {
    block: block.header.number,
    get: (key) => (changes.has(key) ? bytesOf(changes.get(key)) : base.get(key)),
    keysOf: (prefix) => keys(prefix, Number.POSITIVE_INFINITY),
    keys,
  };
}
