import { readFile, stat } from "node:fs/promises";
import { z } from "zod";
import { toHex } from "../../core/determinism/digest.ts";
import type { Ss58 } from "../../core/model/ids.ts";
import { decodeSs58, encodeSs58 } from "../../core/signing/ss58.ts";

/** What a keyfile's `pub.txt` claims; only the key itself can prove it. */
export interface PublicKeyFile {
  readonly hotkey: Ss58;
  readonly publicKey: string;
  readonly cryptoType: "sr25519" | "ed25519";
}

const MAX_BYTES = 64 * 1024;
const CONTENT = z.object({ ss58Address: z.string().max(64), cryptoType: z.unknown().optional() });

/** The `<hotkey>pub.txt` beside a keyfile; undefined where there is none that can be read (old wallets wrote none). */
export async function readPublicFile(keyfile: string): Promise<PublicKeyFile | undefined> {
  let text: string;
  try {
    const path = `${keyfile}pub.txt`;
    const facts = await stat(path);
    if (!facts.isFile() || facts.size > MAX_BYTES) return undefined;
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
  return parsePublicFile(text);
}

/** Total: whatever is in the file, the answer is a valid address or undefined. A missing curve is sr25519, as for keyfiles. */
export function parsePublicFile(text: string): PublicKeyFile | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const { data } = CONTENT.safeParse(value);
  const publicKey = data === undefined ? undefined : decodeSs58(data.ss58Address);
  if (data === undefined || publicKey === undefined) return undefined;
  const cryptoType = data.cryptoType === 0 ? "ed25519" : "sr25519";
  return { hotkey: encodeSs58(publicKey), publicKey: toHex(publicKey), cryptoType };
}
