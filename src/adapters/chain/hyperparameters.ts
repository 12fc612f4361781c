import * as z from "zod";
import { fromHex } from "../../core/determinism/digest.ts";
import type { Hyperparameters } from "../../core/model/metagraph.ts";
import { count, natural, parseAnswer } from "./answers.ts";
import { unsupportedRuntime } from "./chain-fault.ts";
import { noSubnet } from "./metagraph.ts";
import type { StorageItem, View } from "./view.ts";

interface Named {
  readonly name: string;
  readonly value: Readonly<Record<string, unknown>>;
}

const list = z.array(z.object({ name: z.string(), value: z.record(z.string(), z.unknown()) })) satisfies z.ZodType<
  readonly Named[]
>;

/** What `get_subnet_hyperparams_v3` leaves out (chain.md §2), in the order in which {@link readHyperparameters} takes it. */
export function hyperparameterItems(netuid: number): readonly StorageItem[] {
  return [
    { pallet: "subtensorModule", item: "commitRevealWeightsVersion", keys: [] },
    { pallet: "subtensorModule", item: "stakeThreshold", keys: [] },
    { pallet: "subtensorModule", item: "mechanismCountCurrent", keys: [netuid] },
  ];
}

/** The runtime's named list; names that we do not use are ignored, one that we need and miss is an unsupported runtime. */
export async function readHyperparameters(
  view: View,
  netuid: number,
  scalars: Promise<readonly unknown[]>,
): Promise<Hyperparameters> {
  const [answer, values] = await Promise.all([
    view.call("subnetInfoRuntimeApi", "getSubnetHyperparamsV3", [netuid]),
    scalars,
  ]);
  if (answer === null) throw noSubnet(netuid, 0);
  const named = valuesByName(parseAnswer(list, answer, "the hyperparameters"));
  const number = (name: string): number => parseAnswer(count, one(named, name), name);
  const [revealVersion, stakeThreshold, mechanisms] = values;
  return {
    tempo: number("tempo"),
    weightsRateLimit: number("weights_rate_limit"),
    weightsVersionKey: String(parseAnswer(natural, one(named, "weights_version"), "weights_version")),
    minAllowedWeights: number("min_allowed_weights"),
    maxWeightsLimit: number("max_weights_limit"),
    commitRevealEnabled: parseAnswer(z.boolean(), one(named, "commit_reveal_weights_enabled"), "commit-reveal"),
    commitRevealPeriod: number("commit_reveal_period"),
    commitRevealVersion: parseAnswer(count, revealVersion, "CommitRevealWeightsVersion"),
    stakeThresholdRao: String(parseAnswer(natural, stakeThreshold, "StakeThreshold")),
    mechanismCount: parseAnswer(count, mechanisms, "MechanismCountCurrent"),
    immunityPeriod: number("immunity_period"),
    activityCutoff: number("activity_cutoff"),
  };
}

/** Each value is an enum by type, `{ u16: 7 }`; the type does not matter to us. */
function valuesByName(found: readonly Named[]): ReadonlyMap<string, unknown> {
  return new Map(found.map(({ name, value }) => [nameOf(name), Object.values(value)[0]]));
}

/** The name is a byte string, which the library shows in hexadecimal. */
function nameOf(name: string): string {
  return name.startsWith("0x") ? new TextDecoder().decode(fromHex(name)) : name;
}

function one(named: ReadonlyMap<string, unknown>, name: string): unknown {
  const value = named.get(name);
  if (value === undefined) throw unsupportedRuntime(`hyperparameter ${name}`);
  return value;
}
