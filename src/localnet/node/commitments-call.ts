import type { DecodedCall } from "../metadata/registry.ts";
import { type CallContext, ensure } from "./call-context.ts";
import { currentEpoch } from "./epoch.ts";
import * as items from "./items.ts";

const PALLET = "Commitments";
/** Every call is charged at least so many bytes of the epoch's space (chain.md §6.2). */
const LEAST_CHARGE = 100;

interface Field {
  readonly type: string;
  readonly value?: unknown;
}

/** `Commitments.set_commitment` (chain.md §6.1, §6.2): overwrites the signer's row. Lengths are bounded by call-bounds.ts. */
export function setCommitment({ state, block, signer, emit }: CallContext, { args }: DecodedCall): void {
  const netuid = Number(args["netuid"]);
  const info = args["info"] as { readonly fields: readonly Field[] };
  const { fields } = info;
  ensure(state.get(items.UIDS, netuid, signer) !== undefined, "AccountNotAllowedCommit", PALLET);
  const failed = fields.some(({ type }) => type === "TimelockRevealFailed");
  ensure(!failed, "TimelockRevealFailedNotAllowed", PALLET);
  const epoch = currentEpoch(state, { netuid, block });
  const usage = state.get(items.USED_SPACE, netuid, signer);
  const used = usage !== undefined && Number(usage.last_epoch) === epoch ? Number(usage.used_space) : 0;
  const charge = Math.max(
    LEAST_CHARGE,
    fields.reduce((sum, field) => sum + sizeOf(field), 0),
  );
  ensure(used + charge <= state.get(items.MAX_SPACE), "SpaceLimitExceeded", PALLET);
  state.put(items.USED_SPACE, { last_epoch: epoch, used_space: used + charge }, netuid, signer);
  state.put(items.COMMITMENT_OF, { deposit: 0, block, info }, netuid, signer);
  state.put(items.LAST_COMMITMENT, block, netuid, signer);
  const sealed = fields.find(({ type }) => type === "TimelockEncrypted");
  const who = { netuid, who: signer };
  if (sealed === undefined) {
    emit({ pallet: PALLET, event: "Commitment", fields: who });
    return;
  }
  state.put(items.TIMELOCKED_INDEX, [...state.get(items.TIMELOCKED_INDEX), [netuid, signer]]);
  const { reveal_round } = sealed.value as { readonly reveal_round: bigint };
  emit({ pallet: PALLET, event: "TimelockCommitment", fields: { ...who, reveal_round } });
}

function sizeOf({ value }: Field): number {
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== "object" || value === null || !("encrypted" in value)) return 0;
  return value.encrypted instanceof Uint8Array ? value.encrypted.length : 0;
}
