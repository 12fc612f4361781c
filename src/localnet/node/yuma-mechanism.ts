import type { BondsInput } from "./bonds.ts";
import * as items from "./items.ts";
import { mechanismIndex } from "./mechanism.ts";
import type { MechanismResult, MechanismShare, Subnet } from "./mechanism-epoch.ts";
import type { WritableState } from "./storage-item.ts";
import { type EpochInput, runYuma } from "./yuma.ts";

/** Runs Yuma over what is stored of one mechanism, and stores its bonds. */
export function yumaMechanism(state: WritableState, subnet: Subnet, { mechid, half }: MechanismShare): MechanismResult {
  const { netuid } = subnet;
  const index = mechanismIndex(netuid, mechid);
  const input = yumaInput(state, subnet, mechid);
  const result = runYuma(input);
  for (const uid of subnet.hotkeys.keys()) {
    if (result.permits[uid] === true) state.put(items.BONDS, result.bonds.get(uid) ?? [], index, uid);
    else if (subnet.permits[uid] === true) state.put(items.BONDS, undefined, index, uid);
  }
  // Without incentive the miners' part goes to the validators, too.
  const idle = result.minerShare.every((share) => share === 0);
  const paid = (share: readonly number[], budget: bigint): bigint[] =>
    share.map((part) => BigInt(Math.floor(part * Number(budget))));
  const miners = paid(result.minerShare, half);
  const validators = paid(result.validatorShare, idle ? half * 2n : half);
  const emission = miners.map((part, uid) => part + (validators[uid] ?? 0n));
  return { ...result, active: input.active, emission };
}

function yumaInput(state: WritableState, subnet: Subnet, mechid: number): EpochInput {
  const { netuid, stake, permits, registeredAt, block, hotkeys, cutoff } = subnet;
  const index = mechanismIndex(netuid, mechid);
  const lastUpdate = state.get(items.LAST_UPDATE, index);
  const ownerUid = state.get(items.UIDS, netuid, state.get(items.OWNER_HOTKEY, netuid));
  const voters = [...hotkeys.keys()].filter((uid) => permits[uid] === true || uid === ownerUid);
  return {
    stake,
    permits,
    active: hotkeys.map((_, uid) => (lastUpdate[uid] ?? 0) + cutoff >= block),
    rows: new Map(voters.map((uid) => [uid, state.get(items.WEIGHTS, index, uid)])),
    lastUpdate: hotkeys.map((_, uid) => lastUpdate[uid] ?? 0),
    registeredAt,
    waitingSince: waitingSince(state, subnet, index),
    threshold: state.get(items.STAKE_THRESHOLD),
    maxValidators: state.get(items.MAX_VALIDATORS, netuid),
    ownerUid,
    kappa: state.get(items.KAPPA, netuid) / 65_535,
    bonds: bondsInput(state, subnet, { index, voters }),
  };
}

function bondsInput(
  state: WritableState,
  { netuid, registeredAt }: Subnet,
  { index, voters }: { readonly index: number; readonly voters: readonly number[] },
): BondsInput {
  const [low = 0, high = 0] = state.get(items.ALPHA_VALUES, netuid);
  const steepness = state.get(items.SIGMOID_STEEPNESS, netuid);
  return {
    stored: new Map(voters.map((uid) => [uid, state.get(items.BONDS, index, uid)])),
    registeredAt,
    cutoff: (state.get(items.LAST_YUMA_STEP, netuid) || state.get(items.LAST_STEP, netuid)) + 1,
    alpha: 1 - state.get(items.BONDS_MOVING_AVERAGE, netuid) / 1_000_000,
    penalty: state.get(items.BONDS_PENALTY, netuid) / 65_535,
    yuma3: state.get(items.YUMA3, netuid),
    liquid: state.get(items.LIQUID_ALPHA, netuid) ? { low: low / 65_535, high: high / 65_535, steepness } : undefined,
  };
}

/** Under commit-reveal, weights on a uid registered after the earliest waiting commit do not count (chain.md §8 step 6). */
function waitingSince(state: WritableState, subnet: Subnet, index: number): Map<number, number> {
  const { netuid } = subnet;
  const earliest = new Map<number, number>();
  if (!state.get(items.COMMIT_REVEAL, netuid)) return earliest;
  const epoch = state.get(items.EPOCH_INDEX, netuid);
  const from = Math.max(0, epoch - state.get(items.REVEAL_PERIOD, netuid));
  for (let at = from; at <= epoch; at += 1) {
    for (const [who, block] of state.get(items.TIMELOCKED, index, at)) {
      const uid = state.get(items.UIDS, netuid, who);
      if (uid !== undefined) earliest.set(uid, Math.min(Number(block), earliest.get(uid) ?? Number(block)));
    }
  }
  return earliest;
}
