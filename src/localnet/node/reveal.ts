import { parseCiphertext } from "../../core/timelock/ciphertext.ts";
import { decodePayload, type WeightsPayload } from "../../core/timelock/payload.ts";
import { decrypt } from "../../core/timelock/timelock.ts";
import { DispatchFailure, type RuntimeEvent } from "./call-context.ts";
import { type EpochAt, epochWithLookahead } from "./epoch.ts";
import * as items from "./items.ts";
import { mechanismIndex } from "./mechanism.ts";
import type { WritableState } from "./storage-item.ts";
import { storeWeights } from "./weights-call.ts";

export interface RevealStep extends EpochAt {
  readonly state: WritableState;
  readonly emit: (event: RuntimeEvent) => void;
}

/**
 * What `on_initialize` of a block does about sealed weights, before the epoch (chain.md §4.1): those filed so many epochs ago
 * as the reveal period has are opened in their order. One whose pulse is not on chain waits for the next block; one that
 * cannot be opened or is refused is gone without an event; what is older than the period is lost (chain.md §4.5).
 */
export function revealCommits(step: RevealStep): void {
  const { state, netuid } = step;
  const due = epochWithLookahead(state, step) - state.get(items.REVEAL_PERIOD, netuid);
  for (let mechid = 0; mechid < state.get(items.MECHANISM_COUNT, netuid); mechid += 1) {
    const index = mechanismIndex(netuid, mechid);
    const filed = state.entries(items.TIMELOCKED, index).map(([, epoch]) => Number(epoch));
    for (const epoch of filed) {
      if (epoch < due) state.put(items.TIMELOCKED, undefined, index, epoch);
      if (epoch === due) openQueue(step, { mechid, index, epoch });
    }
  }
}

interface Queue {
  readonly mechid: number;
  readonly index: number;
  readonly epoch: number;
}

function openQueue(step: RevealStep, { mechid, index, epoch }: Queue): void {
  const { state, emit } = step;
  const commits = state.get(items.TIMELOCKED, index, epoch);
  const waiting = commits.filter((commit) => {
    const [who, , ciphertext, round] = commit;
    const pulse = state.get(items.PULSES, round);
    if (pulse === undefined) return true;
    const payload = openCommit(ciphertext, pulse.signature);
    const stored = payload !== undefined && isBy(payload, who) && store(step, { who, mechid, payload });
    if (stored) emit({ pallet: "SubtensorModule", event: "TimelockedWeightsRevealed", fields: [index, who] });
    return false;
  });
  if (waiting.length === commits.length) return;
  state.put(items.TIMELOCKED, waiting.length === 0 ? undefined : waiting, index, epoch);
}

/** The project's own decryption is the localnet's, too; that it is also the chain's is shown by vectors (timelock.md §10). */
function openCommit(ciphertext: Uint8Array, signature: Uint8Array): WeightsPayload | undefined {
  const parsed = parseCiphertext(ciphertext);
  const plaintext = typeof parsed === "string" ? parsed : decrypt(parsed, signature);
  const payload = typeof plaintext === "string" ? plaintext : decodePayload(plaintext);
  return typeof payload === "string" ? undefined : payload;
}

/** The older form names nobody; the newer one must name who committed, so that nobody can copy a sealed commit. */
function isBy({ hotkey }: WeightsPayload, who: Uint8Array): boolean {
  return hotkey === null || Buffer.compare(hotkey, who) === 0;
}

interface OpenedRow {
  readonly who: Uint8Array;
  readonly mechid: number;
  readonly payload: WeightsPayload;
}

/** Whether the chain took the row. */
function store({ state, netuid, block, emit }: RevealStep, { who, mechid, payload }: OpenedRow): boolean {
  const { uids, values, versionKey } = payload;
  const args = { netuid, mechid, uids, values, versionKey: BigInt(versionKey) };
  try {
    storeWeights({ state, block, signer: who, emit }, args, { commitReveal: state.get(items.COMMIT_REVEAL, netuid) });
    return true;
  } catch (error) {
    if (error instanceof DispatchFailure) return false;
    throw error;
  }
}
