import * as z from "zod";
import { type Hex, storageIndex } from "../../core/model/ids.ts";
import { count, natural, parseAnswer } from "./answers.ts";
import { LinkError } from "./chain-fault.ts";
import type { Columns } from "./metagraph-bytes.ts";
import type { Scalars } from "./scalars.ts";
import { decodeStorage, type Reads, type StorageItem, storageKey } from "./view.ts";

/**
 * The metagraph from storage, for nodes whose metadata shows no runtime calls (version 14, chain.md T45): two round trips after
 * that of the scalars. `totalStake` is the alpha on the hotkey itself: what it inherits from parents and from the root
 * (chain.md §7.2) only the runtime's own call adds up, so permits and the stake threshold can look wrong from here.
 *
 * @param scalars with `subnetworkN`.
 * @throws LinkError, RpcError, ValidatorError `runtime-unsupported`.
 */
export async function readStoredColumns(
  reads: Reads,
  { netuid, mechid }: { readonly netuid: number; readonly mechid: number },
  scalars: Scalars,
): Promise<Columns> {
  const index = storageIndex(netuid, mechid);
  const uids = Array.from({ length: scalars.count("subnetworkN") }, (_, uid) => uid);
  const [accounts, registered, columns] = await Promise.all([
    readMany(reads, (uid) => item("keys", netuid, uid), uids),
    readMany(reads, (uid) => item("blockAtRegistration", netuid, uid), uids),
    reads.storage([
      item("active", netuid),
      item("validatorPermit", netuid),
      item("lastUpdate", index),
      item("incentive", index),
    ]),
  ]);
  const keys = accounts.map(({ value }) => accountOf(value));
  const stakes = await readMany(reads, (account: Hex) => item("totalHotkeyAlpha", account, netuid), keys);
  const [active, permits, updates, incentives] = columns;
  return {
    accounts: keys,
    active: parseAnswer(flags, active, "Active"),
    validatorPermit: parseAnswer(flags, permits, "ValidatorPermit"),
    lastUpdate: parseAnswer(counts, updates, "LastUpdate"),
    incentives: parseAnswer(counts, incentives, "Incentive"),
    blockAtRegistration: registered.map((one) => parseAnswer(count, one.decoded(), "BlockAtRegistration")),
    totalStake: stakes.map((one) => parseAnswer(natural, one.decoded(), "TotalHotkeyAlpha")),
  };
}

const flags = z.array(z.boolean());
const counts = z.array(count);

function item(name: string, ...keys: readonly unknown[]): StorageItem {
  return { pallet: "subtensorModule", item: name, keys };
}

interface Stored {
  readonly value: Hex | null;
  decoded(): unknown;
}

async function readMany<K>(reads: Reads, itemOf: (key: K) => StorageItem, keys: readonly K[]): Promise<Stored[]> {
  const { tables } = reads;
  const wanted = keys.map((one) => ({ item: itemOf(one), key: storageKey(tables, itemOf(one)) }));
  const values = await reads.raw(wanted.flatMap(({ key }) => (key === null ? [] : [key])));
  return wanted.map(({ item: of, key }) => {
    const value = values.get(key ?? "") ?? null;
    return { value, decoded: () => (key === null ? undefined : decodeStorage(tables, of, value)) };
  });
}

/** As stored: the library would turn each into base 58. */
function accountOf(value: Hex | null): Hex {
  if (value?.length === 66) return value;
  throw new LinkError("The chain node's state has no hotkey for a uid that it counts.");
}
