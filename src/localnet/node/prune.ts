import { ensure } from "./call-context.ts";
import { pendingQueues } from "./epoch-mode.ts";
import type { BlockChange } from "./interventions.ts";
import * as items from "./items.ts";
import { changeColumns, forgetHotkey, mechanismIndices } from "./neuron-columns.ts";
import type { StorageItem, TypedState, WritableState } from "./storage-item.ts";

/** Uids that one call removes at most (chain-newest.md §1.1). */
const BATCH = 64;
/** In hundredths: the part of what is left that may be immune. */
const IMMUNE_SHARE = 80;

/**
 * `sudo_trim_null_uids_batch` (chain-newest.md §1.7): first all waiting commits of all mechanisms are cancelled, then up to 64
 * uids go, those with the least emission that are neither immune nor the owner's; the last neurons move into their places.
 * Of the weights only the permit holder's row stays, with its destinations renamed.
 */
export function pruneBatch({ state, block, emit }: BlockChange, netuid: number, target: number): void {
  const count = state.get(items.SUBNET_N, netuid);
  const begun = state.get(items.PRUNING_TARGET, netuid);
  ensure(state.get(items.EPOCH_CONSENSUS, netuid) === "Null", "InvalidValue");
  ensure(begun === undefined || begun === target, "InvalidValue");
  ensure(target >= state.get(items.MIN_UIDS, netuid) && target <= state.get(items.MAX_UIDS, netuid), "InvalidValue");
  const immune = immuneUids(state, { netuid, block, count });
  ensure(immune.size * 100 < IMMUNE_SHARE * target, "TrimmingWouldExceedMaxImmunePercentage");
  const cleared = clearQueues(state, netuid);
  const removed =
    target < count ? victims(state, { netuid, immune, count }).slice(0, Math.min(BATCH, count - target)) : [];
  if (removed.length > 0) remove(state, { netuid, removed, count });
  const remaining = count - removed.length;
  state.put(items.MAX_UIDS, Math.max(remaining, Math.min(target, count)), netuid);
  state.put(items.PRUNING_TARGET, remaining > target ? target : undefined, netuid);
  const fields = { netuid, target, remaining, removed: removed.length, cleared_commits: cleared };
  emit({ pallet: "SubtensorModule", event: "NullUidsPruningProgress", fields });
}

function immuneUids(state: TypedState, at: { netuid: number; block: number; count: number }): ReadonlySet<number> {
  const period = state.get(items.IMMUNITY_PERIOD, at.netuid);
  const owner = state.get(items.UIDS, at.netuid, state.get(items.OWNER_HOTKEY, at.netuid));
  const uids = Array.from({ length: at.count }, (_, uid) => uid);
  const young = (uid: number): boolean => at.block - state.get(items.REGISTRATION_BLOCK, at.netuid, uid) < period;
  return new Set(uids.filter((uid) => uid === owner || young(uid)));
}

/** Waiting commits that were cancelled. */
function clearQueues(state: WritableState, netuid: number): number {
  let cleared = 0;
  for (const [index, epoch] of pendingQueues(state, netuid)) {
    cleared += state.get(items.TIMELOCKED, index, epoch).length;
    state.put(items.TIMELOCKED, undefined, index, epoch);
  }
  return cleared;
}

/** Least emission first, of equals the higher uid. */
function victims(state: TypedState, at: { netuid: number; immune: ReadonlySet<number>; count: number }): number[] {
  const emission = state.get(items.EMISSION, at.netuid);
  const uids = Array.from({ length: at.count }, (_, uid) => uid).filter((uid) => !at.immune.has(uid));
  return uids.sort((a, b) => (emission[a] ?? 0) - (emission[b] ?? 0) || b - a);
}

interface Removal {
  readonly netuid: number;
  readonly removed: readonly number[];
  readonly count: number;
}

function remove(state: WritableState, removal: Removal): void {
  const { netuid, removed, count } = removal;
  const left = count - removed.length;
  const elected = state.get(items.PERMITS, netuid).indexOf(true);
  const places = newPlaces(removal);
  const keys = Array.from({ length: count }, (_, uid) => state.get(items.KEYS, netuid, uid));
  const registered = keys.map((_, uid) => state.get(items.REGISTRATION_BLOCK, netuid, uid));
  for (const uid of removed) forgetHotkey(state, netuid, keys[uid] ?? new Uint8Array(32));
  for (const [from, to] of places) {
    const hotkey = keys[from] ?? new Uint8Array(32);
    state.put(items.KEYS, hotkey, netuid, to);
    state.put(items.UIDS, to, netuid, hotkey);
    state.put(items.REGISTRATION_BLOCK, registered[from] ?? 0, netuid, to);
  }
  for (let uid = left; uid < count; uid += 1) {
    state.put(items.KEYS, undefined, netuid, uid);
    state.put(items.REGISTRATION_BLOCK, undefined, netuid, uid);
  }
  changeColumns(state, netuid, (column, nothing) => moved(column, { places, left, nothing }));
  for (const index of mechanismIndices(state, netuid)) {
    renameRows(state, items.WEIGHTS, { index, places, only: elected });
    renameRows(state, items.BONDS, { index, places, only: undefined });
  }
  state.put(items.SUBNET_N, left, netuid);
}

/** Where everybody who stays is afterwards: the last ones in the holes, in order, all others where they were. */
function newPlaces({ removed, count }: Removal): ReadonlyMap<number, number> {
  const left = count - removed.length;
  const gone = new Set(removed);
  const holes = removed.filter((uid) => uid < left).sort((a, b) => a - b);
  const places = new Map<number, number>();
  let next = 0;
  for (let uid = 0; uid < count; uid += 1) {
    if (gone.has(uid)) continue;
    if (uid < left) {
      places.set(uid, uid);
      continue;
    }
    places.set(uid, holes[next] ?? uid);
    next += 1;
  }
  return places;
}

function moved(
  column: readonly unknown[],
  { places, left, nothing }: { places: ReadonlyMap<number, number>; left: number; nothing: unknown },
): unknown[] {
  if (column.length === 0) return [];
  const result = new Array<unknown>(left).fill(nothing);
  for (const [from, to] of places) result[to] = column[from] ?? nothing;
  return result;
}

type Rows = StorageItem<readonly [index: number, uid: number], items.WeightPairs>;

function renameRows(
  state: WritableState,
  item: Rows,
  { index, places, only }: { index: number; places: ReadonlyMap<number, number>; only: number | undefined },
): void {
  const rows = state.entries(item, index).map(([, uid]) => [Number(uid), state.get(item, index, Number(uid))] as const);
  for (const [uid] of rows) state.put(item, undefined, index, uid);
  for (const [uid, row] of rows) {
    const place = places.get(uid);
    if (place === undefined || (only !== undefined && uid !== only)) continue;
    const renamed = row.flatMap(([target, value]) => {
      const to = places.get(target);
      return to === undefined ? [] : [[to, value] as const];
    });
    state.put(
      item,
      renamed.sort(([a], [b]) => a - b),
      index,
      place,
    );
  }
}
