import * as items from "./items.ts";
import type { SubnetView } from "./subnet-view.ts";

const NO_PROMETHEUS = { block: 0, version: 0, ip: 0, port: 0, ip_type: 0 };
const NO_AXON = { ...NO_PROMETHEUS, protocol: 0, placeholder1: 0, placeholder2: 0 };

/** `NeuronInfoLite` of every uid (chain.md §1.3): rank and trust are 0, the pruning score is constant. */
export function neuronsLite(view: SubnetView): Record<string, unknown>[] {
  const { state, netuid, index } = view;
  const stakes = view.stakes();
  const coldkeys = view.coldkeys();
  const columns = {
    active: view.column(items.ACTIVE, netuid, false),
    emission: view.numbers(items.EMISSION),
    incentive: view.numbers(items.INCENTIVE, index),
    consensus: view.numbers(items.CONSENSUS),
    validator_trust: view.numbers(items.VALIDATOR_TRUST),
    dividends: view.numbers(items.DIVIDENDS),
    last_update: view.numbers(items.LAST_UPDATE, index),
    validator_permit: view.column(items.PERMITS, netuid, false),
  };
  return view.eachHotkey((hotkey, uid) => ({
    ...Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column[uid]])),
    hotkey,
    coldkey: coldkeys[uid],
    uid,
    netuid,
    axon_info: state.get(items.AXONS, netuid, hotkey) ?? NO_AXON,
    prometheus_info: state.get(items.PROMETHEUS, netuid, hotkey) ?? NO_PROMETHEUS,
    stake: [[coldkeys[uid], stakes[uid]]],
    rank: 0,
    trust: 0,
    pruning_score: 65_535,
  }));
}
