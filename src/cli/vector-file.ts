import { readFileSync } from "node:fs";
import { z } from "zod";
import type { ProposedRow } from "../core/chain/yuma-state.ts";
import { ValidatorError } from "../core/model/fault.ts";

const u16 = z.int().min(0).max(65_535);
const vector = z
  .strictObject({ uids: z.array(u16).max(65_536), values: z.array(u16).max(65_536) })
  .refine(({ uids, values }) => uids.length === values.length, "uids and values must have the same length")
  .refine(
    ({ uids }) => new Set(uids).size === uids.length,
    "a uid stands there twice",
  ) satisfies z.ZodType<ProposedRow>;

/** `{"uids":[],"values":[]}`, u16, as a weight call takes them. @throws ValidatorError exit `configuration`. */
export function readVectorFile(path: string): ProposedRow {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw unusable(path, "it is not a readable JSON file", error);
  }
  const parsed = vector.safeParse(value);
  if (parsed.success) return parsed.data;
  throw unusable(path, parsed.error.issues[0]?.message ?? "it has another shape", parsed.error);
}

function unusable(path: string, why: string, cause: unknown): ValidatorError {
  return new ValidatorError(`The vector in ${path} cannot be used: ${why}.`, {
    exit: "configuration",
    code: "vector-unusable",
    blame: "validator",
    remedy: 'Write {"uids":[1,2],"values":[65535,32768]}: one list of uids, one of weights, both from 0 to 65535.',
    cause,
  });
}
