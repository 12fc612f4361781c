import { apportion } from "./apportion.ts";
import * as items from "./items.ts";
import { mechanismIndex } from "./mechanism.ts";
import type { EpochPay, MechanismResult, Subnet } from "./mechanism-epoch.ts";
import { nullMechanism } from "./null-mechanism.ts";
import type { WritableState } from "./storage-item.ts";
import { yumaMechanism } from "./yuma-mechanism.ts";

/** Rao of alpha that a subnet emits per block, before the owner's cut of 18 %. */
const EMISSION_PER_BLOCK = 1_000_000_000n;
/** Of hundred: what is left goes in halves to miners and to validators (chain.md §8). */
const HALF_SHARE = 41n;

/**
 * The epoch of a subnet in the mode that it is in: every mechanism's columns, and those of the subnet as sums over the
 * mechanisms by their share of the emission (chain-newest.md §2.4).
 */
export function payEpoch(state: WritableState, pay: EpochPay): void {
  const { netuid } = pay;
  const uids = Array.from({ length: state.get(items.SUBNET_N, netuid) }, (_, uid) => uid);
  const hotkeys = uids.map((uid) => state.get(items.KEYS, netuid, uid));
  const subnet: Subnet = {
    ...pay,
    hotkeys,
    stake: hotkeys.map((hotkey) => state.get(items.HOTKEY_ALPHA, hotkey, netuid)),
    permits: state.get(items.PERMITS, netuid),
    registeredAt: uids.map((uid) => state.get(items.REGISTRATION_BLOCK, netuid, uid)),
  };
  const isNull = state.get(items.EPOCH_CONSENSUS, netuid) === "Null";
  const shares = mechanismShares(state, netuid);
  const half = (EMISSION_PER_BLOCK * BigInt(pay.tempo) * HALF_SHARE) / 100n;
  const halves = apportion(half, shares);
  const results = shares.map((_, mechid) => {
    const at = { mechid, half: halves[mechid] ?? 0n };
    const result = isNull ? nullMechanism(state, subnet, at) : yumaMechanism(state, subnet, at);
    const index = mechanismIndex(netuid, mechid);
    state.put(items.INCENTIVE, result.incentive, index);
    state.put(items.CONSENSUS_BY_MECHANISM, result.consensus, index);
    return result;
  });
  storeColumns(state, netuid, results, shares);
  if (!isNull) state.put(items.LAST_YUMA_STEP, pay.block, netuid);
}

/** As stored when there is one for each mechanism and they sum to 65535, else equal; what is left goes to mechanism 0. */
function mechanismShares(state: WritableState, netuid: number): bigint[] {
  const count = Math.max(1, state.get(items.MECHANISM_COUNT, netuid));
  const split = state.get(items.MECHANISM_SPLIT, netuid);
  const usable = split.length === count && split.reduce((sum, share) => sum + share, 0) === 65_535;
  const equal = Math.floor(65_535 / count);
  const shares = usable ? [...split] : Array.from({ length: count }, () => equal);
  shares[0] = 65_535 - shares.slice(1).reduce((sum, share) => sum + share, 0);
  return shares.map(BigInt);
}

function storeColumns(
  state: WritableState,
  netuid: number,
  results: readonly MechanismResult[],
  shares: readonly bigint[],
): void {
  const uids = [...(results[0]?.incentive.keys() ?? [])];
  const weighted = (column: (result: MechanismResult) => readonly number[]): number[] => {
    const [only] = results;
    if (only !== undefined && results.length === 1) return [...column(only)];
    return uids.map((uid) =>
      Math.trunc(
        results.reduce((sum, one, at) => sum + (column(one)[uid] ?? 0) * Number(shares[at] ?? 0n), 0) / 65_535,
      ),
    );
  };
  const any = (column: (result: MechanismResult) => readonly boolean[]): boolean[] =>
    uids.map((uid) => results.some((result) => column(result)[uid] === true));
  state.put(
    items.CONSENSUS,
    weighted(({ consensus }) => consensus),
    netuid,
  );
  state.put(
    items.DIVIDENDS,
    weighted(({ dividends }) => dividends),
    netuid,
  );
  state.put(
    items.VALIDATOR_TRUST,
    weighted(({ validatorTrust }) => validatorTrust),
    netuid,
  );
  state.put(
    items.STAKE_WEIGHT,
    weighted(({ stakeWeight }) => stakeWeight),
    netuid,
  );
  state.put(
    items.PERMITS,
    any(({ permits }) => permits),
    netuid,
  );
  state.put(
    items.ACTIVE,
    any(({ active }) => active),
    netuid,
  );
  const emission = uids.map((uid) => results.reduce((sum, one) => sum + (one.emission[uid] ?? 0n), 0n));
  state.put(items.EMISSION, emission, netuid);
}
