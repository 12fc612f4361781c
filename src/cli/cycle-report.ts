import type { MetagraphSnapshot } from "../core/model/metagraph.ts";
import type { CycleRecord, MinerScore, ScoreSheet, Seal, Submission, WeightVector } from "../core/model/records.ts";
import type { DryRunShape, OnceShape } from "./machine-types.ts";

/** The answer of `once` from the records of a sealed cycle: a repeated command prints the same. */
export function onceReport(
  records: readonly CycleRecord[],
  sealed: { readonly seal: string; readonly bundle: string },
): OnceShape {
  const snapshot = find<MetagraphSnapshot>(records, "snapshot");
  const sheet = find<ScoreSheet>(records, "score-sheet");
  const vector = find<WeightVector>(records, "weight-vector");
  const { netuid, mechid, block, epochState } = snapshot;
  return {
    netuid,
    mechid,
    epoch: epochState.index,
    block: block.number,
    miners: sheet.miners.map(minerShape),
    weights: { uids: [...vector.uids], values: [...vector.values] },
    submission: submissionShape(find<Submission>(records, "submission")),
    bundle: sealed.bundle,
    seal: sealed.seal,
    spend: find<Seal>(records, "seal").spend,
  };
}

/** The same with the row on chain and where ours differs from it, both as u16. */
export function dryRunReport(
  records: readonly CycleRecord[],
  sealed: { readonly seal: string; readonly bundle: string },
): DryRunShape {
  const once = onceReport(records, sealed);
  const row = find<MetagraphSnapshot>(records, "snapshot").row;
  const chain = { uids: [...(row?.uids ?? [])], values: [...(row?.values ?? [])] };
  return { ...once, chain, difference: difference(once.weights, chain) };
}

function difference(ours: OnceShape["weights"], chain: OnceShape["weights"]): DryRunShape["difference"] {
  const ourValues = byUid(ours);
  const chainValues = byUid(chain);
  return [...new Set([...ours.uids, ...chain.uids])]
    .toSorted((a, b) => a - b)
    .map((uid) => ({ uid, ours: ourValues.get(uid) ?? 0, chain: chainValues.get(uid) ?? 0 }))
    .filter((entry) => entry.ours !== entry.chain);
}

function byUid({ uids, values }: OnceShape["weights"]): ReadonlyMap<number, number> {
  return new Map(uids.map((uid, index) => [uid, values[index] ?? 0]));
}

function minerShape({ uid, hotkey, score, stderr, answered, missed, reason }: MinerScore): OnceShape["miners"][number] {
  return { uid, hotkey, score, stderr, answered, missed, ...(reason === null ? {} : { reason }) };
}

export function submissionShape(record: Submission): OnceShape["submission"] {
  const { block, commit, extrinsic, reason, state, submission } = record;
  return {
    kind: submission,
    state,
    ...(block === null ? {} : { block: block.number }),
    ...(extrinsic === null ? {} : { extrinsic }),
    ...(commit === null ? {} : { round: commit.round }),
    ...(reason === null ? {} : { reason }),
  };
}

function find<T extends CycleRecord>(records: readonly CycleRecord[], kind: T["kind"]): T {
  const record = records.find((candidate) => candidate.kind === kind);
  if (record === undefined) throw new RangeError(`a sealed cycle without its ${kind}`);
  return record as T;
}
