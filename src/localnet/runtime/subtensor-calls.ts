import type { Variants } from "../metadata/notation.ts";

const MECHANISM = { netuid: "NetUid", mecid: "MechId" };
const WEIGHTS = { dests: "Vec<u16>", weights: "Vec<u16>", version_key: "u64" };
const REVEAL = { uids: "Vec<u16>", values: "Vec<u16>", salt: "Vec<u16>", version_key: "u64" };
const TIMELOCKED = { commit: "BoundedVec<u8>", reveal_round: "u64", commit_reveal_version: "u16" };
const ENDPOINT = { netuid: "NetUid", version: "u32", ip: "u128", port: "u16", ip_type: "u8" };
const PLACEHOLDERS = { protocol: "u8", placeholder1: "u8", placeholder2: "u8" };

/** Calls of SubtensorModule about weights, registration, serving and the epoch (chain.md §3.1). */
export const SUBTENSOR_CALLS: Variants = {
  set_weights: [0, { netuid: "NetUid", ...WEIGHTS }],
  set_mechanism_weights: [119, { ...MECHANISM, ...WEIGHTS }],
  batch_set_weights: [
    80,
    {
      netuids: "Vec<Compact<NetUid>>",
      weights: "Vec<Vec<(Compact<u16>, Compact<u16>)>>",
      version_keys: "Vec<Compact<u64>>",
    },
  ],
  commit_weights: [96, { netuid: "NetUid", commit_hash: "H256" }],
  commit_mechanism_weights: [115, { ...MECHANISM, commit_hash: "H256" }],
  batch_commit_weights: [100, { netuids: "Vec<Compact<NetUid>>", commit_hashes: "Vec<H256>" }],
  reveal_weights: [97, { netuid: "NetUid", ...REVEAL }],
  reveal_mechanism_weights: [116, { ...MECHANISM, ...REVEAL }],
  batch_reveal_weights: [
    98,
    {
      netuid: "NetUid",
      uids_list: "Vec<Vec<u16>>",
      values_list: "Vec<Vec<u16>>",
      salts_list: "Vec<Vec<u16>>",
      version_keys: "Vec<u64>",
    },
  ],
  commit_timelocked_weights: [113, { netuid: "NetUid", ...TIMELOCKED }],
  commit_crv3_mechanism_weights: [117, { ...MECHANISM, commit: "BoundedVec<u8>", reveal_round: "u64" }],
  commit_timelocked_mechanism_weights: [118, { ...MECHANISM, ...TIMELOCKED }],
  add_stake: [2, { hotkey: "AccountId32", netuid: "NetUid", amount_staked: "TaoBalance" }],
  remove_stake: [3, { hotkey: "AccountId32", netuid: "NetUid", amount_unstaked: "AlphaBalance" }],
  serve_axon: [4, { ...ENDPOINT, ...PLACEHOLDERS }],
  serve_axon_tls: [40, { ...ENDPOINT, ...PLACEHOLDERS, certificate: "Vec<u8>" }],
  serve_prometheus: [5, ENDPOINT],
  burned_register: [7, { netuid: "NetUid", hotkey: "AccountId32" }],
  register_limit: [134, { netuid: "NetUid", hotkey: "AccountId32", limit_price: "u64" }],
  set_tempo: [139, { netuid: "NetUid", tempo: "u16" }],
  set_activity_cutoff_factor: [140, { netuid: "NetUid", factor_milli: "u32" }],
  trigger_epoch: [141, { netuid: "NetUid" }],
};
