import type { DecodedCall } from "../metadata/registry.ts";
import { type CallContext, ensure } from "./call-context.ts";
import { nextEpochBlock } from "./epoch.ts";
import { setEpochMode, setMechanismCount } from "./epoch-mode.ts";
import * as items from "./items.ts";
import * as settings from "./owner-settings.ts";
import { pruneBatch } from "./prune.ts";

interface OwnerCall {
  /** Whether the call fails shortly before an epoch (chain.md §2, AdminFreezeWindow). */
  readonly windowed: boolean;
  readonly run: (context: CallContext, netuid: number, args: Readonly<Record<string, unknown>>) => void;
}

const owner = (run: OwnerCall["run"]): OwnerCall => ({ windowed: true, run });
const big = (value: unknown): bigint => BigInt(value as bigint | number);

/** What a subnet's owner may sign with the coldkey (chain.md §2, chain-newest.md §1.1); root's calls are not among them. */
const CALLS: Readonly<Record<string, OwnerCall>> = {
  "AdminUtils.sudo_set_weights_version_key": owner((context, netuid, args) =>
    settings.setVersionKey(context, netuid, big(args["weights_version_key"])),
  ),
  "AdminUtils.sudo_set_min_allowed_weights": owner((context, netuid, args) =>
    settings.setMinAllowedWeights(context, netuid, Number(args["min_allowed_weights"])),
  ),
  "AdminUtils.sudo_set_commit_reveal_weights_enabled": owner((context, netuid, args) =>
    settings.setCommitReveal(context, netuid, args["enabled"] === true),
  ),
  "AdminUtils.sudo_set_commit_reveal_weights_interval": owner((context, netuid, args) =>
    settings.setRevealPeriod(context, netuid, big(args["interval"])),
  ),
  "AdminUtils.sudo_set_mechanism_count": owner((context, netuid, args) =>
    setMechanismCount(context, netuid, Number(args["mechanism_count"])),
  ),
  "AdminUtils.sudo_set_epoch_consensus": owner((context, netuid, args) =>
    setEpochMode(context, netuid, (args["mode"] as { readonly type: items.EpochMode }).type),
  ),
  "AdminUtils.sudo_trim_null_uids_batch": owner((context, netuid, args) =>
    pruneBatch(context, netuid, Number(args["target"])),
  ),
  "SubtensorModule.set_tempo": owner((context, netuid, args) => {
    const tempo = Number(args["tempo"]);
    ensure(tempo >= settings.MIN_TEMPO && tempo <= settings.MAX_TEMPO, "TempoOutOfBounds");
    settings.setTempo(context, netuid, tempo);
  }),
  "SubtensorModule.trigger_epoch": { windowed: false, run: (context, netuid) => trigger(context, netuid) },
};

/** Whether the call is one of an owner's; then it has been carried out. @throws DispatchFailure as the chain refuses it */
export function ownerCall(context: CallContext, { pallet, call, args }: DecodedCall): boolean {
  const label = `${pallet}.${call}`;
  const found = Object.hasOwn(CALLS, label) ? CALLS[label] : undefined;
  if (found === undefined) return false;
  const { state, signer, block } = context;
  const netuid = Number(args["netuid"]);
  ensure(state.get(items.NETWORK_ADDED, netuid), "SubnetNotExists");
  ensure(Buffer.compare(state.get(items.SUBNET_OWNER, netuid), signer) === 0, "BadOrigin", "System");
  const next = nextEpochBlock(state, netuid) ?? Number.POSITIVE_INFINITY;
  const frozen = found.windowed && next - block < state.get(items.FREEZE_WINDOW);
  ensure(!frozen, "AdminActionProhibitedDuringWeightsWindow");
  found.run(context, netuid, args);
  return true;
}

/** The epoch comes when the freeze window has passed; not while commits are timed by the schedule (chain.md §4.5). */
function trigger(context: CallContext, netuid: number): void {
  const { state, block } = context;
  ensure(!state.get(items.COMMIT_REVEAL, netuid), "DynamicTempoBlockedByCommitReveal");
  const firesAt = block + state.get(items.FREEZE_WINDOW);
  ensure(state.get(items.PENDING_EPOCH_AT, netuid) === 0, "EpochTriggerAlreadyPending");
  ensure((nextEpochBlock(state, netuid) ?? Number.POSITIVE_INFINITY) > firesAt, "AutoEpochAlreadyImminent");
  settings.triggerEpoch(context, netuid, firesAt);
}
