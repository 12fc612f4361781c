import * as z from "zod";
import { ValidatorError } from "../../core/model/fault.ts";
import type { Hex } from "../../core/model/ids.ts";
import type { Neuron } from "../../core/model/metagraph.ts";
import { addressOf } from "./accounts.ts";
import { count, natural, parseAnswer } from "./answers.ts";
import { type Columns, readColumns } from "./metagraph-bytes.ts";
import { readStoredColumns } from "./metagraph-storage.ts";
import type { Scalars } from "./scalars.ts";
import type { Decoded, Reads } from "./view.ts";

/**
 * Columns of the selective metagraph (chain.md §1.2): netuid (0; without it the answer's netuid is wrong), hotkeys,
 * active, validator_permit, last_update, incentives, block_at_registration, total_stake.
 */
const COLUMNS = [0, 52, 56, 57, 59, 62, 66, 69] as const;
const API = "subnetInfoRuntimeApi";

const account = z.string().regex(/^0x[0-9a-f]{64}$/) as unknown as z.ZodType<Hex>;
const columns = z.object({
  accounts: z.array(account),
  active: z.array(z.boolean()),
  validatorPermit: z.array(z.boolean()),
  lastUpdate: z.array(count),
  incentives: z.array(count),
  blockAtRegistration: z.array(count),
  totalStake: z.array(natural),
}) satisfies z.ZodType<Columns>;

/** The library's own object; hotkeys are taken out as public keys, since it converts each to base 58 anew. */
interface SelectiveMetagraph extends Decoded {
  readonly isNone: boolean;
  unwrap(): {
    get(column: string): { readonly isNone: boolean; unwrap(): Decoded & Iterable<{ toHex(): Hex }> } | undefined;
  };
}

const NAMES = ["active", "validatorPermit", "lastUpdate", "incentives", "blockAtRegistration", "totalStake"] as const;

export interface Metagraph {
  /** Ascending by uid. */
  readonly neurons: readonly Neuron[];
  /** Public keys of the hotkeys by uid. */
  readonly accounts: readonly Hex[];
}

/**
 * All neurons of one mechanism; null when the runtime says that there is no such subnet or mechanism. Where the metadata has no
 * such runtime call it is read from storage, by means of the scalars.
 *
 * @throws LinkError, RpcError, ValidatorError `runtime-unsupported`.
 */
export async function readMetagraph(
  reads: Reads,
  which: { readonly netuid: number; readonly mechid: number },
  scalars: Promise<Scalars>,
): Promise<Metagraph | null> {
  const { netuid, mechid } = which;
  const call =
    mechid === 0
      ? { method: "getSelectiveMetagraph", args: [netuid, COLUMNS] }
      : { method: "getSelectiveMechagraph", args: [netuid, mechid, COLUMNS] };
  if (reads.tables.call[API]?.[call.method] === undefined) {
    const known = await scalars;
    return hasSubnet(known, mechid) ? neuronsOf(await readStoredColumns(reads, which, known)) : null;
  }
  const answer = await reads.answer({ api: API, ...call });
  const quick = readColumns(reads.tables, answer.type, answer.bytes);
  if (quick !== null) return neuronsOf(quick);
  const found = answer.read(columnsIn);
  return found === null ? null : neuronsOf(parseAnswer(columns, found, "the metagraph"));
}

function columnsIn(answer: SelectiveMetagraph): Readonly<Record<string, unknown>> | null {
  if (answer.isNone) return null;
  const metagraph = answer.unwrap();
  const column = (name: string): (Decoded & Iterable<{ toHex(): Hex }>) | undefined => {
    const found = metagraph.get(name);
    return found === undefined || found.isNone ? undefined : found.unwrap();
  };
  return {
    accounts: [...(column("hotkeys") ?? [])].map((hotkey) => hotkey.toHex()),
    ...Object.fromEntries(NAMES.map((name) => [name, column(name)?.toJSON()])),
  };
}

/** Vectors may be shorter than the number of neurons: what is missing is zero or false (chain.md T14). */
function neuronsOf(found: Columns): Metagraph {
  const neurons = found.accounts.map((account, uid) => ({
    uid,
    hotkey: addressOf(account),
    stakeRao: String(found.totalStake[uid] ?? 0n),
    permit: found.validatorPermit[uid] ?? false,
    active: found.active[uid] ?? false,
    lastUpdate: found.lastUpdate[uid] ?? 0,
    registeredAt: found.blockAtRegistration[uid] ?? 0,
    incentive: found.incentives[uid] ?? 0,
  }));
  return { neurons, accounts: found.accounts };
}

/** Whether the chain has this mechanism of the subnet: `networksAdded` and `mechanismCountCurrent` are among the scalars. */
export function hasSubnet(scalars: Scalars, mechid: number): boolean {
  return scalars.flag("networksAdded") && mechid < scalars.count("mechanismCountCurrent");
}

export function noSubnet(netuid: number, mechid: number): ValidatorError {
  const which = mechid === 0 ? `subnet ${netuid}` : `mechanism ${mechid} of subnet ${netuid}`;
  return new ValidatorError(`The chain has no ${which}.`, {
    exit: "configuration",
    code: "subnet-not-found",
    blame: "validator",
    remedy: "Correct netuid and mechid, or the network, in the configuration.",
  });
}
