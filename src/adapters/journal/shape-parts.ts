import { z } from "zod";
import type { Decimal, Digest, Hex, Ss58 } from "../../core/model/ids.ts";
import type { RecordKind } from "../../core/model/record-base.ts";

/** The small shapes of which the shapes of the records are made. */

const MAX_TEXT = 65_536;
/** No list of ours is longer: uids are 16 bits wide. */
const MAX_ITEMS = 65_536;

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
/** The same, of exactly so many bytes or up to so many. */
export function hexBytes(least: number, most: number): z.ZodType<Hex> {
  return z.custom<Hex>(
    (value) =>
      typeof value === "string" &&
      value.length >= 2 + 2 * least &&
      value.length <= 2 + 2 * most &&
      /^0x([0-9a-f]{2})*$/.test(value),
    least === most ? `${most} bytes in hexadecimal` : `${least} to ${most} bytes in hexadecimal`,
  );
}
export const u16: z.ZodType<number> & z.ZodNumber = z.int().min(0).max(65_535);
export const digest: z.ZodType<Digest> = z.custom<Digest>(
  (value) => typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value),
  "0x and 64 lower-case hexadecimal digits",
);

/**
 * A list of at most so many items. Of the first wrong item it says what is wrong and looks at no further one: a stranger's
 * list may hold millions, and an issue for each would fill the memory.
 */
export function list<T>(item: z.ZodType<T>, most: number = MAX_ITEMS): z.ZodType<readonly T[]> {
  return z.custom<readonly T[]>().superRefine((value: unknown, context) => {
    const wrong = wrongItem(value, item, most);
    if (wrong !== undefined) context.addIssue({ code: "custom", ...wrong });
  });
}

function wrongItem<T>(
  value: unknown,
  item: z.ZodType<T>,
  most: number,
): { readonly path: PropertyKey[]; readonly message: string } | undefined {
  if (!Array.isArray(value)) return { path: [], message: "Invalid input: expected a list" };
  if (value.length > most) return { path: [], message: `Too long: expected at most ${most} items` };
  for (const [index, entry] of value.entries()) {
    const issue = item.safeParse(entry).error?.issues[0];
    if (issue !== undefined) return { path: [index, ...issue.path], message: issue.message };
  }
  return undefined;
}

/** The two fields that every record has. */
export function kindOf<K extends RecordKind>(
  kind: K,
): { kind: z.ZodLiteral<K>; parents: z.ZodType<readonly Digest[]> } {
  return { kind: z.literal(kind), parents: list(digest, 16) };
}
