import type { Fault } from "../core/model/fault.ts";
import type { Observation } from "../ports/chain.ts";
import type { CyclePorts, CycleSettings } from "./cycle-context.ts";

/** The subnet at the finalized head; hotkeys that were scored before are followed to their successors. */
export function look(ports: CyclePorts, settings: CycleSettings, signal: AbortSignal): Promise<Observation | Fault> {
  const { netuid, mechid, compareWith } = settings;
  const known = (ports.journal.last(netuid, mechid)?.state.miners ?? []).map((miner) => miner.hotkey);
  return ports.chain.observe({ netuid, mechid, hotkey: ports.signer?.hotkey ?? compareWith, known }, signal);
}
