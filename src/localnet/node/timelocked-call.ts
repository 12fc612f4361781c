import { Blake2256 } from "@polkadot-api/substrate-bindings";
import type { TimelockedArgs } from "./call-args.ts";
import { type CallContext, ensure } from "./call-context.ts";
import { epochWithLookahead } from "./epoch.ts";
import { passesRateLimit } from "./guards.ts";
import * as items from "./items.ts";
import { mechanismExists, mechanismIndex } from "./mechanism.ts";
import { touchLastUpdate } from "./weights-call.ts";

/** Ciphertext that a Yuma subnet takes (chain-newest.md N5). */
const MOST_BYTES = 5000;
/** Commits of one hotkey in one epoch (chain.md §3.5 #6). */
const MOST_COMMITS = 10;

/** `commit_timelocked_weights` and its mechanism form: the checks of chain.md §3.5 in their order; the commit is kept sealed. */
export function commitTimelocked({ state, block, signer, emit }: CallContext, args: TimelockedArgs): void {
  const { netuid, mechid, commit, round, version } = args;
  const index = mechanismIndex(netuid, mechid);
  ensure(mechanismExists(state, netuid, mechid), "MechanismDoesNotExist");
  ensure(state.get(items.COMMIT_REVEAL, netuid), "CommitRevealDisabled");
  ensure(version === state.get(items.COMMIT_REVEAL_VERSION), "IncorrectCommitRevealVersion");
  ensure(commit.length <= MOST_BYTES, "CommitPayloadTooLarge");
  const uid = state.get(items.UIDS, netuid, signer);
  ensure(uid !== undefined, "HotKeyNotRegisteredInSubNet");
  ensure(passesRateLimit(state, { netuid, mechid, uid, block }), "CommittingWeightsTooFast");
  const epoch = epochWithLookahead(state, netuid, block);
  const queue = state.get(items.TIMELOCKED, index, epoch);
  const own = queue.filter(([who]) => Buffer.compare(who, signer) === 0).length;
  ensure(own < MOST_COMMITS, "TooManyUnrevealedCommits");
  state.put(items.TIMELOCKED, [...queue, [signer, block, commit, round]], index, epoch);
  touchLastUpdate(state, { index, uid, block });
  const fields = [signer, index, Blake2256(commit), round];
  emit({ pallet: "SubtensorModule", event: "TimelockedWeightsCommitted", fields });
}
