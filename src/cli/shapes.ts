import { z } from "zod";
import type { DryRunShape, ErrorShape, OnceShape, ReadyShape, ReplayShape, StartShape } from "./machine-types.ts";

/**
 * The machine interface (DESIGN §6): what other programs read. A change of one of these shapes is a breaking change.
 * `touchstone schema <name>` prints them as JSON Schema.
 */

const weights = z.strictObject({ uids: z.array(z.int()), values: z.array(z.int()) });
const spend = z.strictObject({ requests: z.int(), tokens: z.int(), microUsd: z.int() });
const place = { netuid: z.int(), mechid: z.int(), epoch: z.int() };

const miner = z.strictObject({
  uid: z.int(),
  hotkey: z.string(),
  score: z.number().nullable(),
  stderr: z.number().nullable(),
  answered: z.int(),
  missed: z.int(),
  reason: z.string().exactOptional(),
});

const submission = z.strictObject({
  kind: z.enum(["direct", "timelocked", "dry-run", "withheld"]),
  state: z.string(),
  block: z.int().exactOptional(),
  extrinsic: z.string().exactOptional(),
  round: z.int().exactOptional(),
  reason: z.string().exactOptional(),
});

const cycle = {
  ...place,
  block: z.int(),
  miners: z.array(miner),
  weights,
  submission,
  bundle: z.string(),
  seal: z.string(),
  spend,
};

const once = z.strictObject(cycle) satisfies z.ZodType<OnceShape>;
const dryRun = z.strictObject({
  ...cycle,
  chain: weights,
  difference: z.array(z.strictObject({ uid: z.int(), ours: z.int(), chain: z.int() })),
}) satisfies z.ZodType<DryRunShape>;

const audit = z.enum(["verified", "mismatch", "cannot-check", "absent"]);
const replay = z.strictObject({
  bundles: z.array(
    z.strictObject({
      file: z.string(),
      netuid: z.int().nullable(),
      mechid: z.int().nullable(),
      epoch: z.int().nullable(),
      result: audit,
      signature: z.enum(["verified", "mismatch", "absent"]),
      first: z
        .strictObject({
          record: z.string(),
          index: z.int(),
          field: z.string(),
          expected: z.string(),
          found: z.string(),
        })
        .exactOptional(),
    }),
  ),
  chain: audit,
}) satisfies z.ZodType<ReplayShape>;

const localnet = z.strictObject({
  ready: z.literal(true),
  node: z.string(),
  chutes: z.string(),
  control: z.string(),
  netuid: z.int(),
  genesis: z.string(),
  config: z.string(),
  hotkey: z.string(),
  wallet: z.string(),
  apiKey: z.string(),
  seconds: z.number(),
}) satisfies z.ZodType<ReadyShape>;

const start = z.strictObject({
  cycles: z.int(),
  rankCorrelation: z.number().nullable(),
  weightsSet: z.int(),
  replayed: z.int(),
  verified: z.int(),
  bundles: z.array(z.string()),
  seconds: z.number(),
}) satisfies z.ZodType<StartShape>;

const error = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string(), blame: z.string(), remedy: z.string() }),
}) satisfies z.ZodType<ErrorShape>;

export const SHAPES: Readonly<Record<string, z.ZodType>> = {
  once,
  "dry-run": dryRun,
  replay,
  localnet,
  start,
  error,
};
