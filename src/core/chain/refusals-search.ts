import { REFUSALS } from "./refusals.ts";
import { PALLET_REFUSALS } from "./refusals-pallets.ts";
import { CUSTOM_ERRORS, type NamedRefusal, POOL_VARIANTS } from "./refusals-pool.ts";
import { CONNECTION_CODES, RPC_CODES } from "./refusals-rpc.ts";
import type { Refusal } from "./refusals-shape.ts";

/** Where a refusal comes from: a block's dispatch, the chain's admission check, the node's pool and RPC, the connection. */
export type RefusalSource = "dispatch" | "admission" | "node" | "connection";

export interface FoundRefusal {
  /** In full: `SubtensorModule.SettingWeightsTooFast`, `custom error 6 RateLimitExceeded`, `1014 TooLowPriority`. */
  readonly name: string;
  readonly source: RefusalSource;
  readonly refusal: Refusal;
}

interface Entry extends FoundRefusal {
  /** What it may be asked by, in the form of {@link plain}. */
  readonly keys: readonly string[];
}

const SUBTENSOR = "SubtensorModule.";
const OUTSIDE: ReadonlySet<string> = new Set(PALLET_REFUSALS.map(([name]) => name));

const DICTIONARY: readonly Entry[] = [
  ...[...REFUSALS].map(([name, refusal]) => dispatchEntry(name, refusal)),
  ...[...CUSTOM_ERRORS].map(([code, known]) => coded(`custom error ${code}`, "admission", known)),
  ...POOL_VARIANTS.map((known) => coded("1010", "node", known, [`1010${known.name}`, `1011${known.name}`])),
  ...[...RPC_CODES].map(([code, known]) => coded(String(code), "node", known, [String(code), `code ${code}`])),
  ...[...CONNECTION_CODES].map(([code, known]) =>
    coded(String(code), "connection", known, [String(code), `close ${code}`, `http ${code}`]),
  ),
];

function dispatchEntry(name: string, refusal: Refusal): Entry {
  const full = OUTSIDE.has(name) ? name : `${SUBTENSOR}${name}`;
  const bare = full.slice(full.indexOf(".") + 1);
  return { name: full, source: "dispatch", refusal, keys: [plain(full), plain(bare)] };
}

function coded(
  code: string,
  source: RefusalSource,
  { name, refusal }: NamedRefusal,
  more: readonly string[] = [code],
): Entry {
  return { name: `${code} ${name}`, source, refusal, keys: [name, ...more].map(plain) };
}

const LONGEST_QUERY = 500;

/**
 * The entries that a name, a code or a line of a log means: `NeuronNoValidatorPermit`, `SubtensorModule.NeuronNoValidatorPermit`,
 * `Custom error: 6`, `custom 6`, `6`, `1014`, `-32005`, `close 1008`, `1010: Invalid Transaction: Transaction is outdated`. Two
 * names of one meaning count once. Empty when there is none.
 */
export function findRefusals(query: string): readonly FoundRefusal[] {
  const asked = query.trim().slice(0, LONGEST_QUERY);
  const custom = /^\d{1,3}$|custom(?: error)?:? *(\d{1,3})\b/i.exec(asked);
  const admission = custom === null ? "" : plain(`custom error ${custom[1] ?? custom[0]}`);
  const wanted = plain(asked);
  const exact = distinct(DICTIONARY.filter(({ keys }) => keys.includes(wanted) || keys.includes(admission)));
  return exact.length > 0 ? exact : inText(asked);
}

/** A whole line of a log: the text of a pool's answer, else the code at its head. */
function inText(text: string): readonly FoundRefusal[] {
  if (!text.includes(" ")) return [];
  const variant = POOL_VARIANTS.find(({ pattern }) => pattern.test(text));
  if (variant !== undefined) return distinct(DICTIONARY.filter(({ name }) => name === `1010 ${variant.name}`));
  const code = /^(-?\d{3,5})\b/.exec(text)?.[1];
  return code === undefined ? [] : distinct(DICTIONARY.filter(({ keys }) => keys.includes(code)));
}

function distinct(entries: readonly Entry[]): readonly FoundRefusal[] {
  return entries
    .filter(({ refusal }, at) => entries.findIndex((other) => other.refusal === refusal) === at)
    .map(({ name, source, refusal }) => ({ name, source, refusal }));
}

/** Every name that can be asked for, without codes. */
export function refusalNames(): readonly string[] {
  return [
    ...new Set([
      ...[...REFUSALS.keys()],
      ...[...CUSTOM_ERRORS.values(), ...POOL_VARIANTS, ...RPC_CODES.values(), ...CONNECTION_CODES.values()].map(
        ({ name }) => name,
      ),
    ]),
  ];
}

/** Letters, digits and the sign of a code; case and all else do not count. */
function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9-]/g, "");
}
