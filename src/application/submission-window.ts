import type { Premises } from "../core/audit/derive.ts";
import { commitWindow, directWindow, nextEpochBlock, submissionsClose } from "../core/chain/epoch.ts";
import { isFault } from "../core/model/fault.ts";
import type { EpochMode } from "../core/model/metagraph.ts";
import type { CyclePorts } from "./cycle-context.ts";
import { type EpochNow, followEpoch } from "./epoch-now.ts";

/** When a cycle's weights may go out, as it stands now; heights of finalized blocks. */
export interface WindowNow {
  readonly height: number;
  /** Nothing is sent before this block is final. */
  readonly from: number;
  /**
   * No submission for this cycle at or after this block: it would count for another epoch. Null for a cycle whose epoch is
   * over: what was begun is settled, nothing new is signed.
   */
  readonly close: number | null;
  readonly mode: EpochMode;
}

export interface SubmissionWindow {
  now(signal: AbortSignal): Promise<WindowNow>;
  /** For a service: a chain that cannot be asked is waited for until the window is over, and costs no attempt. */
  readonly waits: boolean;
}

/** For a cycle whose epoch is over. */
export const CLOSED: SubmissionWindow = {
  now: async () => ({ height: 0, from: 0, close: null, mode: "unknown" }),
  waits: false,
};

/**
 * `run` submits inside its own epoch, wherever that goes: a timelocked commit from the middle of what is left of it, direct
 * weights 30 to 8 blocks before its end; later while there are blocks left, never in its last ones (DESIGN §2). A cycle started
 * by hand submits at once, wherever the epoch stands, and its weights are as good in the following epoch: it has one more.
 */
export function submissionWindow(ports: CyclePorts, { header, snapshot }: Premises): SubmissionWindow {
  if (header.mode !== "run") return { now: atOnce(ports, snapshot), waits: false };
  const look = followEpoch(ports, snapshot, header.hotkey);
  const now = async (signal: AbortSignal): Promise<WindowNow> =>
    windowIn(await look(signal), { epoch: header.epoch, observedAt: snapshot.block.number });
  return { now, waits: true };
}

function atOnce(
  { chain }: CyclePorts,
  { epochState, hyperparameters: { tempo } }: Premises["snapshot"],
): SubmissionWindow["now"] {
  const close = nextEpochBlock(epochState, tempo) + tempo;
  return async (signal) => {
    const heads = await chain.finalized(signal);
    return { height: isFault(heads) ? 0 : heads.finalized, from: 0, close, mode: epochState.mode };
  };
}

/** The window of one epoch's cycle by the schedule as it stands. */
export function windowIn(
  { commitRevealEnabled, epochState, height, tempo }: EpochNow,
  cycle: { readonly epoch: number; readonly observedAt: number },
): WindowNow {
  const { mode } = epochState;
  if (epochState.index > cycle.epoch) return { height, from: 0, close: null, mode };
  const { from } = commitRevealEnabled
    ? commitWindow(epochState, tempo, cycle.observedAt)
    : directWindow(epochState, tempo);
  return { height, from, close: submissionsClose(epochState, tempo), mode };
}

export function isClosed({ close, height }: WindowNow): boolean {
  return close === null || height >= close;
}
