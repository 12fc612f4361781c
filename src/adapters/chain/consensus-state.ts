import * as z from "zod";
import { nextEpochBlock } from "../../core/chain/epoch.ts";
import type { ConsensusState, StoredRow } from "../../core/chain/yuma-state.ts";
import type { Fault } from "../../core/model/fault.ts";
import { storageIndex } from "../../core/model/ids.ts";
import { count, parseAnswer } from "./answers.ts";
import { orFault } from "./chain-fault.ts";
import type { ChainConnection } from "./connection.ts";
import { readScalars, type Scalars, subtensorItems } from "./scalars.ts";
import { readPairs } from "./stored-rows.ts";
import { askSubnet, type SubnetState, subnetFrom } from "./subnet-state.ts";
import { type Reads, readAt, type StorageItem, storageKey, type View } from "./view.ts";

export interface ConsensusRequest {
  readonly netuid: number;
  readonly mechid: number;
}

/**
 * Everything an epoch of the subnet is decided by, at the finalized head: one round trip for the subnet, one for the rows of
 * those who may set weights. What a runtime does not have is named in `assumed`. Faults are `chain-unreachable` only.
 * @throws ValidatorError `subnet-not-found` (configuration), `runtime-unsupported` (runtime).
 */
export function readConsensus(
  connection: ChainConnection,
  request: ConsensusRequest,
  signal: AbortSignal,
): Promise<ConsensusState | Fault> {
  return orFault(() => read(connection, request, signal), signal, connection);
}

async function read(
  connection: ChainConnection,
  { netuid, mechid }: ConsensusRequest,
  signal: AbortSignal,
): Promise<ConsensusState> {
  const { finalizedHash: hash } = await connection.heads.latest(signal);
  const ask = (reads: Reads): Promise<[Awaited<ReturnType<typeof askSubnet>>, Scalars]> =>
    Promise.all([askSubnet(reads, netuid, mechid), readScalars(reads, itemsOf(netuid))]);
  const { view, found } = await readAt(connection, { hash, read: ask }, signal);
  const [answers, scalars] = found;
  const subnet = subnetFrom(answers, { netuid, block: view.number });
  const rows = await readRows(view, subnet, storageIndex(netuid, mechid));
  const { epochState, hyperparameters, neurons, ownerHotkey } = subnet;
  return {
    netuid,
    mechid,
    block: view.number,
    epochBlock: Math.max(view.number + 1, nextEpochBlock(epochState, hyperparameters.tempo)),
    mode: epochState.mode,
    neurons,
    ownerHotkey,
    stakeThresholdRao: hyperparameters.stakeThresholdRao,
    activityCutoff: hyperparameters.activityCutoff,
    commitRevealEnabled: hyperparameters.commitRevealEnabled,
    mechanismCount: hyperparameters.mechanismCount,
    ...ruleValues(scalars),
    bondsCutoff: bondsCutoff(scalars),
    ...rows,
    serverPoolRao: serverPool(scalars, mechid, hyperparameters.mechanismCount),
  };
}

/** With the defaults of chain.md §2. */
const RULES = [
  ["kappa", 32_767],
  ["bondsPenalty", 65_535],
  ["bondsMovingAverage", 900_000],
  ["yuma3On", false],
  ["liquidAlphaOn", false],
] as const;
const STEPS = ["lastMechansimStepBlock", "lastYumaStepBlock"] as const;
const EMISSION = ["pendingServerEmission", "mechanismEmissionSplit"] as const;

function itemsOf(netuid: number): readonly StorageItem[] {
  return subtensorItems([...RULES.map(([name]) => name), ...STEPS, ...EMISSION], [netuid]);
}

function ruleValues(
  scalars: Scalars,
): Pick<ConsensusState, "kappa" | "bondsPenalty" | "bondsMovingAverage" | "yuma3" | "liquidAlpha" | "assumed"> {
  const missing = [...RULES.map(([name]) => name), STEPS[0]].filter((name) => !scalars.has(name));
  const number = (at: 0 | 1 | 2): number => (scalars.has(RULES[at][0]) ? scalars.count(RULES[at][0]) : RULES[at][1]);
  const flag = (at: 3 | 4): boolean => scalars.has(RULES[at][0]) && scalars.flag(RULES[at][0]);
  return {
    kappa: number(0),
    bondsPenalty: number(1),
    bondsMovingAverage: number(2),
    yuma3: flag(3),
    liquidAlpha: flag(4),
    assumed: missing,
  };
}

/** The block after the last Yuma step where the chain keeps it (chain-newest.md §2.3), before that the step itself (chain.md §8 12a). */
function bondsCutoff(scalars: Scalars): number | null {
  const step = scalars.optionalCount(STEPS[0]);
  if (!scalars.has(STEPS[1])) return step;
  const last = scalars.optionalCount(STEPS[1]) ?? step;
  return last === null ? null : last + 1;
}

/** The mechanism's part of what has gathered (chain-newest.md §2.4): by the split where it is sound, else even; the rest is the first one's. */
function serverPool(scalars: Scalars, mechid: number, mechanisms: number): string | null {
  if (!scalars.has(EMISSION[0])) return null;
  const pool = scalars.natural(EMISSION[0]);
  const stored = parseAnswer(z.array(count).nullish(), scalars.json(EMISSION[1]), EMISSION[1]) ?? [];
  const sound = stored.length === mechanisms && stored.reduce((all, part) => all + part, 0) === 65_535;
  const parts = sound ? stored : new Array<number>(mechanisms).fill(1);
  const total = BigInt(parts.reduce((all, part) => all + part, 0));
  const units = parts.map((part) => (pool * BigInt(part)) / total);
  const rest = pool - units.reduce((all, unit) => all + unit, 0n);
  return String((units[mechid] ?? 0n) + (mechid === 0 ? rest : 0n));
}

/** Weights of the permitted and of the owner, and their bonds; on Null the elected validator's weights alone (chain-newest.md §3.1). */
async function readRows(
  view: View,
  { neurons, ownerHotkey, epochState }: SubnetState,
  index: number,
): Promise<Pick<ConsensusState, "weights" | "bonds">> {
  const isNull = epochState.mode === "null";
  const who = neurons.filter((neuron) => neuron.permit || (!isNull && neuron.hotkey === ownerHotkey));
  const keysOf = (item: string): readonly (string | null)[] =>
    who.map(({ uid }) => storageKey(view.tables, { pallet: "subtensorModule", item, keys: [index, uid] }));
  const [weights, bonds] = [keysOf("weights"), isNull ? [] : keysOf("bonds")];
  const values = await view.raw([...weights, ...bonds].filter((key) => key !== null));
  const rows = (keys: readonly (string | null)[]): StoredRow[] =>
    who.map(({ uid }, at) => ({ uid, ...readPairs(values.get(keys[at] ?? "") ?? null) }));
  return { weights: rows(weights), bonds: isNull ? null : rows(bonds) };
}
