import * as z from "zod";
import { ValidatorError } from "../../core/model/fault.ts";
import type { Neuron } from "../../core/model/metagraph.ts";
import { count, natural, parseAnswer } from "./answers.ts";
import type { View } from "./view.ts";

/**
 * Columns of the selective metagraph (chain.md §1.2): netuid (0; without it the answer's netuid is wrong), hotkeys,
 * active, validator_permit, last_update, incentives, block_at_registration, total_stake.
 */
const COLUMNS = [0, 52, 56, 57, 59, 62, 66, 69] as const;

interface Columns {
  readonly hotkeys: readonly string[];
  readonly active: readonly boolean[];
  readonly validatorPermit: readonly boolean[];
  readonly lastUpdate: readonly number[];
  readonly incentives: readonly number[];
  readonly blockAtRegistration: readonly number[];
  readonly totalStake: readonly bigint[];
}

const columns = z.object({
  hotkeys: z.array(z.string()),
  active: z.array(z.boolean()),
  validatorPermit: z.array(z.boolean()),
  lastUpdate: z.array(count),
  incentives: z.array(count),
  blockAtRegistration: z.array(count),
  totalStake: z.array(natural),
}) satisfies z.ZodType<Columns>;

/**
 * All neurons of one mechanism, ascending by uid.
 * @throws ValidatorError `subnet-not-found` (exit configuration) when the chain has no such subnet or mechanism.
 */
export async function readNeurons(view: View, netuid: number, mechid: number): Promise<readonly Neuron[]> {
  const answer =
    mechid === 0
      ? await view.call("subnetInfoRuntimeApi", "getSelectiveMetagraph", [netuid, COLUMNS])
      : await view.call("subnetInfoRuntimeApi", "getSelectiveMechagraph", [netuid, mechid, COLUMNS]);
  if (answer === null) throw noSubnet(netuid, mechid);
  return neuronsOf(parseAnswer(columns, answer, "the metagraph"));
}

/** Vectors may be shorter than the number of neurons: what is missing is zero or false (chain.md T14). */
function neuronsOf(found: Columns): readonly Neuron[] {
  return found.hotkeys.map((hotkey, uid) => ({
    uid,
    hotkey,
    stakeRao: String(found.totalStake[uid] ?? 0n),
    permit: found.validatorPermit[uid] ?? false,
    active: found.active[uid] ?? false,
    lastUpdate: found.lastUpdate[uid] ?? 0,
    registeredAt: found.blockAtRegistration[uid] ?? 0,
    incentive: found.incentives[uid] ?? 0,
  }));
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
