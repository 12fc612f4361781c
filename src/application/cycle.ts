import { deriveChallenge, deriveSheet, deriveVector, type Premises } from "../core/audit/derive.ts";
import { parentsOf } from "../core/audit/parents.ts";
import { toHex } from "../core/determinism/digest.ts";
import { type Fault, isFault, ValidatorError } from "../core/model/fault.ts";
import type { CycleKey } from "../core/model/ids.ts";
import type { MetagraphSnapshot } from "../core/model/metagraph.ts";
import type { Header } from "../core/model/records.ts";
import { EMPTY_STATE } from "../core/model/scoring-state.ts";
import type { Observation } from "../ports/chain.ts";
import type { CycleLog, SealedCycle } from "../ports/journal.ts";
import { NOTHING_SPENT, type Spend } from "../ports/spend.ts";
import { collect } from "./collect.ts";
import type { CyclePorts, CycleSettings } from "./cycle-context.ts";
import { discover } from "./discover.ts";
import { type SealedResult, sealCycle } from "./seal-cycle.ts";
import { submit } from "./submit.ts";

export type CycleResult =
  | ({ readonly kind: "sealed" } & SealedResult)
  /** The epoch was sealed before: what was recorded stands. */
  | { readonly kind: "recorded"; readonly cycle: SealedCycle }
  | { readonly kind: "fault"; readonly fault: Fault };

/**
 * One cycle of the current epoch, from the snapshot to the sealed bundle (DESIGN §2). Every stage is on disk before the next
 * one uses it, so that a cycle cut off anywhere goes on from there. Cycles of earlier epochs that an earlier process left
 * open are finished first, without buying anything.
 */
export async function runCycle(ports: CyclePorts, settings: CycleSettings, signal: AbortSignal): Promise<CycleResult> {
  const { netuid, mechid } = settings;
  const hotkey = ports.signer?.hotkey ?? null;
  const observation = await ports.chain.observe({ netuid, mechid, hotkey: hotkey ?? settings.compareWith }, signal);
  if (isFault(observation)) return { kind: "fault", fault: observation };
  const key = { netuid, mechid, epoch: observation.epochState.index };
  await finishOlder(ports, settings, key, signal);
  const sealed = ports.journal.sealed(key);
  if (sealed !== undefined) return { kind: "recorded", cycle: sealed };
  requireRegistered(observation, hotkey);
  const log = await ports.journal.open(key, () => toHex(ports.entropy.bytes(32)));
  const premises = await observe(ports, settings, log, observation);
  return { kind: "sealed", ...(await carryOut(ports, settings, { log, premises, mayBuy: true }, signal)) };
}

/** Checked before anything is bought: what a hotkey without a seat asks and judges can never be sent. */
function requireRegistered({ neurons, netuid }: Observation, hotkey: string | null): void {
  if (hotkey === null || neurons.some((neuron) => neuron.hotkey === hotkey)) return;
  throw new ValidatorError(`The hotkey ${hotkey} is not registered on subnet ${netuid}; nothing was bought.`, {
    exit: "unregistered",
    code: "not-registered",
    blame: "validator",
    remedy: `Register it (btcli subnet register --netuid ${netuid}), or configure the hotkey that is registered there.`,
  });
}

/** A cycle without a snapshot has bought and claimed nothing: it stays as it is and is never sealed. */
async function finishOlder(
  ports: CyclePorts,
  settings: CycleSettings,
  current: CycleKey,
  signal: AbortSignal,
): Promise<void> {
  for (const key of ports.journal.unsealed(current.netuid, current.mechid)) {
    if (key.epoch >= current.epoch) continue;
    const log = await ports.journal.open(key, () => toHex(ports.entropy.bytes(32)));
    const header = log.find("header");
    const snapshot = log.find("snapshot");
    if (header === undefined || snapshot === undefined) continue;
    ports.telemetry.event("warn", "cycle-finished-late", { epoch: key.epoch });
    const premises = { header, snapshot, pack: settings.pack, secret: log.secret };
    await carryOut(ports, settings, { log, premises, mayBuy: false }, signal);
  }
}

/** The premises as first recorded: a configuration changed between two processes counts from the next cycle on. */
async function observe(
  ports: CyclePorts,
  settings: CycleSettings,
  log: CycleLog,
  observation: Observation,
): Promise<Premises> {
  const header = log.find("header") ?? headerOf(ports, settings, log.key);
  const snapshot: MetagraphSnapshot = log.find("snapshot") ?? {
    kind: "snapshot",
    parents: parentsOf(header),
    ...observation,
  };
  await log.append(header);
  await log.append(snapshot);
  const { number, hash } = snapshot.block;
  ports.telemetry.event("info", "observed", {
    epoch: log.key.epoch,
    block: number,
    hash,
    neurons: snapshot.neurons.length,
  });
  return { header, snapshot, pack: settings.pack, secret: log.secret };
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

async function carryOut(
  ports: CyclePorts,
  settings: CycleSettings,
  { log, premises, mayBuy }: Begun,
  signal: AbortSignal,
): Promise<SealedResult> {
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
  const submission = await submit(ports, log, vector, { lastBlock: lastSubmissionBlock(premises), signal });
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

/**
 * `run` submits inside its own epoch. A cycle started by hand runs at once, wherever the epoch stands, and its direct weights
 * are as good in the following epoch: it has one epoch more.
 */
function lastSubmissionBlock({ header, snapshot }: Premises): number {
  const { tempo } = snapshot.hyperparameters;
  const next = snapshot.epochState.nextEpochBlock ?? snapshot.block.number + tempo;
  return header.mode === "run" ? next : next + tempo;
}
