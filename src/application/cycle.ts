import { deriveChallenge, deriveSheet, deriveVector, type Premises } from "../core/audit/derive.ts";
import { firstDifference } from "../core/audit/difference.ts";
import { parentsOf } from "../core/audit/parents.ts";
import { temposBehind } from "../core/chain/epoch.ts";
import { toHex } from "../core/determinism/digest.ts";
import { type Fault, isFault, ValidatorError } from "../core/model/fault.ts";
import type { CycleKey } from "../core/model/ids.ts";
import type { MetagraphSnapshot } from "../core/model/metagraph.ts";
import type { Header, ScoreSheet, Submission } from "../core/model/records.ts";
import { EMPTY_STATE } from "../core/model/scoring-state.ts";
import type { Observation } from "../ports/chain.ts";
import type { CycleLog, SealedCycle } from "../ports/journal.ts";
import { NOTHING_SPENT, type Spend } from "../ports/spend.ts";
import { alongside } from "./alongside.ts";
import { collect } from "./collect.ts";
import type { CyclePorts, CycleSettings } from "./cycle-context.ts";
import { discover } from "./discover.ts";
import { guardAgainstDoppelganger } from "./doppelganger.ts";
import { look } from "./look.ts";
import { requireOwnPast } from "./own-past.ts";
import { type SealedResult, sealCycle } from "./seal-cycle.ts";
import { settleDirect, settleReveal, watchReveal } from "./settle-former.ts";
import { requireRegistered } from "./standing.ts";
import { CLOSED, type SubmissionWindow, submissionWindow } from "./submission-window.ts";
import { submit } from "./submit.ts";

export type CycleResult =
  | ({ readonly kind: "sealed" } & SealedResult)
  /** The epoch was sealed before: what was recorded stands. */
  | { readonly kind: "recorded"; readonly cycle: SealedCycle }
  | { readonly kind: "fault"; readonly fault: Fault };

/**
 * One cycle of the current epoch, from the snapshot to the sealed bundle (DESIGN §2). Every stage is on disk before the next
 * one uses it, so that a cycle cut off anywhere goes on from there. Cycles of earlier epochs that an earlier process left
 * open are finished first, without buying or sending anything.
 * @throws ValidatorError `cycle-foreign` (configuration) when this epoch's cycle was begun on other terms than today's,
 * `not-registered` (unregistered) when the hotkey has no seat, `foreign-update` (doppelganger) when somebody else signs with it.
 */
export async function runCycle(ports: CyclePorts, settings: CycleSettings, signal: AbortSignal): Promise<CycleResult> {
  const seen = await look(ports, settings, signal);
  if (isFault(seen)) return { kind: "fault", fault: seen };
  requireOwnPast(ports, seen);
  const guard = (now: Observation): Promise<void> =>
    guardAgainstDoppelganger(ports, now, ports.signer?.hotkey ?? null, { accept: settings.acceptDoppelgangerRisk });
  await guard(seen);
  const finished = await finishOlder(ports, settings, keyOf(settings, seen), signal);
  // Finishing may have taken blocks or an epoch: a cycle begins with a fresh look.
  const observation = finished ? await look(ports, settings, signal) : seen;
  if (isFault(observation)) return { kind: "fault", fault: observation };
  if (finished) await guard(observation);

  const key = keyOf(settings, observation);
  const log = await ports.journal.open(key, () => toHex(ports.entropy.bytes(32)));
  const header = log.find("header") ?? headerOf(ports, settings, key);
  const sealed = ports.journal.sealed(key);
  if (sealed !== undefined) return { kind: "recorded", cycle: sealed };
  const obstacle = obstacleTo(header, ports, settings);
  if (obstacle !== undefined) throw foreign(obstacle);
  requireRegistered(observation, header.hotkey);
  const premises = await begin(ports, settings, { log, header }, observation);
  return { kind: "sealed", ...(await carryOut(ports, settings, { log, premises, mayBuy: true }, signal)) };
}

function keyOf({ netuid, mechid }: CycleSettings, { epochState }: Observation): CycleKey {
  return { netuid, mechid, epoch: epochState.index };
}

/**
 * Whether any was finished. A cycle without a roster has asked nobody and claimed nothing: it stays as it is and is never
 * sealed; so does one that was begun on terms which this process does not have.
 */
async function finishOlder(
  ports: CyclePorts,
  settings: CycleSettings,
  current: CycleKey,
  signal: AbortSignal,
): Promise<boolean> {
  let finished = false;
  for (const key of ports.journal.unsealed(current.netuid, current.mechid)) {
    if (key.epoch >= current.epoch) continue;
    const log = await ports.journal.open(key, () => toHex(ports.entropy.bytes(32)));
    const header = log.find("header");
    const snapshot = log.find("snapshot");
    if (header === undefined || snapshot === undefined || log.find("roster") === undefined) continue;
    const obstacle = obstacleTo(header, ports, settings);
    ports.telemetry.event("warn", obstacle === undefined ? "cycle-finished-late" : "cycle-left-open", {
      epoch: key.epoch,
      ...(obstacle === undefined ? {} : { begun: obstacle }),
    });
    if (obstacle !== undefined) continue;
    const premises = { header, snapshot, pack: settings.pack, secret: log.secret };
    await carryOut(ports, settings, { log, premises, mayBuy: false }, signal);
    finished = true;
  }
  return finished;
}

