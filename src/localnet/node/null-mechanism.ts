import { apportion } from "./apportion.ts";
import * as items from "./items.ts";
import { mechanismIndex } from "./mechanism.ts";
import type { MechanismResult, MechanismShare, Subnet } from "./mechanism-epoch.ts";
import { electedPermit, runNull } from "./null-epoch.ts";
import { normalise, toU16 } from "./shares.ts";
import type { WritableState } from "./storage-item.ts";

/** The Null epoch of what is stored of one mechanism; bonds stay as they are. */
export function nullMechanism(state: WritableState, subnet: Subnet, { mechid, half }: MechanismShare): MechanismResult {
  const { netuid, stake, permits, registeredAt, block, cutoff } = subnet;
  const index = mechanismIndex(netuid, mechid);
  const lastUpdate = state.get(items.LAST_UPDATE, index);
  const place = permits.indexOf(true);
  const elected = place < 0 ? undefined : place;
  const row = elected === undefined ? [] : state.get(items.WEIGHTS, index, elected);
  const updated = elected === undefined ? 0 : (lastUpdate[elected] ?? 0);
  const claims = runNull({ stake, elected, row, updated, registeredAt });
  const miners = apportion(half, claims.miners);
  const validators = apportion(half, claims.validators);
  const zeros = stake.map(() => 0);
  return {
    incentive: normalise(claims.miners.map(Number)).map(toU16),
    dividends: normalise(claims.validators.map(Number)).map(toU16),
    stakeWeight: normalise(stake.map(Number)).map(toU16),
    consensus: zeros,
    validatorTrust: zeros,
    permits: electedPermit(stake),
    active: stake.map((_, uid) => (lastUpdate[uid] ?? 0) + cutoff >= block),
    emission: miners.map((part, uid) => part + (validators[uid] ?? 0n)),
  };
}
