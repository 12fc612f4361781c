import type { TimelockedArgs } from "./call-args.ts";
import { type CallContext, ensure } from "./call-context.ts";
import * as items from "./items.ts";
import { mechanismIndex } from "./mechanism.ts";
import type { TypedState } from "./storage-item.ts";

/** What all mechanisms of a Null subnet together keep of one epoch (chain-newest.md §1.1). */
const MOST_BYTES = 65_536;
const MOST_ENTRIES = 64;

interface Entry {
  readonly index: number;
  readonly commit: items.TimelockedCommit;
}

/**
 * Files a commit of an epoch on a Null subnet: it takes the place of the signer's earlier one of that mechanism; where the
 * budget is exceeded, those with less stake give way, at equal stake those with the higher uid (chain-newest.md §1.5).
 * @throws DispatchFailure `CommitQueueFull` when nobody has to give way to it.
 */
export function fileOnNull({ state, block, signer }: CallContext, args: TimelockedArgs, epoch: number): void {
  const { netuid, mechid, commit, round } = args;
  const own: Entry = {
    index: mechanismIndex(netuid, mechid),
    commit: [signer, BigInt(block), commit, round],
  };
  const filed = readQueue(state, netuid, epoch);
  const place = filed.findIndex((entry) => entry.index === own.index && isBy(entry, signer));
  const next = place < 0 ? [...filed, own] : filed.with(place, own);
  const kept = withinBudget(next, byRank(state, netuid, next), own);
  writeQueue(state, { netuid, epoch, entries: kept });
}

function readQueue(state: TypedState, netuid: number, epoch: number): readonly Entry[] {
  return indexesOf(state, netuid).flatMap((index) =>
    state.get(items.TIMELOCKED, index, epoch).map((commit) => ({ index, commit })),
  );
}

interface Written {
  readonly netuid: number;
  readonly epoch: number;
  readonly entries: readonly Entry[];
}

function writeQueue(state: CallContext["state"], { netuid, epoch, entries }: Written): void {
  for (const index of indexesOf(state, netuid)) {
    const commits = entries.filter((entry) => entry.index === index).map(({ commit }) => commit);
    state.put(items.TIMELOCKED, commits.length === 0 ? undefined : commits, index, epoch);
  }
}

function indexesOf(state: TypedState, netuid: number): number[] {
  const count = state.get(items.MECHANISM_COUNT, netuid);
  return Array.from({ length: count }, (_, mechid) => mechanismIndex(netuid, mechid));
}

function isBy({ commit: [who] }: Entry, hotkey: Uint8Array): boolean {
  return Buffer.compare(who, hotkey) === 0;
}

/** Who gives way first comes first: the least stake, then the highest uid; who left the subnet before all. */
function byRank(state: TypedState, netuid: number, entries: readonly Entry[]): readonly Entry[] {
  const ranked = entries.map((entry) => {
    const [who] = entry.commit;
    const uid = state.get(items.UIDS, netuid, who);
    return { entry, stake: uid === undefined ? -1n : state.get(items.HOTKEY_ALPHA, who, netuid), uid: uid ?? 0 };
  });
  ranked.sort((a, b) => (a.stake === b.stake ? b.uid - a.uid : a.stake < b.stake ? -1 : 1));
  return ranked.map(({ entry }) => entry);
}

function withinBudget(entries: readonly Entry[], ranked: readonly Entry[], own: Entry): readonly Entry[] {
  let kept = entries;
  for (const loser of ranked) {
    const bytes = kept.reduce((sum, { commit }) => sum + commit[2].length, 0);
    if (bytes <= MOST_BYTES && kept.length <= MOST_ENTRIES) break;
    // From here on come those who have more stake, and the signer's own commits of other mechanisms.
    ensure(!isBy(loser, own.commit[0]), "CommitQueueFull");
    kept = kept.filter((entry) => entry !== loser);
  }
  return kept;
}
