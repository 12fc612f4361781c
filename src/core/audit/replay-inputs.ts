import type { Commitment, MetagraphSnapshot, Succession } from "../model/metagraph.ts";
import type { Header } from "../model/records.ts";
import { compare, type Finding } from "./finding.ts";
import { compareText, parentsOf } from "./parents.ts";

/** A snapshot cannot be re-derived offline, but it must belong to its header and be in the one order it may have. */
export function checkSnapshot(header: Header, snapshot: MetagraphSnapshot): Finding | undefined {
  const { neurons, commitments, epochState } = snapshot;
  const expected: MetagraphSnapshot = {
    ...snapshot,
    parents: parentsOf(header),
    netuid: header.netuid,
    mechid: header.mechid,
    epochState: { ...epochState, index: header.epoch },
    neurons: neurons.map((neuron, uid) => ({ ...neuron, uid })),
    commitments: onceEach(commitments).toSorted((a, b) => compareText(a.hotkey, b.hotkey)),
    successors: firstEach(snapshot.successors).toSorted((a, b) => compareText(a.from, b.from)),
  };
  return compare(snapshot, expected);
}

/** A second commitment of one hotkey would leave it to the reader which one counts. */
function onceEach(commitments: readonly Commitment[]): readonly Commitment[] {
  return [...new Map(commitments.map((commitment) => [commitment.hotkey, commitment])).values()];
}

/** One key has one successor, and none is its own. */
function firstEach(successors: readonly Succession[]): readonly Succession[] {
  const others = successors.filter(({ from, to }) => from !== to);
  return [...new Map(others.map((succession) => [succession.from, succession])).values()];
}
