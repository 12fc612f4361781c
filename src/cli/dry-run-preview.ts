import { preview } from "../core/chain/preview.ts";
import { isFault } from "../core/model/fault.ts";
import type { MetagraphSnapshot } from "../core/model/metagraph.ts";
import type { CycleRecord, WeightVector } from "../core/model/records.ts";
import { composeChain } from "./compose-chain.ts";
import { untilStopped } from "./lifecycle.ts";
import type { CommonOptions } from "./options.ts";
import { previewLines } from "./preview-lines.ts";

/**
 * What the vector of a dry run would do if the validator that it is compared with set it now; for people. Says so when that
 * cannot be told: a dry run is none the worse for it.
 */
export async function dryRunPreview(
  options: CommonOptions,
  records: readonly CycleRecord[],
): Promise<readonly string[]> {
  const vector = records.find((record): record is WeightVector => record.kind === "weight-vector");
  const snapshot = records.find((record): record is MetagraphSnapshot => record.kind === "snapshot");
  const whose = snapshot?.row;
  if (vector === undefined || snapshot === undefined || whose === undefined || whose === null) return [];
  using signal = untilStopped();
  await using composition = await composeChain(options, signal);
  const state = await composition.consensus(snapshot, signal);
  if (isFault(state)) return [`no preview: ${state.message}`];
  const own = state.neurons.find((neuron) => neuron.hotkey === whose.hotkey);
  const found = own === undefined ? undefined : preview(state, own.uid, vector);
  if (found === undefined) return ["no preview: the validator has no seat any more, or the epoch mode is unknown"];
  return [`if uid ${found.uid} set these weights now, at block ${state.epochBlock}:`, ...previewLines(found)];
}
