import type { CycleKey, Hex } from "../../core/model/ids.ts";
import type { Commit, ResolvedWeights } from "../../core/model/records.ts";

/** A signed extrinsic that may be on its way. */
export interface Sent {
  readonly extrinsic: Hex;
  readonly call: string;
  readonly eraBirth: number;
  readonly eraPeriod: number;
  /** Null when it carries the plan's own lists. */
  readonly resolved: ResolvedWeights | null;
  /** Null for direct weights. */
  readonly commit: Commit | null;
}

/** What this process has signed, or found signed, for the current epoch of each mechanism. */
export class SentLog {
  readonly #sent = new Map<string, { readonly epoch: number; readonly all: Sent[] }>();

  note({ netuid, mechid, epoch }: CycleKey, sent: Sent): void {
    const place = `${netuid}/${mechid}`;
    const known = this.#sent.get(place);
    const all = known?.epoch === epoch ? known.all : [];
    if (all.every(({ extrinsic }) => extrinsic !== sent.extrinsic)) all.push(sent);
    this.#sent.set(place, { epoch, all });
  }

  /** Of that epoch, oldest first, without the one with this hash. */
  others({ netuid, mechid, epoch }: CycleKey, extrinsic: Hex): readonly Sent[] {
    const known = this.#sent.get(`${netuid}/${mechid}`);
    return known?.epoch === epoch ? known.all.filter((sent) => sent.extrinsic !== extrinsic) : [];
  }
}
