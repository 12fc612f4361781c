import type { RuntimeEvent } from "./call-context.ts";
import type { WritableState } from "./storage-item.ts";

/** What is done to a block from outside, without an extrinsic: storage that tests set, what an owner does, an upgrade. */
export interface BlockChange {
  readonly state: WritableState;
  readonly block: number;
  readonly emit: (event: RuntimeEvent) => void;
}

/** `before` all that the block does by itself, or where extrinsics are: `after` it. */
export type Stage = "before" | "after";

interface Intervention {
  readonly stage: Stage;
  readonly run: (change: BlockChange) => void;
}

/** Interventions by block. Those of blocks that a fork puts aside happen again in their siblings. */
export class Interventions {
  readonly #byBlock = new Map<number, readonly Intervention[]>();
  #next: Intervention[] = [];
  #highest = 0;

  /** For the next block above all that were made so far. */
  plan(stage: Stage, run: (change: BlockChange) => void): void {
    this.#next.push({ stage, run });
  }

  /** Carries out those of one stage; `before` comes first for each block. */
  apply(stage: Stage, change: BlockChange): void {
    if (change.block > this.#highest) {
      this.#highest = change.block;
      if (this.#next.length > 0) this.#byBlock.set(change.block, this.#next);
      this.#next = [];
    }
    for (const intervention of this.#byBlock.get(change.block) ?? []) {
      if (intervention.stage === stage) intervention.run(change);
    }
  }

  /** These blocks are final. */
  forget(upTo: number): void {
    for (const block of this.#byBlock.keys()) if (block <= upTo) this.#byBlock.delete(block);
  }
}
