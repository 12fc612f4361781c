import type { DecodedCall } from "../metadata/registry.ts";
import { timelockedArgs } from "./call-args.ts";

/** Bounds of `BoundedVec`s, which metadata does not tell: a runtime cannot even decode what is beyond them. */
const FIELDS = 3;
const BIG_RAW = 512;
const SEALED_COMMITMENT = 1024;
const SEALED_WEIGHTS = 32_768;

/** What is too long in the call, undefined when nothing is (chain.md §6.1, chain-newest.md N5). */
export function tooLong(call: DecodedCall): string | undefined {
  const commit = timelockedArgs(call)?.commit;
  if (commit !== undefined && commit.length > SEALED_WEIGHTS) return `a commit of ${commit.length} bytes`;
  if (call.pallet !== "Commitments" || call.call !== "set_commitment") return undefined;
  const { fields } = call.args["info"] as { readonly fields: readonly { type: string; value?: unknown }[] };
  if (fields.length > FIELDS) return `${fields.length} commitment fields`;
  const long = fields.find(({ value }) => isTooLong(value));
  return long === undefined ? undefined : `a ${long.type} field`;
}

function isTooLong(value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length > BIG_RAW;
  if (typeof value !== "object" || value === null || !("encrypted" in value)) return false;
  return value.encrypted instanceof Uint8Array && value.encrypted.length > SEALED_COMMITMENT;
}
