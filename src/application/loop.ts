import { directWindow, temposBehind } from "../core/chain/epoch.ts";
import { type Fault, isFault } from "../core/model/fault.ts";
import type { Submission } from "../core/model/records.ts";
import type { Observation } from "../ports/chain.ts";
import { watchChain } from "./chain-watch.ts";
import { withCurfew } from "./curfew.ts";
import { type CycleResult, runCycle } from "./cycle.ts";
import type { CyclePorts, CycleSettings } from "./cycle-context.ts";
import { guardAgainstDoppelganger } from "./doppelganger.ts";
import { drainable, type Ending } from "./drain.ts";
import { followEpoch } from "./epoch-now.ts";
import { look } from "./look.ts";
import { requireOwnPast } from "./own-past.ts";
import type { SealedResult } from "./seal-cycle.ts";
import { lacksPermit, requireRegistered, sayNoPermit } from "./standing.ts";
import { untilNextEpoch } from "./until-next-epoch.ts";

export interface LoopEvents {
  /** Once: a finalized block was seen and the hotkey has its seat; nothing was bought so far. */
  ready(observation: Observation): void;
  sealed(result: SealedResult): void;
}

/**
 * One cycle in every epoch, until it is told to end; then it resolves, with everything on disk. Trouble of the chain is waited
 * out; an epoch that was sealed before is left alone, one that was begun is gone on with.
 * @throws ValidatorError `not-registered` (exit unregistered) before anything is bought, and what a cycle throws.
 */
export async function runLoop(
  ports: CyclePorts,
  settings: CycleSettings,
  events: LoopEvents,
  ending: Ending,
): Promise<void> {
  const stop = AbortSignal.any([ending.drain, ending.signal]);
  const watching = new AbortController();
  const watch = watchChain(ports, AbortSignal.any([stop, watching.signal]));
  try {
    await epochs({ ports: drainable(ports, ending), settings, events }, ending.signal, stop);
  } catch (error) {
    if (error !== ending.drain.reason && error !== ending.signal.reason) throw error;
  } finally {
    watching.abort();
    await watch;
  }
}

interface Loop {
  readonly ports: CyclePorts;
  readonly settings: CycleSettings;
  readonly events: LoopEvents;
}

async function epochs(loop: Loop, signal: AbortSignal, stop: AbortSignal): Promise<never> {
  const { ports, settings, events } = loop;
  const hotkey = ports.signer?.hotkey ?? null;
  let newest: number | null = null;
  const past = pastOf(ports, settings);
  for (;;) {
    const seen = async (): Promise<Observation | Fault> => notBehind(await look(ports, settings, stop), newest ?? past);
    const observation = await patiently(ports, seen, stop);
    requireOwnPast(ports, observation);
    await guardAgainstDoppelganger(ports, observation, hotkey, { accept: settings.acceptDoppelgangerRisk });
    requireRegistered(observation, hotkey);
    if (newest === null) events.ready(observation);
    if (newest !== observation.epochState.index) sayBehind(ports, observation, hotkey);
    newest = observation.epochState.index;
    await oneEpoch(loop, observation, signal, stop);
    await untilNextEpoch(ports, observation, hotkey, stop);
  }
}

/**
 * The epoch that a service waits for after its start: its node may have been started just now, too, and has blocks to catch up
 * with. A local chain may have begun anew, and another chain has other epochs: these end the process (own-past.ts).
 */
function pastOf({ chain, journal }: CyclePorts, { netuid, mechid }: CycleSettings): number | null {
  const { genesis, local } = chain.identity;
  const past = journal.past(netuid, mechid);
  return local || past.genesis !== genesis ? null : past.epoch;
}

/** Within a cycle, too, a node that lags is asked again: it would have the cycle of a former epoch taken for this one's. */
function ahead(ports: CyclePorts, epoch: number): CyclePorts {
  const { chain } = ports;
  return {
    ...ports,
    chain: {
      identity: chain.identity,
      observe: async (request, signal) => notBehind(await chain.observe(request, signal), epoch),
      schedule: (request, signal) => chain.schedule(request, signal),
      reveal: (query, signal) => chain.reveal(query, signal),
      finalized: (signal) => chain.finalized(signal),
    },
  };
}

