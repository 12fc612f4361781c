import * as z from "zod";
import { type Ss58, storageIndex } from "../../core/model/ids.ts";
import type { Neuron, WeightRow } from "../../core/model/metagraph.ts";
import { count, parseAnswer } from "./answers.ts";
import type { View } from "./view.ts";

const pairs = z.array(z.tuple([count, count])) satisfies z.ZodType<[number, number][]>;

export interface Row {
  readonly uids: readonly number[];
  readonly values: readonly number[];
}

/** One weight row as stored, at the view's block. */
export async function readRow(view: View, index: number, uid: number): Promise<Row> {
  const [stored] = await view.storage([{ pallet: "subtensorModule", item: "weights", keys: [index, uid] }]);
  const row = parseAnswer(pairs, stored, "a weight row");
  return { uids: row.map(([target]) => target), values: row.map(([, value]) => value) };
}

/** The row to compare with: the own hotkey's, else that of the permitted validator with most stake. */
export async function readComparisonRow(
  view: View,
  subnet: { readonly netuid: number; readonly mechid: number; readonly hotkey: Ss58 | null },
  neurons: readonly Neuron[],
): Promise<WeightRow | null> {
  const whose = neurons.find((neuron) => neuron.hotkey === subnet.hotkey) ?? foremost(neurons);
  if (whose === undefined) return null;
  const row = await readRow(view, storageIndex(subnet.netuid, subnet.mechid), whose.uid);
  return { uid: whose.uid, hotkey: whose.hotkey, ...row };
}

/** Ties go to the lower uid. */
function foremost(neurons: readonly Neuron[]): Neuron | undefined {
  let best: Neuron | undefined;
  for (const neuron of neurons) {
    if (neuron.permit && (best === undefined || BigInt(neuron.stakeRao) > BigInt(best.stakeRao))) best = neuron;
  }
  return best;
}
