import { toHex } from "../../core/determinism/digest.ts";
import type { Engine } from "./engine.ts";
import type { RpcRequest } from "./rpc.ts";

type Params = readonly unknown[];
/** Runs the request once more with other parameters. */
type Again = (params: Params) => unknown;
interface Wrong {
  readonly engine: Engine;
  readonly params: Params;
  readonly right: unknown;
  readonly again: Again;
  /** So many blocks behind the truth. */
  readonly behind: number;
}

function olderHash({ engine: { chain }, behind }: Wrong, hash: unknown): string {
  const number = typeof hash === "string" ? (chain.numberOf(hash.toLowerCase() as `0x${string}`) ?? 0) : chain.best;
  return chain.hash(Math.max(0, number - behind));
}

const nothing = (): unknown => null;
const olderHead = (wrong: Wrong): unknown => olderHash(wrong, wrong.right);
const ofOlderBlock =
  (place: number) =>
  (wrong: Wrong): unknown => {
    const params = Array.from(
      { length: Math.max(place + 1, wrong.params.length) },
      (_, at) => wrong.params[at] ?? null,
    );
    params[place] = olderHash(wrong, params[place]);
    return wrong.again(params);
  };

function emptyChanges({ right }: Wrong): unknown {
  const sets = right as readonly {
    readonly block: string;
    readonly changes: readonly (readonly [string, unknown])[];
  }[];
  return sets.map(({ block, changes }) => ({ block, changes: changes.map(([key]) => [key, null]) }));
}

function olderCall(wrong: Wrong): unknown {
  const [name, input] = wrong.params;
  // What the runtime is stays right: with another one nothing could be read at all.
  if (typeof name === "string" && /^(?:Metadata|Core)_/.test(name)) return wrong.right;
  return ofOlderBlock(2)({ ...wrong, params: [name, input ?? toHex(new Uint8Array(0)), wrong.params[2]] });
}

/** What a node that has lost its way says: well-formed, and not so. Reads of the state are empty, heads and calls are old. */
const WRONG: Readonly<Record<string, (wrong: Wrong) => unknown>> = {
  state_getStorage: nothing,
  state_getStorageAt: nothing,
  state_getStorageHash: nothing,
  state_getStorageSize: nothing,
  state_getKeysPaged: () => [],
  state_queryStorageAt: emptyChanges,
  state_call: olderCall,
  chain_getHeader: ofOlderBlock(0),
  chain_getBlock: ofOlderBlock(0),
  chain_getFinalizedHead: olderHead,
  chain_getHead: olderHead,
  account_nextIndex: () => 0,
  system_accountNextIndex: () => 0,
};

/** The wrong answer to a request; methods that have none are answered rightly. */
export function wrongAnswer(
  engine: Engine,
  request: RpcRequest,
  run: { readonly right: unknown; readonly again: Again; readonly behind: number },
): unknown {
  const wrong = Object.hasOwn(WRONG, request.method) ? WRONG[request.method] : undefined;
  if (wrong === undefined) return run.right;
  const params = Array.isArray(request.params) ? (request.params as unknown[]) : [];
  return wrong({ engine, params, ...run });
}
