import { recordDigest } from "../core/determinism/digest.ts";
import type { Commit, ResolvedWeights, WeightVector } from "../core/model/records.ts";
import type { SettleFacts, SubmissionPlan } from "../ports/chain.ts";
import type { CycleLog, Journal } from "../ports/journal.ts";

/** What the submitter gets, as the journal stands now: each attempt is planned anew. */
export function planOf(
  log: CycleLog,
  vector: WeightVector,
  journal: Pick<Journal, "knownUpdate"> | null,
): SubmissionPlan {
  const snapshot = log.find("snapshot");
  const { uids, values, versionKey } = vector;
  return {
    cycle: log.key,
    targets: uids.flatMap((uid) => {
      const neuron = snapshot?.neurons[uid];
      return neuron === undefined ? [] : [{ uid, hotkey: neuron.hotkey, registeredAt: neuron.registeredAt }];
    }),
    uids,
    values,
    versionKey,
    vectorDigest: recordDigest(vector),
    snapshotBlock: snapshot?.block.number ?? 0,
    epochOnly: log.find("header")?.mode === "run",
    knownUpdate: journal?.knownUpdate(log.key.netuid, log.key.mechid) ?? null,
  };
}

/** What an earlier process got to: undefined unless something was signed. */
export function begunFacts(log: CycleLog): SettleFacts | undefined {
  const signed = log.steps().findLast((step) => step.state === "signed");
  const last = log.steps().at(-1);
  if (signed === undefined || last === undefined) return undefined;
  const { bytes, call, commit, eraBirth, eraPeriod, extrinsic, resolved } = signed.facts;
  return {
    state: last.state,
    extrinsic: typeof extrinsic === "string" ? (extrinsic as SettleFacts["extrinsic"]) : null,
    eraBirth: typeof eraBirth === "number" ? eraBirth : null,
    eraPeriod: typeof eraPeriod === "number" ? eraPeriod : null,
    call: typeof call === "string" ? call : null,
    resolved: (resolved as ResolvedWeights | null | undefined) ?? null,
    commit: (commit as Commit | null | undefined) ?? null,
    again: typeof bytes === "string" ? (bytes as SettleFacts["extrinsic"]) : null,
  };
}
