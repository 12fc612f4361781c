import { Blake2256 } from "@polkadot-api/substrate-bindings";
import { type KeyPair, keyPairFromSeed } from "../chutes/sr25519.ts";

/**
 * The subnet owner's coldkey pair, from the localnet's seed: with it a rehearsal can sign what an owner signs. It protects
 * nothing. `cryptoReady()` must have been awaited.
 */
export function ownerKeyPair(seed: number): KeyPair {
  return keyPairFromSeed(Blake2256(new TextEncoder().encode(`touchstone/localnet/owner ${seed}`)));
}
