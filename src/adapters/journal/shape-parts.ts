import { z } from "zod";
import type { Decimal, Digest, Hex, Ss58 } from "../../core/model/ids.ts";
import type { RecordKind } from "../../core/model/record-base.ts";

/** The small shapes of which the shapes of the records are made. */

const MAX_TEXT = 65_536;

export const int: z.ZodType<number> = z.int();
export const natural: z.ZodType<number> & z.ZodNumber = z.int().min(0);
export const real: z.ZodType<number> & z.ZodNumber = z.number();
export const unit: z.ZodType<number> & z.ZodNumber = z.number().min(0).max(1);
/** Words, sentences and prompts; answers have their own bound, which is the line's. */
export const text: z.ZodType<string> & z.ZodString = z.string().max(MAX_TEXT);
export const ss58: z.ZodType<Ss58> & z.ZodString = z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{40,60}$/);
export const decimal: z.ZodType<Decimal> & z.ZodString = z.string().regex(/^(0|[1-9][0-9]{0,38})$/);
export const hex: z.ZodType<Hex> = z.custom<Hex>(
  (value) => typeof value === "string" && value.length <= MAX_TEXT && /^0x([0-9a-f]{2})*$/.test(value),
  "lower-case hexadecimal with 0x in front",
);
export const digest: z.ZodType<Digest> = z.custom<Digest>(
  (value) => typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value),
  "0x and 64 lower-case hexadecimal digits",
);

/** The two fields that every record has. */
export function kindOf<K extends RecordKind>(
  kind: K,
): { kind: z.ZodLiteral<K>; parents: z.ZodArray<z.ZodType<Digest>> } {
  return { kind: z.literal(kind), parents: z.array(digest).max(16) };
}
