import { z } from "zod";
import type { Preview } from "../core/chain/preview.ts";
import type { Ss58 } from "../core/model/ids.ts";
import type { EpochMode } from "../core/model/metagraph.ts";
import type { ScoringConfig } from "../core/model/pack.ts";
import type { WithholdReason } from "../core/model/records.ts";
import type { WeightsShape } from "./machine-types.ts";

/** What `whatif` answers; all heights are blocks, all u16 as the chain stores them. */
export interface WhatifShape {
  readonly netuid: number;
  readonly mechid: number;
  /** The finalized block that everything was read at. */
  readonly block: number;
  /** First block of the epoch that is foretold. */
  readonly epochBlock: number;
  readonly mode: EpochMode;
  /** In whose place the vectors are tried. */
  readonly uid: number;
  readonly hotkey: Ss58;
  /** Where the scores come from; null when only a vector was given. */
  readonly cycle: { readonly epoch: number; readonly block: number } | null;
  /** `recorded`: that of the cycle; `proposed`: that of the policy, or of the file. */
  readonly vectors: readonly {
    readonly name: "recorded" | "proposed";
    /** Null for a vector out of a file. */
    readonly policy: ScoringConfig["policy"] | null;
    /** As it would be sent: for the uids of today. */
    readonly weights: WeightsShape;
    /** Why the guard would not have let it go out in that cycle. */
    readonly withhold: readonly WithholdReason[];
    readonly preview: Preview;
  }[];
}

const change = z.strictObject({ before: z.int(), after: z.int() });
const staker = z.strictObject({ uid: z.int(), hotkey: z.string(), stakeRao: z.string() });
const place = { uid: z.int(), hotkey: z.string() };

const yuma = z.strictObject({
  kind: z.literal("yuma"),
  uid: z.int(),
  refused: z.enum(["no-permit", "stake-too-low"]).nullable(),
  trust: change,
  dividends: change,
  miners: z.array(
    z.strictObject({
      ...place,
      weight: z.number(),
      consensus: z.number(),
      clipped: z.boolean(),
      incentive: change,
    }),
  ),
  approximate: z.array(z.string()),
});

const nullMode = z.strictObject({
  kind: z.literal("null"),
  uid: z.int(),
  refused: z.enum(["not-elected", "stake-too-low"]).nullable(),
  elected: staker.nullable(),
  election: z.strictObject({
    own: z.string(),
    rival: staker.nullable(),
    marginRao: z.string(),
    wins: z.boolean(),
  }),
  allZero: z.boolean(),
  miners: z.array(z.strictObject({ ...place, share: z.number(), rao: z.string().nullable(), incentive: change })),
  approximate: z.array(z.string()),
});

/** For `touchstone schema whatif`. */
export const WHATIF_SHAPE: z.ZodType<WhatifShape> = z.strictObject({
  netuid: z.int(),
  mechid: z.int(),
  block: z.int(),
  epochBlock: z.int(),
  mode: z.enum(["yuma", "null", "absent", "unknown"]),
  uid: z.int(),
  hotkey: z.string(),
  cycle: z.strictObject({ epoch: z.int(), block: z.int() }).nullable(),
  vectors: z.array(
    z.strictObject({
      name: z.enum(["recorded", "proposed"]),
      policy: z.strictObject({ id: z.literal("softmax"), temperature: z.number() }).nullable(),
      weights: z.strictObject({ uids: z.array(z.int()), values: z.array(z.int()) }),
      withhold: z.array(z.string() as unknown as z.ZodType<WithholdReason>),
      preview: z.discriminatedUnion("kind", [yuma, nullMode]),
    }),
  ),
});
