import type { Premises } from "../core/audit/derive.ts";
import { directWindow, nextEpochBlock, submissionsClose } from "../core/chain/epoch.ts";
import type { SubmitOptions } from "./submit.ts";

export type SubmissionWindow = Omit<SubmitOptions, "signal">;

/** For a cycle whose epoch is over: what was begun is settled, nothing new is signed. */
export const CLOSED: SubmissionWindow = { firstBlock: 0, lastBlock: null, waitsForChain: false };

/**
 * `run` submits inside its own epoch: 30 to 8 blocks before its end, later while there are blocks left, never in its last ones
 * (DESIGN §2). A cycle started by hand submits at once, wherever the epoch stands, and its direct weights are as good in the
 * following epoch: it has one epoch more.
 */
export function submissionWindow({ header, snapshot }: Premises): SubmissionWindow {
  const { epochState, hyperparameters } = snapshot;
  const { tempo } = hyperparameters;
  if (header.mode !== "run") {
    return { firstBlock: 0, lastBlock: nextEpochBlock(epochState, tempo) + tempo, waitsForChain: false };
  }
  return {
    firstBlock: directWindow(epochState, tempo).from,
    lastBlock: submissionsClose(epochState, tempo),
    waitsForChain: true,
  };
}
