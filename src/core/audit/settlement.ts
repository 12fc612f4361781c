import { PUBLIC_NETWORKS } from "../chain/networks.ts";
import type { Digest, Hex, Ss58 } from "../model/ids.ts";
import type { MetagraphSnapshot } from "../model/metagraph.ts";
import type { Commit, Header, Reveal, Settlement, Submission, WeightVector } from "../model/records.ts";
import { compare, type Finding } from "./finding.ts";
import { parentsOf } from "./parents.ts";
import { digestOf } from "./record-digests.ts";
import { isRevealState, type OpenCommit, type RevealVerdict, revealFollows } from "./reveal.ts";
import { type Row, sameWeights } from "./same-weights.ts";

/** What a later cycle settles: the outcome of an earlier one. */
export interface Sent {
  readonly epoch: number;
  /** Digest of its `submission` record. */
  readonly digest: Digest;
  /** Its weights were signed, and nothing says that the chain refused them or took them back. */
  readonly onChain: boolean;
  /** The lists that went out: the vector's, or what took their place at signing. */
  readonly vector: Pick<WeightVector, "uids" | "values">;
  /** A timelocked commit that is on chain, or may be; else null. */
  readonly commit: Commit | null;
  /** The epoch that its own bundle settles for good; else null. */
  readonly settles: number | null;
}

/** The weights of a cycle as later ones settle them (docs/bundle.md A8), and what it settled itself. */
export function sentOf(
  epoch: number,
  submission: Submission,
  vector: WeightVector,
  settlement: Settlement | undefined,
): Sent {
  const { commit, extrinsic, fault, resolved } = submission;
  const onChain = extrinsic !== null && fault?.code !== "chain-refused";
  const { uids, values } = resolved ?? vector;
  return {
    epoch,
    digest: digestOf(submission),
    onChain,
    vector: { uids, values },
    commit: onChain ? commit : null,
    // What was still pending is looked at once more.
    settles: settlement === undefined || settlement.state === "pending" ? null : settlement.epoch,
  };
}

/** A cycle that is due, and whether a later one has settled it. */
export interface Due {
  readonly sent: Sent;
  readonly settled: boolean;
}

/**
 * The newest cycle before `now` that sent something whose outcome can be seen by then: a commit from the epoch of its reveal on
 * (chain.md §4.1). It alone is settled: the row of an older one has been overwritten by its own. Undefined when there is none.
 */
export function newestDue(
  newestFirst: Iterable<Sent>,
  now: { readonly epoch: number; readonly revealPeriod: number },
): Due | undefined {
  const settled = new Set<number | null>();
  for (const sent of newestFirst) {
    const { commit, epoch, onChain, settles } = sent;
    if (onChain && (commit === null || commit.epoch + now.revealPeriod <= now.epoch)) {
      return { sent, settled: settled.has(epoch) };
    }
    settled.add(settles);
  }
  return undefined;
}

/** Follows from the snapshot and the former cycle's records (docs/bundle.md A5). For what is not a commit. */
export function deriveSettlement(header: Header, snapshot: MetagraphSnapshot, sent: Sent): Settlement {
  const row = ownRow(header, snapshot);
  return { ...settlementOf(header, snapshot, sent), state: settledState(sent, row), reveal: null };
}

/** That of a commit, by what a block since the snapshot has shown. */
export function revealSettlement(
  found: { readonly header: Header; readonly snapshot: MetagraphSnapshot; readonly sent: Sent },
  sight: Omit<Reveal, "cause">,
  { state, cause }: RevealVerdict,
): Settlement {
  const { block, pulse, row } = sight;
  const shown = row && { uids: row.uids, values: row.values };
  const reveal = { block: { hash: block.hash, number: block.number }, pulse, row: shown, cause };
  return { ...settlementOf(found.header, found.snapshot, found.sent), state, reveal };
}

function settlementOf(
  header: Header,
  snapshot: MetagraphSnapshot,
  { digest, epoch }: Sent,
): Omit<Settlement, "state" | "reveal"> {
  const parents = parentsOf(snapshot);
  return { kind: "settlement", parents, epoch, submission: digest, lastUpdate: ownUpdate(header, snapshot) };
}

/** What became of direct weights, by the own row on chain afterwards; null when there is none. */
export function settledState({ vector }: Sent, row: Row | null): Settlement["state"] {
  return row !== null && sameWeights(vector, row) ? "standing" : "replaced";
}

/** Whether a settlement says of a submission what follows from it and from what was seen (docs/bundle.md A8). */
export function settlementFollows(
  sent: Sent,
  { epoch, reveal, state, submission }: Settlement,
  seen: { readonly hotkey: Ss58 | null; readonly mechid: number; readonly ownRow: Row | null; readonly genesis: Hex },
  open: OpenCommit,
): boolean {
  if (epoch !== sent.epoch || submission !== sent.digest) return false;
  const { commit, vector } = sent;
  if (commit === null) return reveal === null && state === settledState(sent, seen.ownRow);
  if (reveal === null || seen.hotkey === null) return false;
  const publicBeacon = PUBLIC_NETWORKS.has(seen.genesis);
  return revealFollows({ hotkey: seen.hotkey, mechid: seen.mechid, commit, vector, publicBeacon }, state, reveal, open);
}

/** The own hotkey's row in the snapshot, which may hold somebody else's to compare with. */
export function ownRow({ hotkey }: Header, { row }: MetagraphSnapshot): Row | null {
  return row !== null && row.hotkey === hotkey ? row : null;
}

/** One bundle alone shows where it stands and what the snapshot says; the rest takes the former bundle (A8). */
export function checkSettlement(
  header: Header,
  snapshot: MetagraphSnapshot,
  settlement: Settlement | undefined,
): Finding | undefined {
  if (settlement === undefined) return undefined;
  const finding = compare(settlement, {
    ...settlement,
    parents: parentsOf(snapshot),
    epoch: Math.min(settlement.epoch, header.epoch - 1),
    lastUpdate: ownUpdate(header, snapshot),
  });
  return finding ?? stateFinding(settlement);
}

/** A reveal is there for the states that come from one, and its cause is one of them. */
function stateFinding(settlement: Settlement): Finding | undefined {
  const { reveal, state } = settlement;
  const difference =
    reveal === null
      ? DIRECT_STATES.has(state) || { field: "reveal", expected: "what the chain showed of the commit", found: null }
      : isRevealState(state, reveal.cause) || {
          field: "reveal.cause",
          expected: `a cause of the state ${state}`,
          found: reveal.cause,
        };
  return difference === true ? undefined : { record: settlement, difference };
}

const DIRECT_STATES: ReadonlySet<string> = new Set(["standing", "replaced"]);

function ownUpdate({ hotkey }: Header, { neurons }: MetagraphSnapshot): number | null {
  return neurons.find((neuron) => neuron.hotkey === hotkey)?.lastUpdate ?? null;
}
