import { createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";
import type { Envelope } from "./envelope.ts";
import { withoutPadding } from "./padding.ts";

const TOKEN = /^[A-Za-z0-9_-]+={0,2}$/;
const VERSION = 0x80;
const SALT = Buffer.from("Iguesscyborgslikemyselfhaveatendencytobeparanoidaboutourorigins");
/** Version, time, initial vector. */
const HEAD = 1 + 8 + 16;
const MAC = 32;
const BLOCK = 16;

/**
 * A Fernet token, as older wallets wrote it: version, time, IV, AES-128-CBC, HMAC-SHA256 over all before it. The key is
 * PBKDF2-SHA256 with ten million rounds and a fixed salt; its first half authenticates, its second encrypts.
 */
export function openFernet(bytes: Uint8Array): Envelope | undefined {
  const text = Buffer.from(bytes).toString("latin1");
  const token = TOKEN.test(text) ? Buffer.from(text, "base64url") : Buffer.alloc(0);
  const sealed = token.subarray(HEAD, -MAC);
  if (token[0] !== VERSION || sealed.length === 0 || token.length !== HEAD + sealed.length + MAC) return undefined;
  if (sealed.length % BLOCK !== 0) return undefined;
  return {
    derivation: { kind: "pbkdf2", salt: SALT, rounds: 10_000_000, bytes: 32 },
    open: (key) => {
      const mac = createHmac("sha256", key.subarray(0, 16)).update(token.subarray(0, -MAC)).digest();
      if (!timingSafeEqual(mac, token.subarray(-MAC))) return undefined;
      const cipher = createDecipheriv("aes-128-cbc", key.subarray(16), token.subarray(9, HEAD)).setAutoPadding(false);
      return withoutPadding(Buffer.concat([cipher.update(sealed), cipher.final()]));
    },
  };
}
