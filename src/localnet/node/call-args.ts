import type { DecodedCall } from "../metadata/registry.ts";

/** Arguments of the calls this node knows, as typed records; the codec has already checked them against the metadata. */

export interface WeightsArgs {
  readonly netuid: number;
  readonly mechid: number;
  readonly uids: readonly number[];
  readonly values: readonly number[];
  readonly versionKey: bigint;
}

export interface TimelockedArgs {
  readonly netuid: number;
  readonly mechid: number;
  readonly commit: Uint8Array;
  readonly round: bigint;
  readonly version: number;
}

/** `set_weights` or `set_mechanism_weights`, else undefined. */
export function weightsArgs({ pallet, call, args }: DecodedCall): WeightsArgs | undefined {
  if (pallet !== "SubtensorModule" || (call !== "set_weights" && call !== "set_mechanism_weights")) return undefined;
  return {
    netuid: Number(args["netuid"]),
    mechid: Number(args["mecid"] ?? 0),
    uids: args["dests"] as readonly number[],
    values: args["weights"] as readonly number[],
    versionKey: BigInt(args["version_key"] as bigint),
  };
}

/** `commit_timelocked_weights` or its mechanism form, else undefined. */
export function timelockedArgs({ pallet, call, args }: DecodedCall): TimelockedArgs | undefined {
  const names = ["commit_timelocked_weights", "commit_timelocked_mechanism_weights"];
  if (pallet !== "SubtensorModule" || !names.includes(call)) return undefined;
  return {
    netuid: Number(args["netuid"]),
    mechid: Number(args["mecid"] ?? 0),
    commit: args["commit"] as Uint8Array,
    round: BigInt(args["reveal_round"] as bigint),
    version: Number(args["commit_reveal_version"]),
  };
}
