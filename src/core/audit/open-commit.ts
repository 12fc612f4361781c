import { fromHex } from "../determinism/digest.ts";
import type { Hex } from "../model/ids.ts";
import type { Commit } from "../model/records.ts";
import { isPulse } from "../timelock/beacon.ts";
import { parseCiphertext } from "../timelock/ciphertext.ts";
import { decodePayload, type WeightsPayload } from "../timelock/payload.ts";
import { decrypt } from "../timelock/timelock.ts";

/**
 * What a commit holds, or undefined where this pulse does not open it into weights. On a public network the pulse must be the
 * beacon's own signature of the commit's round, else it is none; elsewhere the opening is the only check there is (timelock.md
 * §4). Total over hexadecimal text.
 */
export function openCommit(
  { bytes, round }: Commit,
  pulse: Hex,
  publicBeacon: boolean,
): WeightsPayload | "no-pulse" | undefined {
  if (publicBeacon && !(round >= 1 && isPulse(round, fromHex(pulse)))) return "no-pulse";
  const parsed = parseCiphertext(fromHex(bytes));
  if (typeof parsed === "string") return undefined;
  const plaintext = decrypt(parsed, fromHex(pulse));
  if (typeof plaintext === "string") return undefined;
  const payload = decodePayload(plaintext);
  return typeof payload === "string" ? undefined : payload;
}
