import { sameWeights } from "../core/audit/same-weights.ts";
import type { Sent } from "../core/audit/settlement.ts";
import { ValidatorError } from "../core/model/fault.ts";
import type { CycleKey, Ss58 } from "../core/model/ids.ts";
import type { Observation } from "../ports/chain.ts";
import type { CycleLog, Journal, Seat } from "../ports/journal.ts";
import type { CyclePorts } from "./cycle-context.ts";

/** Own weights on chain, and how far the journal knows them: what a doppelganger is told by. */
export interface ForeignUpdate extends Seat {
  readonly lastUpdate: number;
  /** Null: the journal knows of none. */
  readonly known: number | null;
}

/** How many epochs back a submission may lie whose fate was not known when its cycle was sealed. */
const SEALED_EPOCHS = 3;

/**
 * After every observation, before anything is bought: whether somebody else signs with this hotkey. Its LastUpdate, which moves
 * with direct weights, with a commit and with a registration (chain.md §3.3 #17, §3.4), may lie no further than the journal
 * knows. A submission of ours whose fate is still open may have moved it: settling it decides. An empty journal takes over what
 * earlier epochs left. `settled`: nothing that was signed is open any more. With `accept` a foreign update is noted, warned of, and work goes on.
 * @throws ValidatorError `foreign-update` (exit doppelganger).
 */
export async function guardAgainstDoppelganger(
  { journal, telemetry }: Pick<CyclePorts, "journal" | "telemetry">,
  observation: Observation,
  hotkey: Ss58 | null,
  { accept, settled = false }: { readonly accept: boolean; readonly settled?: boolean },
): Promise<void> {
  const { netuid, mechid, neurons, epochState } = observation;
  const own = neurons.find((neuron) => neuron.hotkey === hotkey);
  if (hotkey === null || own === undefined) return;
  const { lastUpdate, registeredAt } = own;
  const seat = { netuid, mechid, hotkey };
  const known = journal.knownUpdate(seat);
  const farthest = known ?? epochState.lastEpochBlock;
  if (lastUpdate > farthest && lastUpdate !== registeredAt) {
    const ours = await explanationOf(journal, observation, { ...seat, lastUpdate, known: known ?? 0, settled });
    if (ours === "open") return;
    if (ours === "none") {
      if (!accept) throw foreignUpdate({ ...seat, lastUpdate, known });
      telemetry.event("warn", "doppelganger-risk-accepted", { netuid, mechid, lastUpdate, known });
    }
  }
  if (known === null || lastUpdate > known) await journal.noteUpdate(seat, lastUpdate);
}

/** For an update that is not ours, found here or by the submitter just before signing. */
export function foreignUpdate({ netuid, mechid, hotkey, lastUpdate, known }: ForeignUpdate): ValidatorError {
  const past = known === null ? "whose journal is empty" : `whose journal knows none after block ${known}`;
  return new ValidatorError(
    `Weights of the hotkey ${hotkey} on subnet ${netuid}, mechanism ${mechid}, were set in block ${lastUpdate}, but not by this validator, ${past}. Nothing more is signed.`,
    {
      exit: "doppelganger",
      code: "foreign-update",
      blame: "validator",
      remedy:
        "Find the second process with this hotkey and stop it. If there is none, the data folder was lost or is an old copy: bring the newest journal back, or start with --accept-doppelganger-risk; the risk is that two processes sign different weights for one epoch.",
    },
  );
}

interface Update extends Seat {
  readonly lastUpdate: number;
  readonly known: number;
  readonly settled: boolean;
}

/** Whether weights of a former cycle may have moved LastUpdate there since the observation: arrived late, or opened. */
export async function mayBeFormer(
  journal: Journal,
  observation: Observation,
  update: Omit<Update, "settled">,
): Promise<boolean> {
  if (waitingCommits(journal, observation, update.hotkey).length > 0) return true;
  return (await ownSubmission(journal, observation.epochState.index, { ...update, settled: true })) !== "none";
}

/** What of this journal can have moved LastUpdate to that block. */
async function explanationOf(
  journal: Journal,
  observation: Observation,
  update: Update,
): Promise<"open" | "sealed" | "opened" | "none"> {
  const ours = await ownSubmission(journal, observation.epochState.index, update);
  return ours === "none" && openedMeanwhile(journal, observation, update.hotkey) ? "opened" : ours;
}

/**
 * Whether a submission from this journal can have moved LastUpdate to that block: `open` while its cycle is not sealed, `sealed`
 * when the cycle was sealed before a finalized block had shown its fate.
 */
async function ownSubmission(journal: Journal, now: number, update: Update): Promise<"open" | "sealed" | "none"> {
  const { netuid, mechid } = update;
  for (const key of update.settled ? [] : journal.unsealed(netuid, mechid)) {
    if (mayHaveLanded(await begun(journal, key), update)) return "open";
  }
  const newest = Math.min(now, journal.past(netuid, mechid).epoch ?? -1);
  for (let epoch = newest; epoch >= 0 && epoch > newest - SEALED_EPOCHS; epoch -= 1) {
    const key = { netuid, mechid, epoch };
    if (journal.sealed(key) === undefined) continue;
    const log = await begun(journal, key);
    const { extrinsic = null, fault = null } = log.find("submission") ?? {};
    const unconfirmed = extrinsic !== null && fault !== null && fault.code !== "chain-refused";
    if (unconfirmed && mayHaveLanded(log, update)) return "sealed";
  }
  return "none";
}

/**
 * While commit-reveal is off, a commit from before that is opened moves LastUpdate as direct weights do: a reveal runs the same
 * checks (chain.md §3.3 #17). The own row then says what was committed, and nobody who signs the like does any harm.
 */
function openedMeanwhile(journal: Journal, observation: Observation, hotkey: Ss58): boolean {
  const { hyperparameters, row } = observation;
  if (hyperparameters.commitRevealEnabled || row === null || row.hotkey !== hotkey) return false;
  return waitingCommits(journal, observation, hotkey).some(({ vector }) => sameWeights(vector, row));
}

/** Commits of ours that may have been opened of late. */
function waitingCommits(
  journal: Journal,
  { epochState, hyperparameters, mechid, netuid }: Observation,
  hotkey: Ss58,
): readonly Sent[] {
  const until = (epoch: number): Sent | undefined => journal.sentUntil({ netuid, mechid, epoch, hotkey });
  const oldest = epochState.index - hyperparameters.commitRevealPeriod - SEALED_EPOCHS;
  const found: Sent[] = [];
  let sent = until(epochState.index);
  for (; sent !== undefined && sent.epoch > oldest; sent = until(sent.epoch - 1)) {
    if (sent.commit !== null) found.push(sent);
  }
  return found;
}

/** A cycle that is in the journal: opening it makes nothing. */
function begun(journal: Journal, key: CycleKey): Promise<CycleLog> {
  return journal.open(key, () => {
    throw new RangeError("a cycle of the journal is not in the journal");
  });
}

/**
 * An extrinsic can be included from the block after its era's birth to the era's end; one whose era holds the known update has
 * landed there, and not a second time.
 */
function mayHaveLanded(log: CycleLog, { hotkey, known, lastUpdate }: Update): boolean {
  if (log.find("header")?.hotkey !== hotkey) return false;
  return log.steps().some(({ state, facts }) => {
    const { eraBirth, eraPeriod } = facts;
    if (state !== "signed" || typeof eraBirth !== "number" || typeof eraPeriod !== "number") return false;
    return known <= eraBirth && eraBirth < lastUpdate && lastUpdate <= eraBirth + eraPeriod;
  });
}
