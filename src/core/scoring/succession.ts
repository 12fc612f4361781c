import type { Ss58 } from "../model/ids.ts";
import type { MetagraphSnapshot } from "../model/metagraph.ts";
import type { EstimatorState, MinerState } from "../model/scoring-state.ts";

/**
 * The estimator's memory after the hotkey swaps of the snapshot: what was known of `from` is known of `to` when `to` sits at
 * the very registration block of that memory, for a swap keeps it (chain-newest.md §3.4). Another block is another
 * registration, which begins with nothing (D15). A swap moves a history and never copies it: a key that still has a seat keeps
 * its own, and so does a successor that has one already. Pure; docs/bundle.md S2 specifies it.
 */
export function succeed(
  state: EstimatorState,
  { neurons, successors }: Pick<MetagraphSnapshot, "neurons" | "successors">,
): EstimatorState {
  if (successors.length === 0) return state;
  const seats = new Map(neurons.map(({ hotkey, registeredAt }) => [hotkey, registeredAt]));
  const miners = new Map(state.miners.map((miner) => [keyOf(miner), miner]));
  for (const { from, to } of successors) {
    const registeredAt = seats.get(to);
    if (registeredAt === undefined || seats.has(from)) continue;
    const left = keyOf({ hotkey: from, registeredAt });
    const taken = keyOf({ hotkey: to, registeredAt });
    const history = miners.get(left);
    if (history === undefined || miners.has(taken)) continue;
    miners.delete(left);
    miners.set(taken, { ...history, hotkey: to });
  }
  return { cycles: state.cycles, miners: [...miners.values()].toSorted(byKey) };
}

/** A hotkey registered again is another miner (D15). */
export function keyOf({ hotkey, registeredAt }: { readonly hotkey: Ss58; readonly registeredAt: number }): string {
  return `${hotkey}/${registeredAt}`;
}

/** The order of an estimator state. */
export function byKey(a: MinerState, b: MinerState): number {
  if (a.hotkey !== b.hotkey) return a.hotkey < b.hotkey ? -1 : 1;
  return a.registeredAt - b.registeredAt;
}
