import { map, type NamedTypes, numbered, type Pallet, plain, struct } from "../metadata/notation.ts";

const EMPTY = new Uint8Array(0);

export const DRAND_TYPES: NamedTypes = {
  BeaconConfiguration: struct("pallet_drand::types::BeaconConfiguration", {
    public_key: "BoundedVec<u8>",
    period: "u32",
    genesis_time: "u32",
    hash: "BoundedVec<u8>",
    group_hash: "BoundedVec<u8>",
    scheme_id: "BoundedVec<u8>",
    metadata: "BeaconMetadata",
  }),
  BeaconMetadata: struct("pallet_drand::types::Metadata", { beacon_id: "BoundedVec<u8>" }),
  Pulse: struct("pallet_drand::types::Pulse", {
    round: "u64",
    randomness: "BoundedVec<u8>",
    signature: "BoundedVec<u8>",
  }),
  PulsesPayload: struct(
    "pallet_drand::types::PulsesPayload",
    { block_number: "u32", pulses: "Vec<Pulse>", public: "MultiSigner" },
    { Public: "MultiSigner", BlockNumber: "u32" },
  ),
};

/**
 * Drand, index 26. The default beacon is empty: a localnet writes its own key into `BeaconConfig` at genesis, it never
 * passes for the public beacon.
 */
export const DRAND: Pallet = {
  name: "Drand",
  index: 26,
  module: "pallet_drand",
  calls: {
    write_pulse: [0, { pulses_payload: "PulsesPayload", signature: "Option<MultiSignature>" }],
    set_oldest_stored_round: [2, { oldest_round: "u64" }],
  },
  events: { BeaconConfigChanged: 0, NewPulse: [1, { rounds: "Vec<u64>" }], SetOldestStoredRound: [2, ["u64"]] },
  errors: numbered([
    "NoneValue",
    "StorageOverflow",
    "DrandConnectionFailure",
    "UnverifiedPulse",
    "InvalidRoundNumber",
    "PulseVerificationError",
  ]),
  storage: {
    BeaconConfig: plain("BeaconConfiguration", {
      public_key: EMPTY,
      period: 3,
      genesis_time: 0,
      hash: EMPTY,
      group_hash: EMPTY,
      scheme_id: EMPTY,
      metadata: { beacon_id: EMPTY },
    }),
    Pulses: map([["Blake2128Concat", "u64"]], "Pulse"),
    LastStoredRound: plain("u64", 0),
    OldestStoredRound: plain("u64", 0),
    NextUnsignedAt: plain("u32", 0),
  },
};
