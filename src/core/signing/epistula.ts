import type { Hex, Ss58 } from "../model/ids.ts";

/**
 * Epistula, the signed-request dialect of Bittensor subnets: version 2 with its interval ("secret") signatures, and the
 * `legacy-004` form (chutes.md §1.4). Pure: what is signed and which headers carry it.
 */

export interface EpistulaV2 {
  /** SHA-256 of the exact body bytes, 64 lower-case hexadecimal digits without 0x. */
  readonly bodySha256: string;
  readonly uuid: string;
  readonly timestampMs: number;
  /** Null: for any receiver; the message then ends in a dot. */
  readonly signedFor: Ss58 | null;
}

export function epistulaV2Message(request: EpistulaV2): string {
  return `${request.bodySha256}.${request.uuid}.${request.timestampMs}.${request.signedFor ?? ""}`;
}

/** Number of the ten-second interval in the form of the Go implementation: ceil(ms / 10,000). */
export function epistulaInterval(timestampMs: number): number {
  return Math.ceil(timestampMs / 10_000);
}

/** Signed for the interval before, the current and the next one: Secret-Signature-0, -1 and -2. */
export function epistulaIntervalMessage(interval: number, signedFor: Ss58): string {
  return `${interval}.${signedFor}`;
}

/** `timestampNs`: Unix nanoseconds as decimal digits. Names no receiver: a miner can replay it to another one. */
export function epistulaLegacyMessage(timestampNs: string, bodySha256: string): string {
  return `${timestampNs}.${bodySha256}`;
}

export interface SignedEpistulaV2 extends Omit<EpistulaV2, "bodySha256"> {
  readonly signedBy: Ss58;
  readonly signature: Hex;
  /** For the intervals before, now and next; null without a receiver. */
  readonly secretSignatures: readonly [Hex, Hex, Hex] | null;
}

/** Signatures of version 2 travel as `0x` and hexadecimal digits. */
export function epistulaV2Headers(request: SignedEpistulaV2): Record<string, string> {
  const headers: Record<string, string> = {
    "Epistula-Version": "2",
    "Epistula-Timestamp": String(request.timestampMs),
    "Epistula-Uuid": request.uuid,
    "Epistula-Signed-By": request.signedBy,
    "Epistula-Request-Signature": request.signature,
  };
  if (request.signedFor !== null) headers["Epistula-Signed-For"] = request.signedFor;
  request.secretSignatures?.forEach((signature, index) => {
    headers[`Epistula-Secret-Signature-${index}`] = signature;
  });
  return headers;
}

export interface SignedEpistulaLegacy {
  readonly timestampNs: string;
  readonly signedBy: Ss58;
  readonly signature: Hex;
  readonly netuid: number;
}

/** The signature of this form travels without `0x`. */
export function epistulaLegacyHeaders(request: SignedEpistulaLegacy): Record<string, string> {
  return {
    "X-Epistula-Timestamp": request.timestampNs,
    "X-Epistula-Signature": request.signature.slice(2),
    "X-Epistula-Hotkey": request.signedBy,
    "X-Epistula-Netuid": String(request.netuid),
  };
}
