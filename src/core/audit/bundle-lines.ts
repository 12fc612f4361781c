import { canonicalJson, parseCanonical } from "../determinism/canonical.ts";
import { digestOfRead, recordTextDigest } from "../determinism/digest.ts";
import type { Digest } from "../model/ids.ts";
import { RECORD_KINDS, type RecordKind } from "../model/record-base.ts";
import type { CycleRecord } from "../model/records.ts";

/**
 * One line of a bundle: `{"digest":"0x…","record":{…}}` in canonical form, without the line feed. The digest only names
 * the record for a reader with `jq`; nothing trusts it, it is recomputed from the record's own text.
 */

/** What is wrong with a bundle, as a sentence; `line` counts from 1. */
export interface BundleDamage {
  readonly damage: string;
  readonly line: number;
}

export interface BundleLine {
  /** Recomputed from the content. */
  readonly digest: Digest;
  /** As the line says; differs from `digest` when one of the two was changed. */
  readonly stated: Digest;
  /** Canonical, with a known kind and well-formed parents; its other fields are unchecked. */
  readonly record: CycleRecord;
}

const KINDS: ReadonlySet<string> = new Set(RECORD_KINDS);
const DIGEST = /^0x[0-9a-f]{64}$/;
const RECORD_AT = `{"digest":"0x${"0".repeat(64)}","record":`.length;
/** Deeper than any record of ours (8) and than what canonical JSON writes at all (32, and one for the line itself). */
const MAX_BRACKETS = 33;

/** @throws CanonicalError when the record holds what canonical JSON cannot. */
export function toLine(record: CycleRecord): string {
  const text = canonicalJson(record);
  return `{"digest":"${recordTextDigest(record.kind, text)}","record":${text}}`;
}

/** Reads line number `line` of a bundle. Total: whatever the text is, the answer is a value. */
export function parseLine(text: string, line: number): BundleLine | BundleDamage {
  if (tooDeep(text)) return { damage: `brackets are nested deeper than ${MAX_BRACKETS}`, line };
  let value: unknown;
  try {
    value = parseCanonical(text);
  } catch (error) {
    return { damage: error instanceof Error ? error.message : "unreadable", line };
  }
  if (!isObject(value) || Object.keys(value).join() !== "digest,record") {
    return { damage: "the line is not an object of digest and record", line };
  }
  const { digest: stated, record } = value;
  if (!isDigest(stated)) return { damage: "digest is not 0x and 64 lower-case hexadecimal digits", line };
  if (!isRecord(record)) return { damage: "record has no known kind, or parents that are not digests", line };
  return { digest: digestOfRead(record, text.slice(RECORD_AT, -1)), stated, record };
}

export function isDamage(value: object): value is BundleDamage {
  return "damage" in value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isDigest(value: unknown): value is Digest {
  return typeof value === "string" && DIGEST.test(value);
}

function isRecord(value: unknown): value is CycleRecord & { readonly kind: RecordKind } {
  if (!isObject(value)) return false;
  const { kind, parents } = value;
  return typeof kind === "string" && KINDS.has(kind) && Array.isArray(parents) && parents.every(isDigest);
}

/** Brackets outside strings are counted before JSON.parse sees the text. */
function tooDeep(text: string): boolean {
  if (openings(text) <= MAX_BRACKETS) return false;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) inString = !inString;
    else if (inString) at += unit === BACKSLASH ? 1 : 0;
    // Bit 5 is all that tells [ from { and ] from }.
    else if ((unit | 0x20) === OPENING) depth += 1;
    else if ((unit | 0x20) === CLOSING) depth -= 1;
    if (depth > MAX_BRACKETS) return true;
  }
  return false;
}

/** Up to one more than may be nested: most lines have so few that no further look is needed. */
function openings(text: string): number {
  let count = 0;
  for (const bracket of ["{", "["]) {
    for (let at = text.indexOf(bracket); at !== -1 && count <= MAX_BRACKETS; at = text.indexOf(bracket, at + 1)) {
      count += 1;
    }
  }
  return count;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = 0x7b;
const CLOSING = 0x7d;
