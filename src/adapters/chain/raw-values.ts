import * as z from "zod";
import type { Hex } from "../../core/model/ids.ts";
import { parseAnswer } from "./answers.ts";
import { LinkError } from "./chain-fault.ts";

export type Ask = (method: string, params: readonly unknown[]) => Promise<unknown>;

/** Public nodes bound the size of a request; a thousand keys are about 150 KB. */
const KEYS_PER_REQUEST = 1_000;

/**
 * `System.ParentHash`, which the state of every block of every chain has: where a node shows none it has lost that state, and
 * whatever else it calls empty is no news either.
 */
const PARENT_HASH = "0x26aa394eea5630e07c48ae0c9558cef78a42f33323cb5ced3b44dd825fda9fcc";

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
  const chunks: Promise<ReadonlyMap<string, Hex>>[] = [];
  for (let from = 0; from < keys.length; from += KEYS_PER_REQUEST) {
    chunks.push(chunk(ask, hash, keys.slice(from, from + KEYS_PER_REQUEST)));
  }
  for (const values of await Promise.all(chunks)) for (const [key, value] of values) found.set(key, value);
  return found;
}

async function chunk(ask: Ask, hash: Hex, keys: readonly string[]): Promise<ReadonlyMap<string, Hex>> {
  const answer = await ask("state_queryStorageAt", [[...keys, PARENT_HASH], hash]);
  const found = new Map<string, Hex>();
  for (const row of parseAnswer(changeSets, answer, "storage").flatMap((set) => set.changes)) {
    if (!isChange(row)) throw new LinkError("The chain node's answer for storage cannot be read.");
    const [key, value] = row;
    if (value !== null) found.set(key, value);
  }
  if (!found.delete(PARENT_HASH)) throw new LinkError("The chain node shows a block without any state.");
  return found;
}
