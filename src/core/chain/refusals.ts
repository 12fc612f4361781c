import type { Fault } from "../model/fault.ts";
import { OTHER_CALL_REFUSALS } from "./refusals-other-calls.ts";
import { PALLET_REFUSALS } from "./refusals-pallets.ts";
import { CUSTOM_ERRORS, POOL_VARIANTS } from "./refusals-pool.ts";
import { RPC_CODES } from "./refusals-rpc.ts";
import { type Refusal, rebuild } from "./refusals-shape.ts";
import { WEIGHT_CALL_REFUSALS } from "./refusals-weight-calls.ts";

/**
 * What the chain says when it does not take weights, and what to do then (chain.md §10, chain-newest.md §7). Names and not
 * numbers: error indexes move with every runtime. Dispatch errors of SubtensorModule stand by their bare name, as do those of
 * no pallet; those of other pallets have the pallet in front.
 */
export const REFUSALS: ReadonlyMap<string, Refusal> = new Map([
  ...WEIGHT_CALL_REFUSALS,
  ...OTHER_CALL_REFUSALS,
  ...PALLET_REFUSALS,
]);

/** The Fault for an error that a block's dispatch ended in. `name` as in the metadata, `Pallet.Name` outside SubtensorModule. */
export function dispatchRefusal(name: string): Fault {
  const refusal = REFUSALS.get(name) ?? REFUSALS.get(capital(name)) ?? unknown("refused the weights", name);
  return toFault(refusal, name);
}

/** Errors of no pallet come as the keys of a JSON object: `badOrigin`. */
function capital(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

/** Codes whose text says more than they do. */
const SAID_BY_TEXT: ReadonlySet<number> = new Set([1010, 1011]);

/** The Fault for a submission that the node's pool did not take. */
export function poolRefusal(code: number, text: string): Fault {
  const custom = /custom error: (\d{1,3})/i.exec(text)?.[1];
  if (custom !== undefined) return customRefusal(Number(custom));
  const known = RPC_CODES.get(code)?.refusal;
  const byText = POOL_VARIANTS.find(({ pattern }) => pattern.test(text))?.refusal;
  const refusal = SAID_BY_TEXT.has(code) ? (byText ?? known) : (known ?? byText);
  return toFault(refusal ?? unknown("did not take the weights", `code ${code}`), `code ${code}`);
}

function customRefusal(code: number): Fault {
  const known = CUSTOM_ERRORS.get(code);
  const detail = `custom error ${code}`;
  if (known === undefined) return toFault(unknown("did not take the weights", detail), detail);
  return toFault(known.refusal, `${detail} ${known.name}`);
}

function unknown(did: string, what: string): Refusal {
  return rebuild(
    `The chain ${did} with an error this version does not know: ${what}.`,
    "It is tried again in the next epoch; if it repeats, report it with this name.",
  );
}

function toFault({ class: kind, blame, message, remedy }: Refusal, detail: string): Fault {
  return { code: "chain-refused", blame, retryable: kind !== "stop", message, remedy, evidence: { detail } };
}
