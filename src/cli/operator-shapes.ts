import { z } from "zod";
import type {
  JournalExportShape,
  JournalImportShape,
  MovedShape,
  PauseShape,
  StandingShape,
} from "./operator-types.ts";

/** Schemas of the commands around the data folder, a part of the machine interface (shapes.ts). */

const pause = z.strictObject({
  paused: z.boolean(),
  since: z.string().nullable(),
  reason: z.string().nullable(),
}) satisfies z.ZodType<PauseShape>;

const journalExport = z.strictObject({
  file: z.string(),
  bytes: z.int(),
  cycles: z.int(),
  moved: z.boolean(),
}) satisfies z.ZodType<JournalExportShape>;

const journalImport = z.strictObject({
  data: z.string(),
  cycles: z.int(),
  open: z.array(z.strictObject({ netuid: z.int(), mechid: z.int(), epoch: z.int(), claimed: z.boolean() })),
  hotkey: z.strictObject({ journal: z.string().nullable(), configured: z.string().nullable() }),
  warnings: z.array(z.strictObject({ code: z.literal("another-hotkey"), message: z.string(), remedy: z.string() })),
}) satisfies z.ZodType<JournalImportShape>;

const moved = z.strictObject({ at: z.string(), file: z.string() }) satisfies z.ZodType<MovedShape>;

const standing = z.strictObject({
  lastUpdate: z.int().nullable(),
  temposBehind: z.int().nullable(),
  settlement: z.strictObject({ epoch: z.int(), state: z.string(), cause: z.string().exactOptional() }).nullable(),
}) satisfies z.ZodType<StandingShape>;

export const OPERATOR_SHAPES: {
  readonly pause: z.ZodType<PauseShape>;
  readonly "journal-export": z.ZodType<JournalExportShape>;
  readonly "journal-import": z.ZodType<JournalImportShape>;
} = { pause, "journal-export": journalExport, "journal-import": journalImport };

/** Parts of the document of `status`. */
export const STATUS_PARTS: {
  readonly pause: z.ZodType<PauseShape>;
  readonly moved: z.ZodType<MovedShape>;
  readonly standing: z.ZodType<StandingShape>;
} = { pause, moved, standing };
