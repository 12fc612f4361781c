import { fromHex } from "../determinism/digest.ts";
import type { Hex } from "../model/ids.ts";
import type { Commit } from "../model/records.ts";
import { parseCiphertext } from "../timelock/ciphertext.ts";
import { decodePayload, type WeightsPayload } from "../timelock/payload.ts";
import { decrypt } from "../timelock/timelock.ts";

/**
 * What a commit holds, or undefined where this pulse does not open it into weights. The opening checks itself: no other signature
 * than the round's passes (timelock.md §4). Total over hexadecimal text.
 */
export function openCommit({ bytes }: Commit, pulse: Hex): WeightsPayload | undefined {
  const parsed = parseCiphertext(fromHex(bytes));
  if (typeof parsed === "string") return undefined;
  const plaintext = decrypt(parsed, fromHex(pulse));
  if (typeof plaintext === "string") return undefined;
  const payload = decodePayload(plaintext);
  return typeof payload === "string" ? undefined : payload;
}
