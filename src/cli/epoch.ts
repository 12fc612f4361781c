import { directWindow, nextEpochBlock } from "../core/chain/epoch.ts";
import { EXIT_CODES, isFault } from "../core/model/fault.ts";
import type { EpochMode } from "../core/model/metagraph.ts";
import { composeChain } from "./compose-chain.ts";
import { untilStopped } from "./lifecycle.ts";
import type { EpochShape } from "./machine-types.ts";
import type { CommonOptions } from "./options.ts";
import { faultError, type Output } from "./output.ts";

const MODES: Readonly<Record<EpochMode, string>> = {
  yuma: "Yuma",
  null: "Null (only the elected validator sets weights)",
  absent: "Yuma (this runtime knows no other)",
  unknown: "one that this version does not know, so nothing is signed",
};

/** Prints schedule, submission window and mode of the configured subnet at the finalized head. */
export async function epoch(options: CommonOptions, output: Output): Promise<number> {
  using signal = untilStopped();
  await using composition = await composeChain(options, signal);
  const { chain, config } = composition;
  const observed = await chain.observe({ netuid: config.netuid, mechid: config.mechid, hotkey: null }, signal);
  if (isFault(observed)) throw faultError(observed);
  const { tempo, commitRevealEnabled } = observed.hyperparameters;
  const shape: EpochShape = {
    block: observed.block.number,
    epochIndex: observed.epochState.index,
    tempo,
    nextEpochBlock: nextEpochBlock(observed.epochState, tempo),
    window: directWindow(observed.epochState, tempo),
    mode: observed.epochState.mode,
    commitReveal: commitRevealEnabled,
  };
  for (const line of lines(shape)) output.say(line);
  output.document(shape);
  return EXIT_CODES.done;
}

function lines({ block, epochIndex, tempo, nextEpochBlock: next, window, mode, commitReveal }: EpochShape): string[] {
  return [
    `epoch ${epochIndex} at finalized block ${block}: tempo ${tempo}, the next begins with block ${next}, in ${next - block} blocks`,
    `weights: blocks ${window.from} to ${window.to}, ${sealed(commitReveal)}`,
    `mode: ${MODES[mode]}`,
  ];
}

function sealed(commitReveal: boolean): string {
  return commitReveal ? "sealed until they are revealed (commit-reveal is on)" : "in the open (commit-reveal is off)";
}
