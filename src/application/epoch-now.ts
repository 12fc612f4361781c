import { isFault } from "../core/model/fault.ts";
import type { EpochSight, Observation } from "../ports/chain.ts";
import type { CyclePorts } from "./cycle-context.ts";

/** The epoch as last seen; `height` is the newest finalized block, that of the observation before any other was seen. */
export interface EpochNow extends Pick<EpochSight, "epochState" | "tempo" | "commitRevealEnabled"> {
  readonly height: number;
}

const LOOK_EVERY_MS = 1000;

/**
 * Follows an epoch from its observation on: an owner may change the tempo or trigger an epoch, a slot may be deferred, mode and
 * commit-reveal may be switched (chain.md §4.5, §5.1). The chain is looked at again on new finalized blocks, at most once a
 * second; what it cannot be asked about stays as it was last seen. A node behind the one that was observed is not believed.
 */
export function followEpoch(
  { chain, clock }: Pick<CyclePorts, "chain" | "clock">,
  seen: Observation,
  hotkey: string | null,
): (signal: AbortSignal) => Promise<EpochNow> {
  const { block, epochState, hyperparameters, mechid, netuid } = seen;
  const { tempo, commitRevealEnabled } = hyperparameters;
  let now: EpochNow = { height: block.number, epochState, tempo, commitRevealEnabled };
  let lookedAt = Number.NEGATIVE_INFINITY;
  let lookedFor = block.number;
  return async (signal) => {
    const heads = await chain.finalized(signal);
    if (isFault(heads)) return now;
    now = { ...now, height: Math.max(now.height, heads.finalized) };
    if (now.height <= lookedFor || clock.monotonic() - lookedAt < LOOK_EVERY_MS) return now;
    lookedAt = clock.monotonic();
    const sight = await chain.schedule({ netuid, mechid, hotkey }, signal);
    if (isFault(sight) || sight.epochState.index < now.epochState.index) return now;
    lookedFor = now.height;
    const { epochState: state, tempo: length, commitRevealEnabled: hidden } = sight;
    now = { ...now, epochState: state, tempo: length, commitRevealEnabled: hidden };
    return now;
  };
}
