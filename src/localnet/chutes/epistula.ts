import { createHash } from "node:crypto";
import type { Ss58 } from "../../core/model/ids.ts";
import { publicKeyOf, verify } from "./sr25519.ts";

/**
 * The check in a simulated miner's own app (the platform has none, chutes.md §1.4). It is written from the protocol's text
 * and apart from core/signing, so that the two can disagree. No signature at all is accepted: most miners check nothing.
 */
export type SignatureVerdict =
  | { readonly kind: "absent" }
  | { readonly kind: "valid"; readonly dialect: "epistula-v2" | "epistula-legacy-004"; readonly signer: Ss58 }
  | { readonly kind: "refused"; readonly reason: string };

export interface Receiver {
  readonly hotkey: Ss58;
  readonly netuid: number;
  readonly mayAsk: (hotkey: Ss58) => boolean;
}

/** Header names in lower case. */
export interface SignedRequest {
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export type Headers = Readonly<Record<string, string | undefined>>;

/** Deployed receivers accept 8 s into the past and 2 s into the future (chutes.md §1.4). */
const PAST_MS = 8_000;
const FUTURE_MS = 2_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Remembers request ids as long as their timestamps are fresh; one a receiver. */
export class ReplayCache {
  readonly #seen = new Map<string, number>();

  /** False when this id was used before and is not yet forgotten. */
  first(id: string, nowMs: number): boolean {
    for (const [old, at] of this.#seen) {
      if (nowMs - at <= PAST_MS + FUTURE_MS) break;
      this.#seen.delete(old);
    }
    if (this.#seen.has(id)) return false;
    this.#seen.set(id, nowMs);
    return true;
  }
}

/** Judges the signature headers of one request. */
export function checkSignature(
  request: SignedRequest,
  receiver: Receiver,
  seen: ReplayCache,
  nowMs: number,
): SignatureVerdict {
  const names = Object.keys(request.headers);
  if (names.some((name) => name.startsWith("epistula-"))) return checkV2(request, receiver, seen, nowMs);
  if (names.some((name) => name.startsWith("x-epistula-"))) return checkLegacy(request, receiver);
  return { kind: "absent" };
}

interface Claim {
  readonly timestamp: string;
  readonly uuid: string;
  readonly signer: string;
  readonly signedFor: string | undefined;
}

function checkV2(request: SignedRequest, receiver: Receiver, seen: ReplayCache, nowMs: number): SignatureVerdict {
  const { headers } = request;
  const claim: Claim = {
    timestamp: headers["epistula-timestamp"] ?? "",
    uuid: headers["epistula-uuid"] ?? "",
    signer: headers["epistula-signed-by"] ?? "",
    signedFor: headers["epistula-signed-for"],
  };
  const malformed = checkClaim(headers, claim, receiver, nowMs);
  if (malformed !== undefined) return refuse(malformed);
  const message = `${bodyHash(request.body)}.${claim.uuid}.${claim.timestamp}.${claim.signedFor ?? ""}`;
  if (!signed(message, headers["epistula-request-signature"], claim.signer))
    return refuse("the signature does not match");
  const secret = checkSecrets(headers, claim);
  if (secret !== undefined) return refuse(secret);
  if (!receiver.mayAsk(claim.signer)) return refuse("the signer is no validator with a permit");
  if (!seen.first(claim.uuid, nowMs)) return refuse("the request was seen before");
  return { kind: "valid", dialect: "epistula-v2", signer: claim.signer };
}

/** What can be refused without a signature check. */
function checkClaim(headers: Headers, claim: Claim, receiver: Receiver, nowMs: number): string | undefined {
  if (headers["epistula-version"] !== "2") return "Epistula-Version is not 2";
  if (!/^\d{13}$/.test(claim.timestamp)) return "Epistula-Timestamp is not in milliseconds";
  if (!UUID.test(claim.uuid)) return "Epistula-Uuid is no UUID";
  const age = nowMs - Number(claim.timestamp);
  if (age > PAST_MS) return "the request is too old";
  if (age < -FUTURE_MS) return "the request is from the future";
  const foreign = claim.signedFor !== undefined && claim.signedFor !== receiver.hotkey;
  return foreign ? "the request is signed for another miner" : undefined;
}

/** Go form: signatures over interval − 1, interval, interval + 1, each with the receiver; interval = ⌈ms ÷ 10⁴⌉. */
function checkSecrets(headers: Headers, claim: Claim): string | undefined {
  const interval = Math.ceil(Number(claim.timestamp) / 10_000);
  for (const index of [0, 1, 2]) {
    const signature = headers[`epistula-secret-signature-${index}`];
    if (signature === undefined) continue;
    if (!signed(`${interval - 1 + index}.${claim.signedFor ?? ""}`, signature, claim.signer)) {
      return `Epistula-Secret-Signature-${index} does not match`;
    }
  }
  return undefined;
}

/** The brief's dialect: nanoseconds, hexadecimal without 0x, no freshness, no receiver (chutes.md §1.4). */
function checkLegacy(request: SignedRequest, receiver: Receiver): SignatureVerdict {
  const { headers } = request;
  const timestamp = headers["x-epistula-timestamp"] ?? "";
  const signature = headers["x-epistula-signature"] ?? "";
  const signer = headers["x-epistula-hotkey"] ?? "";
  if (!/^\d{19}$/.test(timestamp)) return refuse("X-Epistula-Timestamp is not in nanoseconds");
  if (headers["x-epistula-netuid"] !== String(receiver.netuid)) return refuse("X-Epistula-Netuid is another subnet");
  if (signature.startsWith("0x")) return refuse("X-Epistula-Signature has 0x in front");
  if (!signed(`${timestamp}.${bodyHash(request.body)}`, `0x${signature}`, signer)) {
    return refuse("the signature does not match");
  }
  if (!receiver.mayAsk(signer)) return refuse("the signer is no validator with a permit");
  return { kind: "valid", dialect: "epistula-legacy-004", signer };
}

function refuse(reason: string): SignatureVerdict {
  return { kind: "refused", reason };
}

function bodyHash(body: Uint8Array): string {
  return createHash("sha256").update(body).digest("hex");
}

function signed(message: string, signature: string | undefined, signer: string): boolean {
  const key = publicKeyOf(signer);
  if (key === undefined || signature === undefined || !/^0x[0-9a-f]{128}$/i.test(signature)) return false;
  return verify(Buffer.from(signature.slice(2), "hex"), Buffer.from(message, "utf8"), key);
}