/** Another node behind the same address may lag by an epoch: it is given time to catch up. */
function notBehind(seen: Observation | Fault, newest: number | null): Observation | Fault {
  if (isFault(seen) || newest === null || seen.epochState.index >= newest) return seen;
  return {
    code: "chain-unreachable",
    blame: "chain",
    retryable: true,
    message: `The node shows epoch ${seen.epochState.index}, but epoch ${newest} was seen already.`,
    remedy: "It is asked again; if it does not catch up, name another endpoint.",
  };
}

async function oneEpoch(
  { ports, settings, events }: Loop,
  observation: Observation,
  signal: AbortSignal,
  stop: AbortSignal,
): Promise<void> {
  const { netuid, mechid } = settings;
  const epoch = observation.epochState.index;
  if (ports.journal.sealed({ netuid, mechid, epoch }) !== undefined) return;
  const begun = ports.journal.unsealed(netuid, mechid).some((key) => key.epoch === epoch);
  if (!begun && lacksPermit(observation, ports.signer?.hotkey ?? null)) {
    sayNoPermit(ports, observation, ports.signer?.hotkey ?? null);
    return;
  }
  const curfew = curfewOf(ports, observation);
  const result = await patiently(
    ports,
    async () => {
      const work = (punctual: CyclePorts): Promise<CycleResult> => runCycle(ahead(punctual, epoch), settings, signal);
      const outcome = await withCurfew(ports, curfew, work, stop);
      return outcome.kind === "fault" ? outcome.fault : outcome;
    },
    stop,
  );
  if (result.kind !== "sealed") return;
  tell(ports, epoch, result);
  events.sealed(result);
}

const POLL_MS = 250;

/** Rings when direct weights are due at the latest, or the epoch is over: as the schedule stands by then. */
function curfewOf(ports: CyclePorts, observation: Observation): (signal: AbortSignal) => Promise<void> {
  const now = followEpoch(ports, observation, ports.signer?.hotkey ?? null);
  const epoch = observation.epochState.index;
  return async (signal) => {
    for (;;) {
      const { epochState, height, tempo } = await now(signal);
      if (epochState.index > epoch || height >= directWindow(epochState, tempo).to) return;
      await ports.clock.sleep(POLL_MS, signal);
    }
  };
}

/** Epochs that went by without new weights of our own; said once an epoch. */
function sayBehind({ telemetry }: CyclePorts, seen: Observation, hotkey: string | null): void {
  const own = seen.neurons.find((neuron) => neuron.hotkey === hotkey);
  const tempos = own && temposBehind(own.lastUpdate, seen.block.number, seen.hyperparameters.tempo);
  if (own === undefined || typeof tempos !== "number" || tempos < 1) return;
  telemetry.event(tempos > 1 ? "error" : "warn", "tempos-behind", {
    epoch: seen.epochState.index,
    tempos,
    lastUpdate: own.lastUpdate,
    remedy: "No weights were accepted for that long: the events of the epochs before say why.",
  });
}

/** Why no weights were set is said within the epoch (DESIGN promise 1). */
function tell({ telemetry }: CyclePorts, epoch: number, { records }: SealedResult): void {
  const submission = records.find((record): record is Submission => record.kind === "submission");
  if (submission === undefined || submission.reason === null) return;
  const { fault, reason, state } = submission;
  telemetry.event("warn", "weights-not-set", {
    epoch,
    state,
    reason,
    ...(fault === null ? {} : { fault: fault.code, remedy: fault.remedy }),
  });
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** Does it until it succeeds, with longer and longer waits between. */
async function patiently<T extends object>(
  { clock, telemetry }: CyclePorts,
  work: () => Promise<T | Fault>,
  stop: AbortSignal,
): Promise<T> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    const result = await work();
    if (!isFault(result)) return result;
    const { code, message, remedy } = result;
    telemetry.event("warn", "chain-trouble", { fault: code, message, remedy, waitMs });
    await clock.sleep(waitMs, stop);
  }
}
