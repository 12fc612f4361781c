import type { WeightsArgs } from "./call-args.ts";
import { type CallContext, ensure } from "./call-context.ts";
import { hasEnoughStake, isNull, passesRateLimit } from "./guards.ts";
import * as items from "./items.ts";
import { mechanismExists, mechanismIndex } from "./mechanism.ts";
import type { TypedState, WritableState } from "./storage-item.ts";

/**
 * `set_weights` and `set_mechanism_weights`: the checks of chain.md §3.3 in their order, then the row of the signer is
 * replaced; on a Null subnet it is kept as it came (chain-newest.md §1.5). Refusals carry the names of the module errors.
 */
export function setWeights(context: CallContext, args: WeightsArgs): void {
  ensure(!context.state.get(items.COMMIT_REVEAL, args.netuid), "CommitRevealEnabled");
  storeWeights(context, args, { commitReveal: false });
}

/**
 * Rows 2 to 18 of the table, also for a row that a timelocked commit reveals: while commit-reveal is on the rate limit was the
 * commit's and LastUpdate stays its block; switched off since, both are as for direct weights (#9, #17).
 */
export function storeWeights(context: CallContext, args: WeightsArgs, mode: { readonly commitReveal: boolean }): void {
  const { state, block, signer, emit } = context;
  const { netuid, mechid, uids, values, versionKey } = args;
  const index = mechanismIndex(netuid, mechid);
  ensure(netuid !== 0, "CanNotSetRootNetworkWeights");
  ensure(uids.length === values.length, "WeightVecNotEqualSize");
  ensure(mechanismExists(state, netuid, mechid), "MechanismDoesNotExist");
  const count = state.get(items.SUBNET_N, netuid);
  ensure(uids.length <= count, "UidsLengthExceedUidsInSubNet");
  const uid = state.get(items.UIDS, netuid, signer);
  ensure(uid !== undefined, "HotKeyNotRegisteredInSubNet");
  ensure(hasEnoughStake(state, netuid, signer), "NotEnoughStakeToSetWeights");
  const wanted = state.get(items.WEIGHTS_VERSION_KEY, netuid);
  ensure(wanted === 0n || versionKey >= wanted, "IncorrectWeightVersionKey");
  const inTime = mode.commitReveal || passesRateLimit(state, { netuid, mechid, uid, block });
  ensure(inTime, "SettingWeightsTooFast");
  const onlySelf = uids.length === 1 && uids[0] === uid;
  ensure(mayWeigh(state, { netuid, uid, signer }) || (onlySelf && !isNull(state, netuid)), "NeuronNoValidatorPermit");
  ensure(new Set(uids).size === uids.length, "DuplicateUids");
  ensure(
    uids.every((target) => target < count),
    "UidVecContainInvalidOne",
  );
  const least = Math.min(count, state.get(items.MIN_ALLOWED_WEIGHTS, netuid));
  ensure(onlySelf || values.length >= least, "WeightVecLengthIsLow");
  const stored = isNull(state, netuid) ? values : maxUpscale(values);
  state.put(
    items.WEIGHTS,
    uids.map((target, place) => [target, stored[place] ?? 0]),
    index,
    uid,
  );
  if (!mode.commitReveal) touchLastUpdate(state, { index, uid, block });
  emit({ pallet: "SubtensorModule", event: "WeightsSet", fields: [index, uid] });
}

interface Weigher {
  readonly netuid: number;
  readonly uid: number;
  readonly signer: Uint8Array;
}

/** On Null nobody is exempt, not even the owner (chain-newest.md §1.3). */
function mayWeigh(state: TypedState, { netuid, uid, signer }: Weigher): boolean {
  if (state.get(items.PERMITS, netuid)[uid] === true) return true;
  return !isNull(state, netuid) && Buffer.compare(state.get(items.OWNER_HOTKEY, netuid), signer) === 0;
}

/** The largest becomes 65535, the rest in proportion, rounded down; all zero stays all zero (chain.md §3.3 #14). */
export function maxUpscale(values: readonly number[]): readonly number[] {
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  if (largest === 0 || largest === 65_535) return values;
  return values.map((value) => Math.floor((value * 65_535) / largest));
}

/** The column may be shorter than the subnet: what is missing is 0 (chain.md T14). */
export function touchLastUpdate(state: WritableState, at: { index: number; uid: number; block: number }): void {
  const column = [...state.get(items.LAST_UPDATE, at.index)];
  while (column.length <= at.uid) column.push(0);
  column[at.uid] = at.block;
  state.put(items.LAST_UPDATE, column, at.index);
}
