import * as z from "zod";
import { type Hex, storageIndex } from "../../core/model/ids.ts";
import type { RevealQuery, RevealSight } from "../../ports/chain.ts";
import { count, parseAnswer } from "./answers.ts";
import { findFiled, readFilings } from "./commit-filing.ts";
import type { ChainConnection } from "./connection.ts";
import { askSubnet, subnetFrom } from "./subnet-state.ts";
import { type Reads, readAt } from "./view.ts";
import { readRow } from "./weight-row.ts";

const PULSE = /^0x[0-9a-f]{96}$/;
const pulse = z.object({ signature: z.string() }) satisfies z.ZodType<{ signature: string }>;

/**
 * What one finalized block shows of a commit. Two dependent waves: everything that is known by name, then the row, whose uid had
 * to be found. Permit, stake and size are the subnet's, so that they are there when the mechanism is not any more.
 *
 * @throws LinkError, RpcError; ValidatorError `subnet-not-found`, `runtime-unsupported`.
 */
export async function readReveal(
  connection: ChainConnection,
  query: RevealQuery,
  signal: AbortSignal,
): Promise<RevealSight> {
  const { netuid, mechid, hotkey } = query;
  const hash = await connection.heads.hash(signal);
  const read = (reads: Reads): Promise<readonly [Awaited<ReturnType<typeof askSubnet>>, Stored]> =>
    Promise.all([askSubnet(reads, netuid, 0), readStored(reads, query)]);
  const { view, found } = await readAt(connection, { hash, read }, signal);
  const [answers, stored] = found;
  const subnet = subnetFrom(answers, { netuid, block: view.number });
  const { neurons, hyperparameters, epochState, ownerHotkey } = subnet;
  const self = neurons.find((neuron) => neuron.hotkey === hotkey);
  return {
    block: { hash, number: view.number },
    epochIndex: epochState.index,
    ...stored,
    row: self === undefined ? null : await readRow(view, storageIndex(netuid, mechid), self.uid),
    uid: self?.uid ?? null,
    permit: self?.permit ?? false,
    owner: ownerHotkey === hotkey,
    stakeRao: self?.stakeRao ?? "0",
    neurons: neurons.length,
    mode: epochState.mode,
    limits: {
      minAllowedWeights: hyperparameters.minAllowedWeights,
      weightsVersionKey: hyperparameters.weightsVersionKey,
      stakeThresholdRao: hyperparameters.stakeThresholdRao,
      mechanismCount: hyperparameters.mechanismCount,
    },
  };
}

type Stored = Pick<RevealSight, "queued" | "pulse" | "lastStoredRound">;

/** The commit in its queue, and the beacon. */
async function readStored(reads: Reads, query: RevealQuery): Promise<Stored> {
  const { netuid, mechid, hotkey, commit } = query;
  const [filings, [found, last]] = await Promise.all([
    readFilings(reads, { plan: { cycle: { netuid, mechid, epoch: commit.epoch } }, commit }),
    reads.storage([
      { pallet: "drand", item: "pulses", keys: [commit.round] },
      { pallet: "drand", item: "lastStoredRound", keys: [] },
    ]),
  ]);
  return {
    queued: findFiled(filings, { commit, hotkey }) !== null,
    pulse: found === null || found === undefined ? null : signatureIn(found),
    lastStoredRound: parseAnswer(count, last ?? 0, "Drand.LastStoredRound"),
  };
}

function signatureIn(found: unknown): Hex | null {
  const { signature } = parseAnswer(pulse, found, "a pulse");
  return PULSE.test(signature) ? (signature as Hex) : null;
}
