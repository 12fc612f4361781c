import type { Digest } from "../model/ids.ts";

const SEAL_DOMAIN = "touchstone seal v1";

/**
 * The text a hotkey signs for a seal: a first line that no request dialect can begin with, then the digest of the seal's
 * body as `0x` and 64 lower-case hexadecimal digits, no line feed at the end (docs/bundle.md).
 */
export function sealMessage(digest: Digest): string {
  return `${SEAL_DOMAIN}\n${digest}`;
}
