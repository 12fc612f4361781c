/** The bytes before PKCS#7 padding to blocks of 16; undefined when it is none. */
export function withoutPadding(bytes: Uint8Array): Uint8Array | undefined {
  const count = bytes.at(-1) ?? 0;
  if (count < 1 || count > 16 || !bytes.subarray(-count).every((byte) => byte === count)) return undefined;
  return bytes.subarray(0, -count);
}
