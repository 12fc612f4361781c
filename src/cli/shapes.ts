import { z } from "zod";
import { REFUSAL_CLASSES } from "../core/chain/refusals-shape.ts";
import { BLAMES } from "../core/model/fault.ts";
import type {
  DryRunShape,
  EffectiveConfigShape,
  EpochShape,
  ErrorShape,
  ExplainErrorShape,
  InitShape,
  OnceShape,
  ReadyShape,
  ReplayShape,
  StartShape,
  StatusShape,
  TimelockShape,
  WalletShape,
} from "./machine-types.ts";
import { OPERATOR_SHAPES, STATUS_PARTS } from "./operator-shapes.ts";
import { WHATIF_SHAPE } from "./whatif-shape.ts";

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

const effectiveConfig = z.strictObject({
  file: z.string(),
  fields: z.array(
    z.strictObject({
      field: z.string(),
      value: z.union([z.string(), z.number(), z.null()]),
      origin: z.enum(["flag", "environment", "file", "default"]),
      name: z.string().exactOptional(),
      line: z.int().exactOptional(),
    }),
  ),
  apiKey: z.strictObject({
    present: z.boolean(),
    origin: z.enum(["file", "environment"]),
    name: z.string(),
    problem: z.string().exactOptional(),
  }),
}) satisfies z.ZodType<EffectiveConfigShape>;

const init = z.strictObject({
  config: z.string(),
  apiKeyFile: z.string(),
  apiKeyPresent: z.boolean(),
}) satisfies z.ZodType<InitShape>;

const wallet = z.strictObject({
  ss58: z.string(),
  publicKey: z.string(),
  cryptoType: z.enum(["sr25519", "ed25519"]),
  format: z.enum(["plain", "nacl", "ansible", "fernet", "mnemonic", "seed"]),
  encrypted: z.boolean(),
  path: z.string(),
  addressFrom: z.literal("public-file").exactOptional(),
}) satisfies z.ZodType<WalletShape>;

const status = z.strictObject({
  data: z.string(),
  running: z.boolean(),
  pause: STATUS_PARTS.pause,
  moved: STATUS_PARTS.moved.nullable(),
  mechanisms: z.array(
    z.strictObject({
      netuid: z.int(),
      mechid: z.int(),
      sealedCycles: z.int(),
      standing: STATUS_PARTS.standing,
      last: z
        .strictObject({
          epoch: z.int(),
          seal: z.string(),
          sealedAt: z.string().nullable(),
          bundle: z.string(),
          bundlePresent: z.boolean(),
          submission: submission.nullable(),
        })
        .nullable(),
      open: z.array(
        z.strictObject({
          epoch: z.int(),
          stage: z.enum(["observe", "discover", "challenge", "ask-and-judge", "weigh", "submit", "seal"]),
          announced: z.int(),
          responses: z.int(),
          judgements: z.int(),
          claimed: z.boolean(),
          steps: z.array(z.string()),
        }),
      ),
    }),
  ),
  size: z
    .strictObject({ journalBytes: z.int(), bundles: z.int(), bundleBytes: z.int(), freeBytes: z.int() })
    .nullable(),
}) satisfies z.ZodType<StatusShape>;

const epoch = z.strictObject({
  block: z.int(),
  epochIndex: z.int(),
  tempo: z.int(),
  nextEpochBlock: z.int(),
  window: z.strictObject({ from: z.int(), to: z.int() }),
  mode: z.enum(["yuma", "null", "absent", "unknown"]),
  commitReveal: z.boolean(),
  revealRound: z.int().exactOptional(),
}) satisfies z.ZodType<EpochShape>;

const explainError = z.strictObject({
  query: z.string(),
  errors: z.array(
    z.strictObject({
      name: z.string(),
      source: z.enum(["dispatch", "admission", "node", "connection", "touchstone"]),
      class: z.enum(REFUSAL_CLASSES).exactOptional(),
      blame: z.enum(BLAMES),
      message: z.string(),
      remedy: z.string(),
    }),
  ),
}) satisfies z.ZodType<ExplainErrorShape>;

const timelock = z.strictObject({
  round: z.int().nullable(),
  ...weights.shape,
  versionKey: z.string(),
  hotkey: z.string().nullable(),
}) satisfies z.ZodType<TimelockShape>;

const error = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string(), blame: z.string(), remedy: z.string() }),
}) satisfies z.ZodType<ErrorShape>;

export const SHAPES: Readonly<Record<string, z.ZodType>> = {
  once,
  "dry-run": dryRun,
  replay,
  localnet,
  start,
  "effective-config": effectiveConfig,
  init,
  status,
  ...OPERATOR_SHAPES,
  wallet,
  epoch,
  whatif: WHATIF_SHAPE,
  "explain-error": explainError,
  timelock,
  error,
};
