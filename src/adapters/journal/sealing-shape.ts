import { z } from "zod";
import type { Fault } from "../../core/model/fault.ts";
import type { PackManifest, ScoringConfig } from "../../core/model/pack.ts";
import {
  type Commit,
  type Header,
  REVEAL_CAUSES,
  type ResolvedWeights,
  type Reveal,
  type ScoreSheet,
  SETTLEMENT_STATES,
  type Seal,
  type Settlement,
  SUBMISSION_STATES,
  type Submission,
  type WeightVector,
  WITHHOLD_REASONS,
} from "../../core/model/records.ts";
import type { EstimatorState } from "../../core/model/scoring-state.ts";
import { decimal, digest, hex, hexBytes, kindOf, list, natural, real, ss58, text, u16, unit } from "./shape-parts.ts";

/** Shapes of the records that say what was decided: header, score sheet, weight vector, submission, seal. */

const policy = z.strictObject({ id: z.literal("softmax"), temperature: real.positive() });

const scoring = z.strictObject({
  tasks: z.strictObject({ verifiable: natural.max(1000), judged: natural.max(1000) }),
  decay: unit,
  judgedWeight: unit,
  crossCap: real,
  excuseCap: unit,
  availabilityFloor: unit,
  quorum: unit,
  minEligible: natural,
  policy,
  judge: z.strictObject({ model: text, chuteId: text.nullable(), attempts: natural.max(10) }),
}) satisfies z.ZodType<ScoringConfig>;

/** The generators' data are compared whole with the pack of this program; here they need only be an object. */
const pack = z.strictObject({
  id: text,
  version: natural,
  discovery: z.strictObject({ path: text, stream: z.boolean() }),
  judge: z.strictObject({
    verdicts: list(z.strictObject({ name: text, score: unit, meaning: text }), 32),
    letters: list(text, 32),
    system: text,
    user: text,
    maxTokens: natural,
    maxAnswerChars: natural,
  }),
  sampling: z.strictObject({ temperature: real }),
  generators: z.record(z.string(), z.unknown()),
}) satisfies z.ZodType<PackManifest>;

const header = z.strictObject({
  ...kindOf("header"),
  schema: z.literal(1),
  netuid: natural,
  mechid: natural,
  epoch: natural,
  genesis: digest,
  mode: z.enum(["once", "dry-run", "run"]),
  software: z.strictObject({ name: text, version: text, node: text }),
  hotkey: ss58.nullable(),
  pack,
  scoring,
}) satisfies z.ZodType<Header>;

const miner = { uid: natural, hotkey: ss58, registeredAt: natural };

const channel = z.strictObject({ sum: real, count: real, square: real });
const state = z.strictObject({
  cycles: natural,
  miners: list(
    z.strictObject({
      hotkey: ss58,
      registeredAt: natural,
      verifiable: channel,
      judged: channel,
      delivered: real,
      failed: real,
    }),
  ),
}) satisfies z.ZodType<EstimatorState>;

const sheet = z.strictObject({
  ...kindOf("score-sheet"),
  miners: list(
    z.strictObject({
      ...miner,
      score: real.nullable(),
      stderr: real.nullable(),
      answered: natural,
      missed: natural,
      excused: natural,
      minerFaults: natural,
      availability: unit.nullable(),
      carried: z.boolean(),
      reason: text.nullable(),
    }),
  ),
  quorum: z.boolean(),
  before: state,
  after: state,
}) satisfies z.ZodType<ScoreSheet>;

const vector = z.strictObject({
  ...kindOf("weight-vector"),
  policy,
  real: list(z.strictObject({ ...miner, weight: real })),
  uids: list(natural),
  values: list(natural),
  versionKey: decimal,
  withhold: list(z.enum(WITHHOLD_REASONS), 32),
}) satisfies z.ZodType<WeightVector>;

/** The most that any mode of a subnet takes (chain-newest.md §9). */
const COMMIT_BYTES = 32_768;
/** A pulse is a point of the first group (timelock.md §2). */
const PULSE_BYTES = 48;

const rows = { uids: list(u16), values: list(u16) };

const resolved = z.strictObject({
  ...rows,
  dropped: list(u16),
  moved: list(z.strictObject({ from: u16, to: u16 })),
}) satisfies z.ZodType<ResolvedWeights>;

const commit = z.strictObject({
  bytes: hexBytes(1, COMMIT_BYTES),
  round: natural,
  epoch: natural,
  version: natural,
  revealBlock: natural,
}) satisfies z.ZodType<Commit>;

const reveal = z.strictObject({
  block: z.strictObject({ hash: digest, number: natural }),
  pulse: hexBytes(PULSE_BYTES, PULSE_BYTES).nullable(),
  row: z.strictObject(rows).nullable(),
  cause: z.enum(REVEAL_CAUSES).nullable(),
}) satisfies z.ZodType<Reveal>;

type ShapeOf<T> = z.ZodType<T> & z.ZodObject;

function submissionShape(fault: z.ZodType<Fault>): ShapeOf<Submission> {
  return z.strictObject({
    ...kindOf("submission"),
    submission: z.enum(["direct", "timelocked", "dry-run", "withheld"]),
    state: z.enum(SUBMISSION_STATES),
    reason: text.nullable(),
    extrinsic: hex.nullable(),
    block: z.strictObject({ hash: digest, number: natural }).nullable(),
    call: text.nullable(),
    resolved: resolved.nullable(),
    commit: commit.nullable(),
    fault: fault.nullable(),
  });
}

const settlement = z.strictObject({
  ...kindOf("settlement"),
  epoch: natural,
  submission: digest,
  state: z.enum(SETTLEMENT_STATES),
  lastUpdate: natural.nullable(),
  reveal: reveal.nullable(),
}) satisfies z.ZodType<Settlement>;

const seal = z.strictObject({
  ...kindOf("seal"),
  records: natural,
  merkleRoot: digest,
  previousSeal: digest.nullable(),
  secret: digest,
  spend: z.strictObject({ requests: natural, tokens: natural, microUsd: natural }),
  hotkey: ss58.nullable(),
  cryptoType: z.enum(["sr25519", "ed25519"]).nullable(),
  signature: z.union([hex, z.literal("absent")]),
}) satisfies z.ZodType<Seal>;

/** With the shape of a Fault, which is at home among the inputs. */
export function sealingShapes(
  fault: z.ZodType<Fault>,
): [
  ShapeOf<Header>,
  ShapeOf<Settlement>,
  ShapeOf<ScoreSheet>,
  ShapeOf<WeightVector>,
  ShapeOf<Submission>,
  ShapeOf<Seal>,
] {
  return [header, settlement, sheet, vector, submissionShape(fault), seal];
}
