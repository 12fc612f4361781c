import { createHash } from "node:crypto";

/** NAMESPACE_OID of RFC 9562 §6.6; every deterministic id of the platform lives in it (chutes.md §6.1). */
const NAMESPACE_OID = Buffer.from("6ba7b8129dad11d180b400c04fd430c8", "hex");

/** UUIDv5 of a name in NAMESPACE_OID, lower case with dashes. */
export function uuid5(name: string): string {
  const bytes = createHash("sha1").update(NAMESPACE_OID).update(name, "utf8").digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return uuidText(bytes);
}

/** The usual spelling of 16 bytes as a UUID. */
export function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
