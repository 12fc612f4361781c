import { z } from "zod";
import { BLAMES, FAULT_CODES, type Fault } from "../../core/model/fault.ts";
import type { CycleRecord } from "../../core/model/records.ts";
import { INELIGIBLE_REASONS, type RosterEntry } from "../../core/model/roster.ts";
import { sealingShapes } from "./sealing-shape.ts";
import { decimal, digest, hex, int, kindOf, list, natural, ss58, text, unit } from "./shape-parts.ts";

/**
 * The exact shape of every record of a bundle: no field more, no field less, everything bounded. A bundle comes from
 * strangers; what passes here can be replayed without further looks at its form (docs/bundle.md, "Records").
 */

const evidence = z.strictObject({
  status: int.exactOptional(),
  invocationId: text.exactOptional(),
  elapsedMs: natural.exactOptional(),
  attempts: natural.exactOptional(),
  detail: text.exactOptional(),
});

const fault = z.strictObject({
  code: z.enum(FAULT_CODES),
  blame: z.enum(BLAMES),
  retryable: z.boolean(),
  message: text,
  remedy: text,
  evidence: evidence.exactOptional(),
}) satisfies z.ZodType<Fault>;

const neuron = z.strictObject({
  uid: natural,
  hotkey: ss58,
  stakeRao: decimal,
  permit: z.boolean(),
  active: z.boolean(),
  lastUpdate: natural,
  registeredAt: natural,
  incentive: natural,
});

const hyperparameters = z.strictObject({
  tempo: natural,
  weightsRateLimit: natural,
  weightsVersionKey: decimal,
  minAllowedWeights: natural,
  maxWeightsLimit: natural,
  commitRevealEnabled: z.boolean(),
  commitRevealPeriod: natural,
  commitRevealVersion: natural,
  stakeThresholdRao: decimal,
  mechanismCount: natural,
  immunityPeriod: natural,
  activityCutoff: natural,
});

const commitment = z.strictObject({
  hotkey: ss58,
  block: natural.nullable(),
  fields: list(z.strictObject({ kind: z.enum(["none", "raw", "hash", "timelocked", "other"]), data: hex }), 64),
  lastCommitment: natural.nullable(),
  revealed: list(z.strictObject({ block: natural, data: hex }), 64),
});

const snapshot = z.strictObject({
  ...kindOf("snapshot"),
  netuid: natural,
  mechid: natural,
  block: z.strictObject({ hash: digest, number: natural, timeMs: natural }),
  specVersion: natural,
  hyperparameters,
  epochState: z.strictObject({
    scheme: z.enum(["state", "modulo"]),
    mode: z.enum(["yuma", "null", "absent", "unknown"]),
    index: natural,
    lastEpochBlock: natural,
    pendingEpochAt: natural,
    blocksSinceLastStep: natural,
    nextEpochBlock: natural.nullable(),
    pruningTarget: natural.nullable(),
  }),
  ownerHotkey: ss58.nullable(),
  neurons: list(neuron),
  commitments: list(commitment),
  row: z
    .strictObject({
      uid: natural,
      hotkey: ss58,
      uids: list(natural),
      values: list(natural),
    })
    .nullable(),
  successors: list(z.strictObject({ from: ss58, to: ss58 })),
});

const view = z.strictObject({
  chuteId: text,
  name: text,
  slug: text,
  version: text.nullable(),
  revision: text.nullable(),
  template: text.nullable(),
  hot: z.boolean(),
  disabled: z.boolean(),
  tee: z.boolean(),
  cords: list(z.strictObject({ path: text, method: text, stream: z.boolean() }), 1000),
});

const miner = { uid: natural, hotkey: ss58, registeredAt: natural };

const entry = z.discriminatedUnion("eligible", [
  z.strictObject({
    ...miner,
    eligible: z.literal(true),
    committedAt: natural,
    target: z.strictObject({
      chuteId: text,
      slug: text,
      path: text,
      stream: z.boolean(),
      model: text,
      version: text.nullable(),
    }),
  }),
  z.strictObject({ ...miner, eligible: z.literal(false), reason: z.enum(INELIGIBLE_REASONS), detail: text }),
]) satisfies z.ZodType<RosterEntry>;

const roster = z.strictObject({
  ...kindOf("roster"),
  chutes: list(
    z.discriminatedUnion("found", [
      z.strictObject({ chuteId: text, found: z.literal(true), view }),
      z.strictObject({ chuteId: text, found: z.literal(false), fault }),
    ]),
  ),
  entries: list(entry),
});

const challenge = z.strictObject({
  ...kindOf("challenge"),
  publicSeed: digest,
  secretDigest: digest,
  tasks: list(
    z.strictObject({
      id: text,
      channel: z.enum(["verifiable", "judged"]),
      generator: text,
      prompt: text,
      expected: text.nullable(),
      maxTokens: natural,
    }),
    2000,
  ),
  deadlineBlock: int,
});

const usage = z.strictObject({ promptTokens: natural, completionTokens: natural }).nullable();
const attempts = list(z.strictObject({ status: natural.nullable(), fault: text.nullable(), elapsedMs: natural }), 100);

const response = z.strictObject({
  ...kindOf("response"),
  uid: natural,
  taskId: text,
  outcome: z.discriminatedUnion("answered", [
    z.strictObject({
      answered: z.literal(true),
      text: z.string(),
      textDigest: digest,
      finishReason: text,
      latencyMs: natural,
      firstTokenMs: natural.nullable(),
      usage,
      invocationId: text.nullable(),
      attempts,
    }),
    z.strictObject({ answered: z.literal(false), fault, attempts }),
  ]),
});

const judgement = z.strictObject({
  ...kindOf("judgement"),
  uid: natural,
  taskId: text,
  judge: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("verifier") }),
    z.strictObject({ kind: z.literal("model"), model: text, chuteId: text.nullable() }),
  ]),
  attempts: list(
    z.strictObject({
      promptDigest: digest,
      raw: z.string().nullable(),
      fault: fault.nullable(),
      usage,
      invocationId: text.nullable(),
    }),
    100,
  ),
  score: unit.nullable(),
  fault: fault.nullable(),
});

const record = z.discriminatedUnion("kind", [
  snapshot,
  roster,
  challenge,
  response,
  judgement,
  ...sealingShapes(fault),
]) satisfies z.ZodType<CycleRecord>;

/** Why a record is not of its shape, by field; undefined when it is. */
export function misshape(value: CycleRecord): { readonly field: string; readonly problem: string } | undefined {
  const parsed = record.safeParse(value);
  if (parsed.success) return undefined;
  const [issue] = parsed.error.issues;
  const field = (issue?.path ?? [])
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("");
  return { field: field.replace(/^\./, ""), problem: issue?.message ?? "another shape" };
}
