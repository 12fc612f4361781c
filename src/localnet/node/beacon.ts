import { sha256, taggedDigest } from "../../core/determinism/digest.ts";
import { emissionTime, roundIdentity } from "../../core/timelock/beacon.ts";
import { timesG2, toScalar } from "../../core/timelock/points.ts";

const encoder = new TextEncoder();
const TAG = "touchstone/localnet/beacon/v1";

/**
 * The randomness beacon of one localnet: anybody who knows the seed can open its commits early, which nobody minds who runs
 * both. It never passes for the public beacon, whose key nobody here has.
 */
export class Beacon {
  readonly #secret: bigint;
  readonly #seed: string;

  constructor(seed: number) {
    this.#seed = String(seed);
    this.#secret = toScalar(BigInt(taggedDigest(TAG, this.#seed)));
  }

  /** `Drand.BeaconConfig`. */
  config(): Record<string, unknown> {
    return {
      public_key: timesG2(this.#secret).toBytes(true),
      // The key is another than quicknet's, the clock is the same (chain.md §4.4).
      period: emissionTime(2) - emissionTime(1),
      genesis_time: emissionTime(1),
      hash: sha256(TAG, " hash ", this.#seed),
      group_hash: sha256(TAG, " group ", this.#seed),
      scheme_id: encoder.encode("bls-unchained-g1-rfc9380"),
      metadata: { beacon_id: encoder.encode("touchstone-localnet") },
    };
  }

  /** `Drand.Pulses`: S = s·Q of the round, and its digest (timelock.md §2). */
  pulse(round: number): Pulse {
    const signature = roundIdentity(round).multiply(this.#secret).toBytes(true);
    return { round: BigInt(round), randomness: sha256(signature), signature };
  }
}

export interface Pulse {
  readonly round: bigint;
  readonly randomness: Uint8Array;
  readonly signature: Uint8Array;
}
