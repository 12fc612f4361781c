import { z } from "zod";

/** The kinds of fields of touchstone.yaml. Each says in one phrase what it allows: the same phrase in errors and in the schema. */

export function matching(allowed: string, test: (text: string) => boolean): z.ZodString {
  return z.string({ error: allowed }).refine(test, { error: allowed }).meta({ description: allowed });
}

export function text(allowed: string, pattern: RegExp): z.ZodString {
  return z.string({ error: allowed }).regex(pattern, { error: allowed }).meta({ description: allowed });
}

export function path(what: string): z.ZodString {
  return text(`the path of ${what}, without control characters`, /^[^\p{Cc}]{1,4096}$/u);
}

export function whole(low: number, high: number): z.ZodNumber {
  const error = `a whole number from ${low} to ${high}`;
  return z.number({ error }).int({ error }).min(low, { error }).max(high, { error }).meta({ description: error });
}

/** Ends are included, but 0 is left out where only a positive share makes sense. */
export function real(low: number, high: number, positive = false): z.ZodNumber {
  const error = positive ? `a number above ${low} and up to ${high}` : `a number from ${low} to ${high}`;
  const number = z.number({ error }).max(high, { error });
  return (positive ? number.gt(low, { error }) : number.min(low, { error })).meta({ description: error });
}

/** The API key travels there: https, or http on this machine only. */
const WEB = "an https:// address without path, query or /v1 (http:// only for this machine)";

/** An address as its origin. */
export const WEB_ADDRESS: z.ZodType<string, string> = matching(WEB, (value) => {
  const url = URL.parse(value);
  if (url === null || url.search !== "" || url.hash !== "" || url.username !== "" || url.pathname !== "/") return false;
  const here = ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  return url.protocol === "https:" || (url.protocol === "http:" && here);
}).overwrite((value) => URL.parse(value)?.origin ?? value);
