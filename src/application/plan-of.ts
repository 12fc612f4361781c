import { recordDigest } from "../core/determinism/digest.ts";
import type { Commit, ResolvedWeights, WeightVector } from "../core/model/records.ts";
import type { SettleFacts, SubmissionPlan } from "../ports/chain.ts";
import type { CycleLog, Journal, SubmissionStep } from "../ports/journal.ts";

/** What the submitter gets, as the journal stands now: each attempt is planned anew. */
export function planOf(
  log: CycleLog,
  vector: WeightVector,
  journal: Pick<Journal, "knownUpdate"> | null,
): SubmissionPlan {
  const snapshot = log.find("snapshot");
  const hotkey = log.find("header")?.hotkey ?? null;
  const { netuid, mechid } = log.key;
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
    knownUpdate: hotkey === null ? null : (journal?.knownUpdate({ netuid, mechid, hotkey }) ?? null),
  };
}

/**
 * What an earlier process got to: undefined unless something was signed. The last step says of which extrinsic: an earlier one can
 * turn out to have arrived after another was signed.
 */
export function begunFacts(log: CycleLog): SettleFacts | undefined {
  const steps = log.steps();
  const last = steps.at(-1);
  const all = steps.filter((step) => step.state === "signed");
  const signed = all.findLast((step) => step.facts["extrinsic"] === last?.facts["extrinsic"]) ?? all.at(-1);
  return signed === undefined || last === undefined ? undefined : signedFacts(signed, last.state);
}

/** What a `signed` step says of its extrinsic, which has come as far as `state`. */
export function signedFacts(signed: SubmissionStep, state: SettleFacts["state"]): SettleFacts {
  const { bytes, call, commit, eraBirth, eraPeriod, extrinsic, resolved } = signed.facts;
  return {
    state,
    extrinsic: typeof extrinsic === "string" ? (extrinsic as SettleFacts["extrinsic"]) : null,
    eraBirth: typeof eraBirth === "number" ? eraBirth : null,
    eraPeriod: typeof eraPeriod === "number" ? eraPeriod : null,
    call: typeof call === "string" ? call : null,
    resolved: (resolved as ResolvedWeights | null | undefined) ?? null,
    commit: (commit as Commit | null | undefined) ?? null,
    again: typeof bytes === "string" ? (bytes as SettleFacts["extrinsic"]) : null,
  };
}
