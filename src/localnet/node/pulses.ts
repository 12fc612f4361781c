import { roundBefore } from "../../core/timelock/beacon.ts";
import { Beacon } from "./beacon.ts";
import type { RuntimeEvent } from "./call-context.ts";
import * as items from "./items.ts";
import type { WritableState } from "./storage-item.ts";

/** Rounds written in one block at most, and kept in all (chain.md §4.4). */
const MOST_IN_A_BLOCK = 50;
const KEPT_ROUNDS = 216_000;

/** What goes wrong with the pulses of a chain, for tests and rehearsals. */
export interface BeaconFaults {
  /** These rounds come late: with the round after them, or at the next `release`. Pulses are written in order, so none overtakes. */
  withhold(from: number, to: number): void;
  /** Ends all withholding; the backlog comes with the next blocks. */
  release(): void;
  /** This round is never written; later ones are (timelock.md §12.6). Does nothing to a round that is on chain already. */
  lose(round: number): void;
}

/** Writes the pulses of the localnet's beacon, as the off-chain workers of a real chain do from block to block. */
export class PulseFeed implements BeaconFaults {
  readonly #beacon: Beacon;
  #withheld: { readonly from: number; readonly to: number }[] = [];
  readonly #lost = new Set<number>();

  constructor(seed: number) {
    this.#beacon = new Beacon(seed);
  }

  withhold(from: number, to: number): void {
    this.#withheld.push({ from, to });
  }

  release(): void {
    this.#withheld = [];
  }

  lose(round: number): void {
    this.#lost.add(round);
  }

  /** The beacon's key, and its last round before the chain began: of earlier ones there are no pulses. */
  begin(state: WritableState, time: number): void {
    const first = lastEmitted(time);
    state.putLater(items.BEACON_CONFIG, () => this.#beacon.config());
    this.#write(state, first);
    state.put(items.OLDEST_STORED_ROUND, first);
    state.put(items.LAST_STORED_ROUND, first);
  }

  /** After `on_initialize`: what the block's clock says is out (chain.md §4.1), so that the next block can open with it. */
  step(state: WritableState, emit: (event: RuntimeEvent) => void): void {
    const due = this.#due(lastEmitted(state.get(items.NOW)));
    const rounds: number[] = [];
    const last = Number(state.get(items.LAST_STORED_ROUND));
    for (let round = last + 1; round <= due && rounds.length < MOST_IN_A_BLOCK; round += 1) {
      if (!this.#lost.has(round)) rounds.push(round);
    }
    const newest = rounds.at(-1);
    if (newest === undefined) return;
    for (const round of rounds) this.#write(state, round);
    state.put(items.LAST_STORED_ROUND, newest);
    this.#forget(state, newest - KEPT_ROUNDS);
    emit({ pallet: "Drand", event: "NewPulse", fields: { rounds } });
  }

  #due(emitted: number): number {
    const held = this.#withheld.filter(({ from, to }) => from <= emitted && emitted <= to);
    return held.reduce((due, { from }) => Math.min(due, from - 1), emitted);
  }

  /** A signature takes some ms and most are never read. */
  #write(state: WritableState, round: number): void {
    state.putLater(items.PULSES, () => this.#beacon.pulse(round), round);
  }

  #forget(state: WritableState, newest: number): void {
    let oldest = Number(state.get(items.OLDEST_STORED_ROUND));
    if (oldest > newest) return;
    for (let budget = 2 * MOST_IN_A_BLOCK; oldest <= newest && budget > 0; budget -= 1) {
      state.put(items.PULSES, undefined, oldest);
      oldest += 1;
    }
    state.put(items.OLDEST_STORED_ROUND, oldest);
  }
}

/** `time` in ms, as the chain's clock has it. */
function lastEmitted(time: number): number {
  return roundBefore(time / 1000) + 1;
}
