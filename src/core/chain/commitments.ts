import { fromHex } from "../determinism/digest.ts";
import type { Commitment } from "../model/metagraph.ts";
import type { ChuteClaim } from "../model/pack.ts";

/** Reads a miner's claim out of its on-chain commitment (docs/bundle.md, "Commitments"; chain.md §6.5). */

/** The chain's own bound of a timelocked commitment; a longer text is no claim. */
export const MAX_CLAIM_BYTES = 1024;
const MAX_DEPTH = 16;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** At most 256 code points, no control characters: a name must be fit for logs, prompts and reports. */
const MODEL = /^[^\p{Cc}\p{Cs}]{0,256}$/u;

/** Why a commitment is no claim; a closed list, because it stands in the bundle. */
export type ClaimDefect =
  | "no-text"
  | "too-long"
  | "not-utf8"
  | "not-json"
  | "too-deep"
  | "not-an-object"
  | "chute-id-missing"
  | "chute-id-not-a-uuid"
  | "model-not-a-name";

export type ClaimReading =
  /** `block`: when it was committed, as far as the chain still says. */
  | { readonly kind: "claim"; readonly claim: ChuteClaim; readonly block: number }
  | { readonly kind: "sealed" }
  | { readonly kind: "unreadable"; readonly detail: ClaimDefect };

/** The newest readable statement of a miner. Total: never throws. */
export function claimOf(commitment: Commitment): ClaimReading {
  const newest = newestStatement(commitment);
  if (newest === null) {
    const sealed = commitment.fields.some((field) => field.kind === "timelocked");
    return sealed ? { kind: "sealed" } : { kind: "unreadable", detail: "no-text" };
  }
  const claim = parseClaim(newest.text);
  if (typeof claim === "string") return { kind: "unreadable", detail: claim };
  return { kind: "claim", claim, block: newest.block };
}

interface Statement {
  readonly text: Uint8Array;
  readonly block: number;
}

/**
 * A revealed text beats the row's plain fields when it was revealed at or after the row's block: a later commitment destroys
 * what was still sealed, so such a text can only come from the row itself.
 */
function newestStatement(commitment: Commitment): Statement | null {
  const revealed = newestRevealed(commitment);
  const raw = commitment.fields.filter((field) => field.kind === "raw");
  const { block } = commitment;
  if (block === null || raw.length === 0 || (revealed !== null && revealed.block >= block)) {
    return revealed === null ? null : { text: revealed.text, block: committedAt(commitment, revealed.block) };
  }
  return { text: joined(raw.map((field) => bytesOf(field.data))), block };
}

/** The last of the entries with the highest block. */
function newestRevealed(commitment: Commitment): Statement | null {
  let newest: Commitment["revealed"][number] | null = null;
  for (const entry of commitment.revealed) if (newest === null || entry.block >= newest.block) newest = entry;
  return newest === null ? null : { text: bytesOf(newest.data), block: newest.block };
}

/** When the text revealed at `revealBlock` was committed; the reveal itself when a later commitment hides that. */
function committedAt(commitment: Commitment, revealBlock: number): number {
  const last = commitment.lastCommitment ?? commitment.block;
  return last !== null && last <= revealBlock ? last : revealBlock;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** A record from elsewhere may hold anything; what is not hexadecimal is no text. */
function bytesOf(data: string): Uint8Array {
  return /^0x(?:[0-9a-f]{2})*$/.test(data) ? fromHex(data) : new Uint8Array(0);
}

function parseClaim(text: Uint8Array): ChuteClaim | ClaimDefect {
  if (text.length === 0) return "no-text";
  if (text.length > MAX_CLAIM_BYTES) return "too-long";
  const decoded = decodeUtf8(text);
  if (decoded === null) return "not-utf8";
  const value = decodeJson(decoded);
  if (value === undefined) return "not-json";
  if (isDeeper(value, MAX_DEPTH)) return "too-deep";
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "not-an-object";
  return claimFrom(value as Readonly<Record<string, unknown>>);
}

/** Miners write `model` or `model_name` (chutes.md §6.3); a missing name is the empty one, the chute id is what counts. */
function claimFrom(value: Readonly<Record<string, unknown>>): ChuteClaim | ClaimDefect {
  const chuteId = own(value, "chute_id");
  if (chuteId === undefined) return "chute-id-missing";
  if (typeof chuteId !== "string" || !UUID.test(chuteId)) return "chute-id-not-a-uuid";
  const model = own(value, "model") ?? own(value, "model_name") ?? "";
  if (typeof model !== "string" || !MODEL.test(model)) return "model-not-a-name";
  return { chuteId: chuteId.toLowerCase(), model };
}

function own(value: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function decodeJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((item) => isDeeper(item, depth - 1));
}

/**
 * A revealed text is a SCALE string: a compact length, then UTF-8. The length is dropped by its mode and not compared with
 * the rest, as the Python SDK does it (sdk-vectors/README.md, commitments.json).
 */
export function withoutCompactPrefix(data: Uint8Array): Uint8Array {
  const [first] = data;
  if (first === undefined) return data;
  const mode = first % 4;
  const length = mode === 3 ? 5 + Math.floor(first / 4) : [1, 2, 4][mode];
  return data.subarray(length);
}
