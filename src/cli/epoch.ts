import type { CommitOutlook } from "../adapters/chain/commit-outlook.ts";
import { commitWindow, directWindow, nextEpochBlock, type Window } from "../core/chain/epoch.ts";
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
  const seen = await composition.outlook(signal);
  if (isFault(seen)) throw faultError(seen);
  const { block, commitRevealEnabled, epochState, revealRound, tempo } = seen;
  const shape: EpochShape = {
    block,
    epochIndex: epochState.index,
    tempo,
    nextEpochBlock: nextEpochBlock(epochState, tempo),
    window: submissionBlocks(seen),
    mode: epochState.mode,
    commitReveal: commitRevealEnabled,
    ...(revealRound === null ? {} : { revealRound }),
  };
  for (const line of lines(shape)) output.say(line);
  output.document(shape);
  return EXIT_CODES.done;
}

/** Those of a validator that was there when the epoch began. */
function submissionBlocks({ commitRevealEnabled, epochState, tempo }: CommitOutlook): Window {
  return commitRevealEnabled
    ? commitWindow(epochState, tempo, epochState.lastEpochBlock)
    : directWindow(epochState, tempo);
}

function lines(shape: EpochShape): readonly string[] {
  const { block, epochIndex, tempo, nextEpochBlock: next, window, mode, commitReveal, revealRound } = shape;
  return [
    `epoch ${epochIndex} at finalized block ${block}: tempo ${tempo}, the next begins with block ${next}, in ${next - block} blocks`,
    `weights: blocks ${window.from} to ${window.to}, ${sealed(commitReveal)}`,
    ...(revealRound === undefined ? [] : [`a commit made now is opened with drand round ${revealRound}`]),
    `mode: ${MODES[mode]}`,
  ];
}

function sealed(commitReveal: boolean): string {
  return commitReveal ? "sealed until they are revealed (commit-reveal is on)" : "in the open (commit-reveal is off)";
}
