import type { DecodedCall, RuntimeCodec } from "../metadata/registry.ts";
import { timelockedArgs } from "./call-args.ts";

/** Bounds of `BoundedVec`s, which metadata does not tell: a runtime cannot even decode what is beyond them. */
const FIELDS = 3;
const BIG_RAW = 512;
const SEALED_COMMITMENT = 1024;
const SEALED_WEIGHTS = 32_768;
/** Before the bound grew there was no error for what is beyond it (chain-newest.md §9). */
const OLD_SEALED_WEIGHTS = 5000;

/** What is too long in the call, undefined when nothing is (chain.md §6.1, chain-newest.md N5). */
export function tooLong(call: DecodedCall, runtime: RuntimeCodec): string | undefined {
  const commit = timelockedArgs(call)?.commit;
  const most = runtime.hasError("SubtensorModule", "CommitPayloadTooLarge") ? SEALED_WEIGHTS : OLD_SEALED_WEIGHTS;
  if (commit !== undefined && commit.length > most) return `a commit of ${commit.length} bytes`;
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
