import type { Premises } from "../core/audit/derive.ts";
import { openCommit } from "../core/audit/open-commit.ts";
import { judgeReveal, type RevealVerdict } from "../core/audit/reveal.ts";
import { REVEAL_REMEDIES } from "../core/audit/reveal-remedies.ts";
import { deriveSettlement, isDue, revealSettlement, type Sent } from "../core/audit/settlement.ts";
import { PUBLIC_NETWORKS } from "../core/chain/networks.ts";
import { type Fault, isFault } from "../core/model/fault.ts";
import type { Ss58 } from "../core/model/ids.ts";
import type { Commit, Settlement } from "../core/model/records.ts";
import type { RevealSight } from "../ports/chain.ts";
import type { CycleLog } from "../ports/journal.ts";
import type { CyclePorts } from "./cycle-context.ts";
import { isClosed, type SubmissionWindow } from "./submission-window.ts";

interface Settling {
  readonly ports: CyclePorts;
  readonly log: CycleLog;
  readonly premises: Pick<Premises, "header" | "snapshot">;
}

/** What this snapshot shows of direct weights of the cycle sealed before (DESIGN §2); before anything is bought. */
export async function settleDirect({ log, ports, premises }: Settling): Promise<void> {
  if (log.find("settlement") !== undefined || log.find("roster") !== undefined) return;
  const sent = newestDue({ log, ports, premises });
  if (sent === undefined || sent.commit !== null) return;
  await record({ log, ports, premises }, deriveSettlement(premises.header, premises.snapshot, sent));
}

/**
 * What became of the commit whose reveal is due, looked at after the own submission and before the seal. A service looks again,
 * block by block, while it may still be opened and the window is open; a cycle started by hand never waits. What is not the own
 * row then is an alarm with its probable cause.
 */
export async function settleReveal(settling: Settling, window: SubmissionWindow, signal: AbortSignal): Promise<void> {
  const { log, ports, premises } = settling;
  const { hotkey } = premises.header;
  if (log.find("settlement") !== undefined || hotkey === null) return;
  const sent = newestDue(settling);
  if (sent === undefined || sent.commit === null) return;
  const seen = await finallySeen(settling, { ...sent, commit: sent.commit, hotkey }, { window, signal });
  if ("fault" in seen) {
    const { code, message, remedy } = seen.fault;
    ports.telemetry.event("warn", "reveal-unseen", { epoch: sent.epoch, fault: code, message, remedy });
    return;
  }
  await record(settling, revealSettlement({ ...premises, sent }, seen.sight, seen.verdict));
}

/** The newest sealed cycle that can be settled in this epoch; undefined when none is in the journal. */
function newestDue({ log, ports, premises }: Settling): Sent | undefined {
  const { netuid, mechid, epoch } = log.key;
  const { hotkey } = premises.header;
  const now = { epoch, revealPeriod: premises.snapshot.hyperparameters.commitRevealPeriod };
  const until = (most: number): Sent | undefined => ports.journal.sentUntil({ netuid, mechid, epoch: most, hotkey });
  let sent = until(epoch - 1);
  while (sent !== undefined && !isDue(sent, now)) sent = until(sent.epoch - 1);
  return sent;
}

type Committed = Sent & { readonly commit: Commit; readonly hotkey: Ss58 };
type Seen = { readonly fault: Fault } | { readonly sight: RevealSight; readonly verdict: RevealVerdict };

const POLL_MS = 1000;

async function finallySeen(
  settling: Settling,
  sent: Committed,
  { signal, window }: { readonly window: SubmissionWindow; readonly signal: AbortSignal },
): Promise<Seen> {
  for (let height = -1; ; ) {
    const now = await window.now(signal);
    if (now.height > height || isClosed(now)) {
      height = now.height;
      const seen = await look(settling, sent, signal);
      const over = !window.waits || isClosed(now);
      if (over || !("fault" in seen || seen.verdict.state === "pending")) return seen;
    }
    await settling.ports.clock.sleep(POLL_MS, signal);
  }
}

async function look({ log, ports, premises }: Settling, sent: Committed, signal: AbortSignal): Promise<Seen> {
  const { netuid, mechid } = log.key;
  const { commit, hotkey, vector } = sent;
  const sight = await ports.chain.reveal({ netuid, mechid, hotkey, commit }, signal);
  if (isFault(sight)) return { fault: sight };
  const publicBeacon = PUBLIC_NETWORKS.has(ports.chain.identity.genesis);
  const period = premises.snapshot.hyperparameters.commitRevealPeriod;
  return {
    sight,
    verdict: judgeReveal({ hotkey, mechid, commit, vector, publicBeacon }, { ...sight, period }, openCommit),
  };
}

async function record({ log, ports }: Settling, settlement: Settlement): Promise<void> {
  await log.append(settlement);
  const { epoch, lastUpdate, reveal, state } = settlement;
  const cause = reveal?.cause ?? null;
  if (cause !== null) {
    const remedy = REVEAL_REMEDIES[cause];
    ports.telemetry.event("error", "weights-not-revealed", { epoch, state, cause, remedy });
    return;
  }
  ports.telemetry.event(state === "replaced" ? "warn" : "info", "settled", { epoch, state, lastUpdate });
}
