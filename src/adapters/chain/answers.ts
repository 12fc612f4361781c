import * as z from "zod";
import type { Hex } from "../../core/model/ids.ts";
import { LinkError } from "./chain-fault.ts";

/** Shapes in which a node answers. What does not fit is a LinkError: the node cannot be read. */
const hash = z.string().regex(/^0x[0-9a-f]{64}$/) as unknown as z.ZodType<Hex>;
const hex = z.string().regex(/^0x(?:[0-9a-f]{2})*$/) as unknown as z.ZodType<Hex>;
const header = z.object({ number: z.string().regex(/^0x[0-9a-f]{1,12}$/) });

/** @throws LinkError with the name of what was asked for. */
export function parseAnswer<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new LinkError(`The chain node's answer for ${what} cannot be read.`, parsed.error);
}

export function asHash(value: unknown): Hex {
  return parseAnswer(hash, value, "a block hash");
}

export function asHex(value: unknown, what: string): Hex {
  return parseAnswer(hex, value, what);
}

/** The height in a header; null when there is none. */
export function asHeight(value: unknown): number | null {
  const parsed = header.safeParse(value);
  return parsed.success ? Number.parseInt(parsed.data.number.slice(2), 16) : null;
}

/** An unsigned integer as the library writes it: a number up to 2^53, hexadecimal above. */
export const natural: z.ZodType<bigint> = z
  .union([z.number().int().nonnegative(), z.string().regex(/^0x[0-9a-f]+$/)])
  .transform((value) => BigInt(value));

/** One that must fit a number: block heights, counts, u16 values. */
export const count: z.ZodType<number> = z
  .union([z.number().int().nonnegative(), z.string().regex(/^0x[0-9a-f]+$/)])
  .transform(Number)
  .refine(Number.isSafeInteger);
