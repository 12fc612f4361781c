import type { Premises } from "../core/audit/derive.ts";
import { openCommit } from "../core/audit/open-commit.ts";
import { judgeReveal, type RevealVerdict } from "../core/audit/reveal.ts";
import { REVEAL_REMEDIES } from "../core/audit/reveal-remedies.ts";
import { type Row, sameWeights } from "../core/audit/same-weights.ts";
import { deriveSettlement, newestDue, revealSettlement, type Sent } from "../core/audit/settlement.ts";
import { PUBLIC_NETWORKS } from "../core/chain/networks.ts";
import { type Fault, isFault } from "../core/model/fault.ts";
import type { Ss58 } from "../core/model/ids.ts";
import type { Commit, Settlement } from "../core/model/records.ts";
import type { RevealSight } from "../ports/chain.ts";
import type { CycleLog } from "../ports/journal.ts";
import type { CyclePorts } from "./cycle-context.ts";
import { signedFacts } from "./plan-of.ts";
import { isClosed, type SubmissionWindow } from "./submission-window.ts";

export interface Settling {
  readonly ports: CyclePorts;
  readonly log: CycleLog;
  readonly premises: Pick<Premises, "header" | "snapshot">;
}

/** What this snapshot shows of direct weights of the cycle sealed before (DESIGN §2); before anything is bought. */
export async function settleDirect({ log, ports, premises }: Settling): Promise<void> {
  if (log.find("settlement") !== undefined || log.find("roster") !== undefined) return;
  const sent = toSettle({ log, ports, premises });
  if (sent === undefined || sent.commit !== null) return;
  await record({ log, ports }, deriveSettlement(premises.header, premises.snapshot, sent));
}

/**
 * Looks, while the cycle goes on, at the commit whose reveal is due, and records what became of it as soon as a block shows it: what
 * comes later in the epoch (own weights sent directly, a pruning, a lost seat) would be taken for its cause. A service looks block by
 * block, a cycle started by hand once. What cannot be seen is left to `settleReveal`.
 */
export async function watchReveal(settling: Settling, window: SubmissionWindow, signal: AbortSignal): Promise<void> {
  const { chain, clock } = settling.ports;
  const sent = commitToSettle(settling);
  for (let height = -1; sent !== undefined; ) {
    const heads = await chain.finalized(signal);
    if (!isFault(heads) && heads.finalized > height) {
      height = heads.finalized;
      const seen = await look(settling, sent, signal);
      if (!("fault" in seen) && seen.verdict.state !== "pending") return recordReveal(settling, sent, seen);
    }
    if (!window.waits || !(await slept(clock, signal))) return;
  }
}

/** An end that was asked for ends the watch, too. */
function slept(clock: CyclePorts["clock"], signal: AbortSignal): Promise<boolean> {
  return clock.sleep(POLL_MS, signal).then(
    () => true,
    () => false,
  );
}

/**
 * The same after the own submission and before the seal, where the watch has seen nothing final. A service looks again, block by
 * block, while it may still be opened and the window is open; a cycle started by hand never waits. What is not the own row then is an
 * alarm with its probable cause.
 */
export async function settleReveal(settling: Settling, window: SubmissionWindow, signal: AbortSignal): Promise<void> {
  const sent = commitToSettle(settling);
  if (sent === undefined) return;
  const seen = await finallySeen(settling, sent, { window, signal });
  if (!("fault" in seen)) return recordReveal(settling, sent, seen);
  const { code, message, remedy } = seen.fault;
  settling.ports.telemetry.event("warn", "reveal-unseen", { epoch: sent.epoch, fault: code, message, remedy });
}

type Committed = Sent & { readonly commit: Commit; readonly hotkey: Ss58 };
type Shown = { readonly sight: RevealSight; readonly verdict: RevealVerdict };
type Seen = { readonly fault: Fault } | Shown;

function commitToSettle(settling: Settling): Committed | undefined {
  const { hotkey } = settling.premises.header;
  if (hotkey === null || settling.log.find("settlement") !== undefined) return undefined;
  const sent = toSettle(settling);
  return sent === undefined || sent.commit === null ? undefined : { ...sent, commit: sent.commit, hotkey };
}

/** The sealed cycle that this one settles; undefined when none is due, or it was settled before. */
function toSettle(settling: Settling): Sent | undefined {
  const { log, premises } = settling;
  const revealPeriod = premises.snapshot.hyperparameters.commitRevealPeriod;
  const due = newestDue(sealedBefore(settling), { epoch: log.key.epoch, revealPeriod });
  return due === undefined || due.settled ? undefined : due.sent;
}

/** Newest first, as far back as the journal has records of this hotkey. */
function* sealedBefore({ log, ports, premises }: Settling): Generator<Sent> {
  const { hotkey } = premises.header;
  const until = (epoch: number): Sent | undefined => ports.journal.sentUntil({ ...log.key, epoch, hotkey });
  for (let sent = until(log.key.epoch - 1); sent !== undefined; sent = until(sent.epoch - 1)) yield sent;
}

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
      if (over || ("fault" in seen ? seen.fault === OVERTAKEN : seen.verdict.state !== "pending")) return seen;
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
  const verdict = judgeReveal({ hotkey, mechid, commit, vector, publicBeacon }, { ...sight, period }, openCommit);
  return verdict.cause === "row-differs" && isOwn(log, sight.row) ? { fault: OVERTAKEN } : { sight, verdict };
}

/** Whether the row is what this very cycle has signed. */
function isOwn(log: CycleLog, row: Row | null): boolean {
  const vector = log.find("weight-vector");
  if (row === null || vector === undefined) return false;
  return log
    .steps()
    .some((step) => step.state === "signed" && sameWeights(signedFacts(step, step.state).resolved ?? vector, row));
}

const OVERTAKEN: Fault = {
  code: "chain-unconfirmed",
  blame: "nobody",
  retryable: false,
  message: "Newer weights of ours took the place of the former ones before these were seen on chain.",
  remedy: "Nothing to do: the newer weights stand.",
};

function recordReveal(settling: Settling, sent: Sent, { sight, verdict }: Shown): Promise<void> {
  return record(settling, revealSettlement({ ...settling.premises, sent }, sight, verdict));
}

async function record({ log, ports }: Pick<Settling, "log" | "ports">, settlement: Settlement): Promise<void> {
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