/** What a cycle cannot change on its way: its records would not follow from its header any more, or not bear its signature. */
function obstacleTo(header: Header, ports: CyclePorts, settings: CycleSettings): string | undefined {
  if (header.hotkey !== (ports.signer?.hotkey ?? null)) return "with another hotkey";
  if (firstDifference(header.pack, settings.pack.manifest) !== undefined) return "with another pack";
  return undefined;
}

function foreign(obstacle: string): ValidatorError {
  return new ValidatorError(`The data folder holds a cycle of this epoch that was begun ${obstacle}.`, {
    exit: "configuration",
    code: "cycle-foreign",
    blame: "validator",
    remedy: "Go back to the former configuration until the epoch is over, or name another data folder.",
  });
}

/** The premises as first recorded: a configuration changed between two processes counts from the next cycle on. */
async function begin(
  ports: CyclePorts,
  settings: CycleSettings,
  { log, header }: { readonly log: CycleLog; readonly header: Header },
  observation: Observation,
): Promise<Premises> {
  const parents = parentsOf(header);
  const snapshot: MetagraphSnapshot = log.find("snapshot") ?? { kind: "snapshot", parents, ...observation };
  await log.append(header);
  await log.append(snapshot);
  await settleDirect({ ports, log, premises: { header, snapshot } });
  ports.telemetry.event("info", "observed", {
    epoch: log.key.epoch,
    block: snapshot.block.number,
    hash: snapshot.block.hash,
    neurons: snapshot.neurons.length,
    temposBehind: behindOf(snapshot, header.hotkey),
  });
  return { header, snapshot, pack: settings.pack, secret: log.secret };
}

/** Epochs without new weights of our own; null where there is no own seat, or never were any. */
function behindOf({ block, hyperparameters, neurons }: MetagraphSnapshot, hotkey: string | null): number | null {
  const own = neurons.find((neuron) => neuron.hotkey === hotkey);
  return own === undefined ? null : temposBehind(own.lastUpdate, block.number, hyperparameters.tempo);
}

function headerOf(ports: CyclePorts, settings: CycleSettings, key: CycleKey): Header {
  return {
    kind: "header",
    parents: [],
    schema: 1,
    ...key,
    genesis: ports.chain.identity.genesis,
    mode: settings.mode,
    software: settings.software,
    hotkey: ports.signer?.hotkey ?? null,
    pack: settings.pack.manifest,
    scoring: settings.scoring,
  };
}

interface Begun {
  readonly log: CycleLog;
  readonly premises: Premises;
  readonly mayBuy: boolean;
}

/** While it goes on, the reveal of the cycle that it settles is watched; a cycle that is finished late looks once, at its end. */
async function carryOut(
  ports: CyclePorts,
  settings: CycleSettings,
  begun: Begun,
  signal: AbortSignal,
): Promise<SealedResult> {
  const { log, mayBuy, premises } = begun;
  const window = mayBuy ? submissionWindow(ports, premises) : CLOSED;
  const settling = { ports, log, premises };
  const { sheet, submission } = await alongside(
    async (over) => (mayBuy ? watchReveal(settling, window, over) : undefined),
    () => untilSubmitted(ports, settings, { ...begun, window }, signal),
    signal,
  );
  await settleReveal(settling, window, signal);
  const sealed = await sealCycle(ports, log, { sheet, submission });
  ports.telemetry.event("info", "sealed", {
    epoch: log.key.epoch,
    submission: submission.submission,
    state: submission.state,
    seal: sealed.seal,
    bundle: sealed.bundle,
  });
  return sealed;
}

async function untilSubmitted(
  ports: CyclePorts,
  settings: CycleSettings,
  { log, premises, mayBuy, window }: Begun & { readonly window: SubmissionWindow },
  signal: AbortSignal,
): Promise<{ readonly sheet: ScoreSheet; readonly submission: Submission }> {
  const { netuid, mechid } = log.key;
  ports.spend.begin((log.kept("spend") as Spend | undefined) ?? NOTHING_SPENT);
  const options = { concurrency: settings.concurrency, mayBuy, signal };
  const roster = await discover(ports, log, premises, options);
  const challenge = log.find("challenge") ?? deriveChallenge(premises, roster);
  await log.append(challenge);
  const collected = await collect(ports, log, { premises, roster, challenge }, options);
  const before = ports.journal.last(netuid, mechid)?.state ?? EMPTY_STATE;
  const sheet = log.find("score-sheet") ?? deriveSheet(premises, roster, { challenge, before, ...collected });
  await log.append(sheet);
  const vector = log.find("weight-vector") ?? deriveVector(premises, roster, sheet);
  await log.append(vector);
  const { acceptDoppelgangerRisk } = settings;
  return { sheet, submission: await submit(ports, log, vector, { window, acceptDoppelgangerRisk, signal }) };
}
