import * as z from "zod";
import type { Hex } from "../../core/model/ids.ts";
import { parseAnswer } from "./answers.ts";
import { LinkError } from "./chain-fault.ts";

export type Ask = (method: string, params: readonly unknown[]) => Promise<unknown>;

/** Public nodes bound the size of a request; a thousand keys are about 150 KB. */
const KEYS_PER_REQUEST = 1_000;

type Change = readonly [key: string, value: Hex | null];

/** By hand: a snapshot holds thousands of them. */
function isChange(row: unknown): row is Change {
  if (!Array.isArray(row) || row.length !== 2) return false;
  const [key, value] = row as readonly unknown[];
  return (
    typeof key === "string" && (value === null || (typeof value === "string" && /^0x(?:[0-9a-f]{2})*$/.test(value)))
  );
}

const changeSets = z.array(z.object({ changes: z.array(z.unknown()) }));

/** Storage by key at one block; keys without a value are left out. @throws LinkError, RpcError. */
export async function rawValues(ask: Ask, hash: Hex, keys: readonly string[]): Promise<ReadonlyMap<string, Hex>> {
  const found = new Map<string, Hex>();
  const chunks: Promise<unknown>[] = [];
  for (let from = 0; from < keys.length; from += KEYS_PER_REQUEST) {
    chunks.push(ask("state_queryStorageAt", [keys.slice(from, from + KEYS_PER_REQUEST), hash]));
  }
  for (const answer of await Promise.all(chunks)) {
    for (const row of parseAnswer(changeSets, answer, "storage").flatMap((set) => set.changes)) {
      if (!isChange(row)) throw new LinkError("The chain node's answer for storage cannot be read.");
      const [key, value] = row;
      if (value !== null) found.set(key, value);
    }
  }
  return found;
}
