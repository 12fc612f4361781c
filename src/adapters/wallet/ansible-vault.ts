import { createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";
import type { Envelope } from "./envelope.ts";
import { withoutPadding } from "./padding.ts";

const HEX = /^(?:[0-9a-f]{2})+$/i;

/**
 * Ansible Vault 1.1 without a vault id, as the oldest wallets wrote it: hexadecimal of three lines of hexadecimal (salt, MAC,
 * ciphertext). PBKDF2-SHA256 gives AES-256 key, MAC key and counter. Headers 1.0 and 1.2 are refused, as by the Python readers.
 */
export function openAnsibleVault(bytes: Uint8Array): Envelope | undefined {
  const [header, ...lines] = Buffer.from(bytes).toString("latin1").trimEnd().split(/\r?\n/);
  const outer = unhex(lines.join(""));
  if (header !== "$ANSIBLE_VAULT;1.1;AES256" || outer === undefined) return undefined;
  const [salt, mac, sealed, ...more] = outer.toString("latin1").split("\n").map(unhex);
  if (salt?.length !== 32 || mac?.length !== 32 || sealed === undefined || more.length > 0) return undefined;
  return {
    derivation: { kind: "pbkdf2", salt, rounds: 10_000, bytes: 80 },
    open: (key) => {
      if (!timingSafeEqual(createHmac("sha256", key.subarray(32, 64)).update(sealed).digest(), mac)) return undefined;
      // Padded all the same, though counter mode needs no padding.
      const cipher = createDecipheriv("aes-256-ctr", key.subarray(0, 32), key.subarray(64, 80));
      return withoutPadding(Buffer.concat([cipher.update(sealed), cipher.final()]));
    },
  };
}

function unhex(text: string): Buffer | undefined {
  return HEX.test(text) ? Buffer.from(text, "hex") : undefined;
}
