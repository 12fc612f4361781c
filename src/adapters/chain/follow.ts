import * as z from "zod";
import { type Fault, isFault } from "../../core/model/fault.ts";
import type { Hex } from "../../core/model/ids.ts";
import { asHash, asHeight, asHex, parseAnswer } from "./answers.ts";
import { LinkError, orFault } from "./chain-fault.ts";
import type { ChainConnection } from "./connection.ts";
import { extrinsicHash } from "./extrinsic.ts";

/** An extrinsic in a finalized block. */
export interface Inclusion {
  readonly block: { readonly hash: Hex; readonly number: number };
  readonly index: number;
}

export interface Search {
  readonly extrinsic: Hex;
  readonly eraBirth: number;
  readonly eraPeriod: number;
  /** Milliseconds without any new finalized block after which the search is given up. */
  readonly patienceMs: number;
  /** How long to wait for an announced head before looking anyway: a subscription may have died silently. */
  readonly lookMs: number;
}

const block = z.object({ block: z.object({ header: z.unknown(), extrinsics: z.array(z.string()) }) });

/**
 * Looks for the extrinsic in the finalized blocks of its era, waiting for them: a watched submission is lost with its link
 * (T34), and a block that is not final may go again. Null when the era is over without it: then it never happened.
 */
export async function findFinalized(
  connection: ChainConnection,
  search: Search,
  signal: AbortSignal,
): Promise<Inclusion | null | Fault> {
  const walk: Walk = { next: search.eraBirth + 1, last: search.eraBirth + search.eraPeriod, seen: -1 };
  let movedAt = performance.now();
  for (;;) {
    const before = walk.next;
    const { height } = connection.heads;
    const found = await orFault(() => advance(connection, search.extrinsic, walk, signal), signal);
    if (found !== "later" && !(found !== null && isFault(found))) return found;
    if (walk.next > before) movedAt = performance.now();
    const left = search.patienceMs - (performance.now() - movedAt);
    if (left <= 0) return unconfirmed(found === "later" ? "The chain finalizes no blocks." : found.message);
    // After trouble no head is worth hurrying for; a node that is behind has to reach what another has shown.
    const seen = found === "later" ? Math.max(walk.seen, height) : Number.MAX_SAFE_INTEGER;
    await connection.heads.beyond(seen, Math.min(search.lookMs, left), signal);
  }
}

/** Where the search stands: the next block to look into, the last of the era, the finalized head looked up to. */
interface Walk {
  next: number;
  readonly last: number;
  seen: number;
}

/** Looks into every block that is final by now. */
async function advance(
  connection: ChainConnection,
  extrinsic: Hex,
  walk: Walk,
  signal: AbortSignal,
): Promise<Inclusion | null | "later"> {
  walk.seen = (await connection.heads.latest(signal)).finalized;
  for (; walk.next <= Math.min(walk.seen, walk.last); walk.next += 1) {
    const found = await lookInto(connection, extrinsic, walk.next, signal);
    if (found !== null) return found;
  }
  return walk.seen >= walk.last ? null : "later";
}

async function lookInto(
  connection: ChainConnection,
  extrinsic: Hex,
  number: number,
  signal: AbortSignal,
): Promise<Inclusion | null> {
  const { heads } = connection;
  // A node that is behind the one before may still have another block at that height.
  const hash = heads.hashAt(number) ?? asHash(await connection.request("chain_getBlockHash", [number], signal));
  const answer = await connection.request("chain_getBlock", [hash], signal);
  const { extrinsics, header } = parseAnswer(block, answer, "a block").block;
  heads.requireHeader(header, hash);
  if (asHeight(header) !== number) throw new LinkError("The chain node answered with a block of another height.");
  const index = extrinsics.findIndex(
    (bytes) => extrinsicHash(connection.api, asHex(bytes, "an extrinsic")) === extrinsic,
  );
  return index === -1 ? null : { block: { hash, number }, index };
}

function unconfirmed(why: string): Fault {
  return {
    code: "chain-unconfirmed",
    blame: "chain",
    retryable: true,
    message: `What became of the submission is not known. ${why}`,
    remedy: "It is looked for again before anything else is sent.",
  };
}

/** The era ended and the extrinsic stands in none of its blocks. */
export function neverIncluded(): Fault {
  return {
    code: "chain-unconfirmed",
    blame: "chain",
    retryable: true,
    message: "The chain did not include the weights while they were valid, and cannot any more.",
    remedy: "They are signed again and sent; if that repeats, check the endpoint.",
  };
}
