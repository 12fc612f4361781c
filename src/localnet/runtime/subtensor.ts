import { type NamedTypes, numbered, type Pallet, variants } from "../metadata/notation.ts";
import { SUBTENSOR_CALLS } from "./subtensor-calls.ts";
import { SUBTENSOR_ERRORS } from "./subtensor-errors.ts";
import { SUBTENSOR_EVENTS } from "./subtensor-events.ts";
import { SUBTENSOR_STORAGE } from "./subtensor-storage.ts";

export const SUBTENSOR_TYPES: NamedTypes = {
  EpochConsensus: variants("pallet_subtensor::pallet::EpochConsensus", { Yuma: 0, Null: 1 }),
  ConsensusMode: variants("pallet_subtensor::pallet::ConsensusMode", numbered(["Current", "Previous", "Auto"])),
  RecycleOrBurn: variants("pallet_subtensor::pallet::RecycleOrBurnEnum", numbered(["Burn", "Recycle"])),
};

/** SubtensorModule, index 7. */
export const SUBTENSOR: Pallet = {
  name: "SubtensorModule",
  index: 7,
  module: "pallet_subtensor",
  calls: SUBTENSOR_CALLS,
  events: SUBTENSOR_EVENTS,
  errors: SUBTENSOR_ERRORS,
  storage: SUBTENSOR_STORAGE,
  constants: {
    InitialTempo: ["u16", 360],
    MinTempo: ["u16", 360],
    MaxTempo: ["u16", 50_400],
    MinActivityCutoffFactorMilli: ["u32", 1000],
    MaxActivityCutoffFactorMilli: ["u32", 50_000],
  },
};
