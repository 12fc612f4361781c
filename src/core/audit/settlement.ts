import type { Digest } from "../model/ids.ts";
import type { MetagraphSnapshot, WeightRow } from "../model/metagraph.ts";
import type { Header, Settlement, Submission, WeightVector } from "../model/records.ts";
import { compare, type Finding } from "./finding.ts";
import { parentsOf } from "./parents.ts";

type Row = Pick<WeightRow, "uids" | "values">;

/** What a later cycle settles: the outcome of an earlier one. */
export interface Sent {
  readonly epoch: number;
  /** Digest of its `submission` record. */
  readonly digest: Digest;
  readonly submission: Submission["submission"];
  readonly vector: Pick<WeightVector, "uids" | "values">;
}

/** Follows from the snapshot and the former cycle's records (docs/bundle.md A5). */
export function deriveSettlement(header: Header, snapshot: MetagraphSnapshot, sent: Sent): Settlement {
  return {
    kind: "settlement",
    parents: parentsOf(snapshot),
    epoch: sent.epoch,
    submission: sent.digest,
    state: settledState(sent, ownRow(header, snapshot)),
    lastUpdate: ownUpdate(header, snapshot),
  };
}

/** What became of weights, by the own row on chain afterwards; null when there is none. */
export function settledState({ submission, vector }: Sent, row: Row | null): Settlement["state"] {
  if (submission === "withheld" || submission === "dry-run") return "not-sent";
  return row !== null && sameWeights(vector, row) ? "standing" : "replaced";
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
  return compare(settlement, {
    ...settlement,
    parents: parentsOf(snapshot),
    epoch: Math.min(settlement.epoch, header.epoch - 1),
    lastUpdate: ownUpdate(header, snapshot),
  });
}

function ownUpdate({ hotkey }: Header, { neurons }: MetagraphSnapshot): number | null {
  return neurons.find((neuron) => neuron.hotkey === hotkey)?.lastUpdate ?? null;
}

/** Zeros say nothing: the chain may keep or drop them. */
function sameWeights(left: Row, right: Row): boolean {
  const one = positive(left);
  const other = positive(right);
  return one.size === other.size && [...one].every(([uid, value]) => other.get(uid) === value);
}

function positive({ uids, values }: Row): ReadonlyMap<number, number> {
  return new Map(
    uids.map((uid, index): [number, number] => [uid, values[index] ?? 0]).filter(([, value]) => value > 0),
  );
}
