import * as z from "zod";
import { PUBLIC_NETWORKS } from "../../core/chain/networks.ts";
import { fromHex } from "../../core/determinism/digest.ts";
import type { Hex } from "../../core/model/ids.ts";
import { BEACON_GENESIS, BEACON_PERIOD, QUICKNET_KEY } from "../../core/timelock/beacon.ts";
import { readG2 } from "../../core/timelock/points.ts";
import { count, parseAnswer } from "./answers.ts";
import { type Withheld, withheld } from "./preflight.ts";
import type { Reads, StorageItem } from "./view.ts";

/** The beacon that opens commits on this chain, as the chain's state has it. */
export interface Beacon {
  /** A point of G2, 96 bytes. */
  readonly publicKey: Uint8Array;
  /** The newest round whose pulse is on chain. */
  readonly lastStoredRound: number;
}

const ITEMS: readonly StorageItem[] = [
  { pallet: "drand", item: "beaconConfig", keys: [] },
  { pallet: "drand", item: "lastStoredRound", keys: [] },
];

interface Config {
  readonly publicKey: string;
  readonly period: number;
  readonly genesisTime: number;
}
const config = z.object({
  publicKey: z.string().regex(/^0x(?:[0-9a-f]{2})*$/),
  period: count,
  genesisTime: count,
}) satisfies z.ZodType<Config>;

/**
 * On the public networks only quicknet's key is taken, whatever the state says; elsewhere the chain's own, with quicknet's
 * schedule. What else it may be cannot be sealed to.
 *
 * @throws LinkError.
 */
export async function readBeacon(reads: Reads, genesis: Hex): Promise<Beacon | Withheld> {
  const [stored, last] = await reads.storage(ITEMS);
  if (stored === undefined || last === undefined) return unknownBeacon("the runtime has no beacon");
  const { publicKey, period, genesisTime } = parseAnswer(config, stored, "Drand.BeaconConfig");
  if (period !== BEACON_PERIOD || genesisTime !== BEACON_GENESIS) {
    return unknownBeacon(`its beacon began at ${genesisTime} with a round each ${period} seconds`);
  }
  const key = fromHex(publicKey);
  if (PUBLIC_NETWORKS.has(genesis) && Buffer.compare(key, QUICKNET_KEY) !== 0) {
    return unknownBeacon("its beacon is not the public one");
  }
  if (readG2(key) === undefined) return unknownBeacon("its beacon's key is no point of the curve");
  return { publicKey: key, lastStoredRound: parseAnswer(count, last, "Drand.LastStoredRound") };
}

function unknownBeacon(why: string): Withheld {
  return withheld(
    "beacon-unknown",
    `Weights cannot be sealed on this chain: ${why}. The row that was set before stands; look for a newer version.`,
  );
}
