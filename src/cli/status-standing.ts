import type { CycleView, JournalView, MechanismView } from "../adapters/journal/journal-view.ts";
import { temposBehind } from "../core/chain/epoch.ts";
import type { RecordKind } from "../core/model/record-base.ts";
import type { CycleRecord } from "../core/model/records.ts";
import type { StandingShape } from "./operator-types.ts";

/** How the weights of a mechanism stand on chain, as far as the journal knows without asking the chain. */
export function standingShape(mechanism: MechanismView, journal: JournalView): StandingShape {
  const snapshot = newest(mechanism, journal, "snapshot");
  const settlement = newest(mechanism, journal, "settlement");
  const lastUpdate = mechanism.ownUpdate;
  return {
    lastUpdate,
    temposBehind:
      snapshot === undefined || lastUpdate === null
        ? null
        : temposBehind(lastUpdate, snapshot.block.number, snapshot.hyperparameters.tempo),
    settlement:
      settlement === undefined
        ? null
        : {
            epoch: settlement.epoch,
            state: settlement.state,
            ...(settlement.reveal?.cause == null ? {} : { cause: settlement.reveal.cause }),
          },
  };
}

/**
 * For people: only what is known, and what is wrong. `epoch` is that of the newest cycle: a validator that does not run sees
 * nothing go by, so what is said of its weights holds for that epoch only.
 */
export function standingLines(standing: StandingShape, epoch: number | null): readonly string[] {
  const { lastUpdate, temposBehind: behind, settlement } = standing;
  const seen = behind === null || epoch === null ? "" : `, ${lateness(behind)} when epoch ${epoch} was looked at`;
  const updated = lastUpdate === null || lastUpdate === 0 ? [] : [`  weights last set in block ${lastUpdate}${seen}`];
  if (settlement === null) return updated;
  const { epoch: settled, state, cause } = settlement;
  const why = cause === undefined ? "" : ` (${cause}; touchstone explain-error ${cause})`;
  return [...updated, `  weights of epoch ${settled}: ${state}${why}`];
}

function lateness(behind: number): string {
  return behind === 0 ? "up to date" : `${behind} ${behind === 1 ? "tempo" : "tempos"} behind`;
}

/** The newest record of that kind: of the open cycles, newest first, then of the last sealed one. */
function newest<K extends RecordKind>(
  { open, last }: MechanismView,
  journal: JournalView,
  kind: K,
): Extract<CycleRecord, { kind: K }> | undefined {
  const cycles: readonly CycleView[] = [...open.toReversed(), ...(last === null ? [] : [last])];
  for (const { key } of cycles) {
    const record = journal.record(key, kind);
    if (record !== undefined) return record;
  }
  return undefined;
}
