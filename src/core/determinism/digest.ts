import { createHash } from "node:crypto";
import type { Digest, Hex } from "../model/ids.ts";
import type { RecordKind } from "../model/record-base.ts";
import type { CycleRecord } from "../model/records.ts";
import { canonicalJson } from "./canonical.ts";

/** The one place in core that touches a platform module: SHA-256 (DESIGN §3). */

export type HashInput = string | Uint8Array;

/** SHA-256 of the parts one after the other; strings as UTF-8. */
export function sha256(...parts: readonly HashInput[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

export function toHex(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`;
}

/** @throws RangeError unless the text is `0x` and an even number of hexadecimal digits. */
export function fromHex(text: string): Uint8Array {
  if (!/^0x(?:[0-9a-f]{2})*$/i.test(text)) throw new RangeError("not hexadecimal with 0x in front");
  return new Uint8Array(Buffer.from(text.slice(2), "hex"));
}

/** SHA-256(tag ‖ 0x00 ‖ parts): a digest of one domain never equals one of another. */
export function taggedDigest(tag: string, ...parts: readonly HashInput[]): Digest {
  return toHex(sha256(tag, ZERO, ...parts));
}

const ZERO = new Uint8Array(1);

/** Digest of a record: domain `touchstone/record/<kind>/v1`, content its canonical JSON. */
export function recordDigest(record: CycleRecord): Digest {
  return known.get(record) ?? recordTextDigest(record.kind, canonicalJson(record));
}

/** Records never change, so that what was made from a record's own text when it was read need not be made again. */
const known = new WeakMap<CycleRecord, Digest>();

/** The digest of a record whose canonical JSON is `text`, kept for {@link recordDigest}. */
export function digestOfRead(record: CycleRecord, text: string): Digest {
  const digest = recordTextDigest(record.kind, text);
  known.set(record, digest);
  return digest;
}

/** The same digest from the record's canonical JSON, where that is already written. */
export function recordTextDigest(kind: RecordKind, text: string): Digest {
  return taggedDigest(`touchstone/record/${kind}/v1`, text);
}

/** Digest of a text as stored beside it, e.g. an answer that may later be withheld. */
export function textDigest(text: string): Digest {
  return taggedDigest("touchstone/text/v1", text);
}
