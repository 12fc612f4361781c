import type { DecodedCall } from "../metadata/registry.ts";
import { timelockedArgs, weightsArgs } from "./call-args.ts";
import * as items from "./items.ts";
import { mechanismIndex } from "./mechanism.ts";
import type { TypedState } from "./storage-item.ts";

/** What a call is judged against: the state before it and the block it would be in. */
export interface GuardInput {
  readonly state: TypedState;
  readonly call: DecodedCall;
  readonly signer: Uint8Array;
  readonly block: number;
}

/**
 * The checks that run before a call's body, in the pool and again in the block (chain.md §3.6): coldkey swap (no
 * swaps here, so it always passes), stake, on Null the permit, round of a timelocked commit, rate limit.
 *
 * @returns the name of the SubtensorModule error, undefined when the call may go on
 */
export function guardError({ state, call, signer, block }: GuardInput): string | undefined {
  const weights = weightsArgs(call);
  const commit = timelockedArgs(call);
  const target = weights ?? commit;
  if (target === undefined) return undefined;
  if (!hasEnoughStake(state, target.netuid, signer)) return "NotEnoughStakeToSetWeights";
  if (isNull(state, target.netuid) && !holdsPermit(state, target.netuid, signer)) return "NeuronNoValidatorPermit";
  if (commit !== undefined && commit.round < state.get(items.LAST_STORED_ROUND)) return "InvalidRevealRound";
  // Timelocked commits are not rate-checked here; they fail in the block.
  if (weights === undefined || state.get(items.COMMIT_REVEAL, weights.netuid)) return undefined;
  const uid = state.get(items.UIDS, weights.netuid, signer);
  if (uid === undefined || passesRateLimit(state, { ...weights, uid, block })) return undefined;
  return "SettingWeightsTooFast";
}

/** Whether the subnet's epochs run in the mode with one elected validator (chain-newest.md §1). */
export function isNull(state: TypedState, netuid: number): boolean {
  return state.get(items.EPOCH_CONSENSUS, netuid) === "Null";
}

/** Who is not registered holds none. */
export function holdsPermit(state: TypedState, netuid: number, hotkey: Uint8Array): boolean {
  const uid = state.get(items.UIDS, netuid, hotkey);
  return uid !== undefined && state.get(items.PERMITS, netuid)[uid] === true;
}

/** Stake at or above the threshold; the owner's hotkey is exempt (chain.md §3.3 #7). */
export function hasEnoughStake(state: TypedState, netuid: number, hotkey: Uint8Array): boolean {
  if (Buffer.compare(state.get(items.OWNER_HOTKEY, netuid), hotkey) === 0) return true;
  return state.get(items.HOTKEY_ALPHA, hotkey, netuid) >= state.get(items.STAKE_THRESHOLD);
}

export interface RateLimitInput {
  readonly netuid: number;
  readonly mechid: number;
  readonly uid: number;
  readonly block: number;
}

/** `now − last ≥ limit`, or never updated (chain.md §3.3 #9). */
export function passesRateLimit(state: TypedState, { netuid, mechid, uid, block }: RateLimitInput): boolean {
  const last = state.get(items.LAST_UPDATE, mechanismIndex(netuid, mechid))[uid] ?? 0;
  return last === 0 || block - last >= state.get(items.WEIGHTS_RATE_LIMIT, netuid);
}

/** `Custom error: N` of the pool (chain.md §3.7). */
const CUSTOM_CODES: Readonly<Record<string, number>> = {
  ColdkeySwapAnnounced: 0,
  NotEnoughStakeToSetWeights: 1,
  SettingWeightsTooFast: 6,
  CommittingWeightsTooFast: 6,
  InvalidRevealRound: 15,
  HotKeyNotRegisteredInSubNet: 19,
};

export function customCode(error: string): number {
  return CUSTOM_CODES[error] ?? 255;
}
