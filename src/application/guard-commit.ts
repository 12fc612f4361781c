import { type Fault, isFault } from "../core/model/fault.ts";
import type { RevealSight } from "../ports/chain.ts";
import { cancelled, standsInstead } from "./accepted.ts";
import { type Desk, type Outcome, send } from "./attempts.ts";
import { isClosed } from "./submission-window.ts";

type Committed = Extract<Outcome, { kind: "timelocked" }>;

/** Blocks between two looks. */
const LOOK_BLOCKS = 5;
const MOST_AGAIN = 3;
const POLL_MS = 1000;

/**
 * Watches a commit on a Null subnet until its window closes: a pruning removes every commit that waits (chain-newest.md §1.7).
 * What is gone is sent again under the same claim, with uids resolved anew; at most three times. Without a service nobody waits.
 */
export async function guardCommit(desk: Desk, outcome: Outcome): Promise<Outcome> {
  const { log, ports } = desk;
  if (outcome.kind !== "timelocked" || !desk.options.window.waits) return outcome;
  let standing = outcome;
  let again = 0;
  while (await laterOnNull(desk)) {
    const sight = await look(desk, standing);
    if (isFault(sight) || sight.queued) continue;
    if (sight.epochIndex > standing.commit.epoch) break;
    again += 1;
    if (again > MOST_AGAIN) return { ...standing, fault: cancelled("it was sent three times already") };
    ports.telemetry.event("warn", "commit-cancelled", { epoch: log.key.epoch, block: sight.block.number, again });
    const next = await send(desk);
    if (next.kind !== "timelocked") return standsInstead(standing, next);
    standing = next;
  }
  return standing;
}

/** Some blocks later; false when the window has closed, or the subnet is no Null subnet any more. */
async function laterOnNull({ options: { signal, window }, ports }: Desk): Promise<boolean> {
  const first = await window.now(signal);
  for (let now = first; !isClosed(now) && now.mode === "null"; now = await window.now(signal)) {
    if (now.height >= first.height + LOOK_BLOCKS) return true;
    await ports.clock.sleep(POLL_MS, signal);
  }
  return false;
}

async function look({ log, options, ports }: Desk, { commit }: Committed): Promise<RevealSight | Fault> {
  const { netuid, mechid } = log.key;
  return ports.chain.reveal({ netuid, mechid, hotkey: ports.signer?.hotkey ?? "", commit }, options.signal);
}
