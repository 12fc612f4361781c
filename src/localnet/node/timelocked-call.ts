import { Blake2256 } from "@polkadot-api/substrate-bindings";
import type { TimelockedArgs } from "./call-args.ts";
import { type CallContext, ensure } from "./call-context.ts";
import { epochWithLookahead } from "./epoch.ts";
import { holdsPermit, isNull, passesRateLimit } from "./guards.ts";
import * as items from "./items.ts";
import { mechanismExists, mechanismIndex } from "./mechanism.ts";
import { fileOnNull } from "./null-queue.ts";
import type { TypedState } from "./storage-item.ts";
import { touchLastUpdate } from "./weights-call.ts";

/** Bytes of a commit that a Yuma subnet takes, and those that the mechanisms of a Null subnet share (chain-newest.md §1.1). */
const YUMA_BYTES = 5000;
const NULL_BYTES = 32_768;
/** Commits of one hotkey in one epoch (chain.md §3.5 #6). */
const MOST_COMMITS = 10;

/** `commit_timelocked_weights` and its mechanism form: the checks of chain.md §3.5 in their order; the commit is kept sealed. */
export function commitTimelocked(context: CallContext, args: TimelockedArgs): void {
  const { state, block, signer, emit } = context;
  const { netuid, mechid, commit, round, version } = args;
  ensure(mechanismExists(state, netuid, mechid), "MechanismDoesNotExist");
  ensure(state.get(items.COMMIT_REVEAL, netuid), "CommitRevealDisabled");
  ensure(version === state.get(items.COMMIT_REVEAL_VERSION), "IncorrectCommitRevealVersion");
  ensure(commit.length <= mostBytes(state, netuid), "CommitPayloadTooLarge");
  const elected = !isNull(state, netuid) || holdsPermit(state, netuid, signer);
  ensure(elected, "NeuronNoValidatorPermit");
  const uid = state.get(items.UIDS, netuid, signer);
  ensure(uid !== undefined, "HotKeyNotRegisteredInSubNet");
  ensure(passesRateLimit(state, { netuid, mechid, uid, block }), "CommittingWeightsTooFast");
  const epoch = epochWithLookahead(state, { netuid, block });
  if (isNull(state, netuid)) fileOnNull(context, args, epoch);
  else fileOnYuma(context, args, epoch);
  const index = mechanismIndex(netuid, mechid);
  touchLastUpdate(state, { index, uid, block });
  const fields = [signer, index, Blake2256(commit), round];
  emit({ pallet: "SubtensorModule", event: "TimelockedWeightsCommitted", fields });
}

function mostBytes(state: TypedState, netuid: number): number {
  if (!isNull(state, netuid)) return YUMA_BYTES;
  return Math.floor(NULL_BYTES / Math.max(1, state.get(items.MECHANISM_COUNT, netuid)));
}

function fileOnYuma({ state, block, signer }: CallContext, args: TimelockedArgs, epoch: number): void {
  const index = mechanismIndex(args.netuid, args.mechid);
  const queue = state.get(items.TIMELOCKED, index, epoch);
  const own = queue.filter(([who]) => Buffer.compare(who, signer) === 0).length;
  ensure(own < MOST_COMMITS, "TooManyUnrevealedCommits");
  state.put(items.TIMELOCKED, [...queue, [signer, block, args.commit, args.round]], index, epoch);
}
