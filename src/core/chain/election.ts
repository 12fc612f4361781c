import type { Neuron } from "../model/metagraph.ts";

/**
 * The one validator of a Null subnet (chain-newest.md §1.3): who holds the permit, by stake and then by the lower uid should the
 * chain show several; where nobody holds it yet, the largest stake, which the next epoch elects. Null without neurons.
 */
export function electedValidator(neurons: readonly Neuron[]): Neuron | null {
  return foremost(neurons.filter(({ permit }) => permit)) ?? foremost(neurons);
}

function foremost(neurons: readonly Neuron[]): Neuron | null {
  let best: Neuron | null = null;
  for (const neuron of neurons) {
    if (best === null || isAhead(neuron, best)) best = neuron;
  }
  return best;
}

function isAhead(neuron: Neuron, best: Neuron): boolean {
  const lead = BigInt(neuron.stakeRao) - BigInt(best.stakeRao);
  return lead > 0n || (lead === 0n && neuron.uid < best.uid);
}
