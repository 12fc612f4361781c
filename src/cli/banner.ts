import { commitWindow, directWindow, nextEpochBlock, temposBehind } from "../core/chain/epoch.ts";
import type { Config } from "../core/model/config.ts";
import type { Neuron } from "../core/model/metagraph.ts";
import type { Header } from "../core/model/records.ts";
import type { Observation } from "../ports/chain.ts";

export interface BannerFacts {
  readonly mode: Header["mode"];
  readonly config: Config;
  /** Null without a wallet. */
  readonly hotkey: string | null;
  readonly observation: Observation;
}

/** Who this is and what it is going to do, before anything is bought: one fact a line. */
export function banner(facts: BannerFacts): readonly string[] {
  const { config, observation } = facts;
  const { limits, scoring, chutes } = config;
  const { model, chuteId } = scoring.judge;
  const dollars = (limits.microUsd / 1_000_000).toFixed(2);
  return [
    `network   ${networkName(config)}, subnet ${config.netuid}, mechanism ${config.mechid}, block ${observation.block.number}`,
    `hotkey    ${hotkeyLine(facts)}`,
    `judge     ${model}${chuteId === null ? "" : ` (chute ${chuteId})`}`,
    `limits    ${dollars} USD and ${limits.requests} requests a cycle, ${chutes.requestsPerMinute} requests a minute`,
    ...rateLines(config, observation),
    "pays      the Chutes account of the configured key",
    `data      ${config.data}`,
    `epoch     ${epochLine(observation)}`,
    `now       ${intention(facts)}`,
  ];
}

/** Seconds of a block on the public networks (chain.md §0.1); a localnet's are shorter, and there nothing is at stake. */
const BLOCK_SECONDS = 12;

/** Said only when the rate cannot serve everybody: a question each task, a verdict each judged one, one look at the catalogue. */
function rateLines({ chutes, scoring }: Config, { hyperparameters, neurons }: Observation): readonly string[] {
  const { judged, verifiable } = scoring.tasks;
  const requests = neurons.length * (verifiable + 2 * judged + 1);
  const needed = Math.ceil((requests * 60) / (hyperparameters.tempo * BLOCK_SECONDS));
  if (needed <= chutes.requestsPerMinute) return [];
  return [
    `rate      ${neurons.length} neurons with a chute each would need ${needed} requests a minute; what does not fit into the epoch is not asked`,
  ];
}

/** The same for a log: few facts, one event. */
export function readyFacts({ config, hotkey, mode, observation }: BannerFacts): Readonly<Record<string, unknown>> {
  const { epochState, hyperparameters, block } = observation;
  const own = ownNeuron(observation, hotkey);
  return {
    mode,
    network: networkName(config),
    netuid: config.netuid,
    mechid: config.mechid,
    hotkey,
    uid: own?.uid ?? null,
    stakeRao: own?.stakeRao ?? null,
    permit: own?.permit ?? null,
    temposBehind: own === undefined ? null : temposBehind(own.lastUpdate, block.number, hyperparameters.tempo),
    judge: config.scoring.judge.model,
    microUsd: config.limits.microUsd,
    requests: config.limits.requests,
    requestsPerMinute: config.chutes.requestsPerMinute,
    data: config.data,
    epoch: epochState.index,
    block: block.number,
    nextEpochBlock: nextEpochBlock(epochState, hyperparameters.tempo),
  };
}

/** The host alone: an endpoint's path or user may be a key. */
function networkName({ network }: Config): string {
  const { host } = new URL(network.endpoints[0] ?? network.name);
  return network.name.includes("://") ? host : `${network.name} (${host})`;
}

function ownNeuron({ neurons }: Observation, hotkey: string | null): Neuron | undefined {
  return neurons.find((neuron) => neuron.hotkey === hotkey);
}

function hotkeyLine({ hotkey, observation }: BannerFacts): string {
  if (hotkey === null) return "none: nothing is signed and nothing is sent to the chain";
  const own = ownNeuron(observation, hotkey);
  if (own === undefined) return hotkey;
  return `${hotkey}, uid ${own.uid}, stake ${wholeTokens(own.stakeRao)}, ${own.permit ? "has a validator permit" : "has no validator permit"}`;
}

/** 10⁹ rao are one token. */
function wholeTokens(rao: string): string {
  const digits = rao.padStart(10, "0");
  return `${digits.slice(0, -9)}.${digits.slice(-9, -6)}`;
}

function epochLine({ block, epochState, hyperparameters }: Observation): string {
  const { commitRevealEnabled, tempo } = hyperparameters;
  const { from, to } = commitRevealEnabled
    ? commitWindow(epochState, tempo, block.number)
    : directWindow(epochState, tempo);
  const next = nextEpochBlock(epochState, tempo);
  return `${epochState.index}, the next begins at block ${next}; weights are due in blocks ${from} to ${to}`;
}

function intention({ config, hotkey, mode, observation }: BannerFacts): string {
  const { judged, verifiable } = config.scoring.tasks;
  const asks = `asks every eligible miner ${verifiable + judged} questions an epoch`;
  if (mode === "dry-run") return `${asks}, scores the answers and compares with the chain; sends nothing`;
  if (ownNeuron(observation, hotkey)?.permit === false) return "waits for a validator permit; buys nothing until then";
  const sets = observation.hyperparameters.commitRevealEnabled ? "commits sealed weights" : "sets weights";
  return `${asks}, scores the answers, ${sets} before the epoch ends, and seals the record`;
}
