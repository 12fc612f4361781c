import { COMMIT_VERSION, commitLimit } from "../../core/chain/commit-limits.ts";
import { type Filing, filingOf } from "../../core/chain/filing.ts";
import { fromHex, toHex } from "../../core/determinism/digest.ts";
import { type Fault, ValidatorError } from "../../core/model/fault.ts";
import type { Hex } from "../../core/model/ids.ts";
import type { Commit } from "../../core/model/records.ts";
import { BEACON_PERIOD } from "../../core/timelock/beacon.ts";
import { encodePayload } from "../../core/timelock/payload.ts";
import { timelockWorks } from "../../core/timelock/self-check.ts";
import { type Ephemeral, encryptTo } from "../../core/timelock/timelock.ts";
import type { SubmissionPlan } from "../../ports/chain.ts";
import type { Signer } from "../../ports/signer.ts";
import { type Beacon, readBeacon } from "./beacon-state.ts";
import { chainClock } from "./chain-clock.ts";
import { type QueuedCommit, readQueues } from "./commit-queue.ts";
import type { ChainConnection } from "./connection.ts";
import { type Cleared, type Withheld, withheld } from "./preflight.ts";
import type { SubnetState } from "./subnet-state.ts";
import type { View } from "./view.ts";

export interface SealOrder {
  readonly connection: ChainConnection;
  readonly signer: Signer;
  /** Makes random bytes; called once for each commit. */
  readonly ephemeral: () => Ephemeral;
  readonly plan: SubmissionPlan;
  /** The head, and the subnet there. */
  readonly view: View;
  readonly subnet: SubnetState;
  readonly weights: Cleared;
}

/**
 * The weights sealed for the round at which the chain of this head would open them, or why they cannot be.
 * @throws LinkError, RpcError; ValidatorError `timelock-self-check` when this program cannot seal as the chain does.
 */
export async function seal(order: SealOrder, signal: AbortSignal): Promise<Commit | Withheld | Fault> {
  requireTimelock();
  const { connection, signer, plan, view, subnet } = order;
  const { commitRevealVersion: version } = subnet.hyperparameters;
  if (version !== COMMIT_VERSION) {
    return withheld(
      "commit-version-unknown",
      `The chain asks for sealed weights of version ${version}, this program makes version ${COMMIT_VERSION}; install a newer one.`,
    );
  }
  const [beacon, time] = await Promise.all([
    readBeacon(view, connection.identity.genesis),
    chainClock(connection, view, subnet.timeMs, signal),
  ]);
  if ("reason" in beacon) return beacon;
  const filing = filingOf({ ...subnet, netuid: plan.cycle.netuid }, time);
  if (typeof filing === "string") return noRound(filing);
  const [queue = []] = await readQueues(view, plan.cycle, [filing.epoch]);
  const own = queue.filter(({ hotkey }) => hotkey === signer.hotkey);
  const slack = Math.floor((subnet.hyperparameters.tempo / 2) * (time.blockSeconds / BEACON_PERIOD));
  const round = roundOf({ computed: filing.round, slack, own }, beacon.lastStoredRound);
  return typeof round === "number" ? sealed(order, { filing, beacon, round }) : round;
}

let works: boolean | null = null;

/**
 * Once in a process: it takes a quarter of a second.
 * @throws ValidatorError `timelock-self-check` (exit internal).
 */
export function requireTimelock(): void {
  works ??= timelockWorks();
  if (works) return;
  throw new ValidatorError("This program does not open the commit that the chain's own code made; it must not seal.", {
    exit: "internal",
    code: "timelock-self-check",
    blame: "validator",
    remedy:
      "Install Touchstone anew from a sound source; if that does not help, report this with the processor's name.",
  });
}

/**
 * Two commits of one epoch open together, so that the earlier does not tell what the later still hides; but not by a round of a
 * schedule that the owner has shortened since, nor by that of a commit which slipped over the end of the epoch before: half a
 * tempo of rounds tells them apart.
 */
function roundOf(
  {
    computed,
    own,
    slack,
  }: { readonly computed: number; readonly slack: number; readonly own: readonly QueuedCommit[] },
  stored: number,
): number | Fault {
  const queued = own.findLast(({ round }) => round >= stored && Math.abs(round - computed) <= slack);
  const round = queued?.round ?? computed;
  return round >= stored ? round : roundPassed(round, stored);
}

function sealed(
  { signer, plan, subnet, weights, ephemeral }: SealOrder,
  { filing, beacon, round }: { readonly filing: Filing; readonly beacon: Beacon; readonly round: number },
): Commit | Withheld {
  const { uids, values } = weights;
  const payload = encodePayload({ hotkey: fromHex(signer.publicKey), uids, values, versionKey: plan.versionKey });
  const bytes: Hex = toHex(encryptTo(round, payload, ephemeral(), beacon.publicKey));
  const size = bytes.length / 2 - 1;
  const limit = commitLimit(subnet.epochState.mode, subnet.hyperparameters.mechanismCount);
  if (size > limit) {
    return withheld(
      "commit-too-large",
      `${uids.length} weights make a commit of ${size} bytes, the chain takes ${limit}; let the policy pay fewer miners.`,
    );
  }
  return { bytes, round, epoch: filing.epoch, version: COMMIT_VERSION, revealBlock: filing.firstBlock };
}

function noRound(why: "no-epochs" | "state-impossible" | "time-impossible"): Fault {
  const said = {
    "no-epochs": "The subnet runs no epochs: its tempo is 0.",
    "state-impossible": "The chain node shows an epoch state that no chain can have.",
    "time-impossible": "The chain node shows block times that no chain can have.",
  };
  return {
    code: "chain-refused",
    blame: "chain",
    retryable: why !== "no-epochs",
    message: said[why],
    remedy: "Check the subnet and the endpoint; nothing is sealed for a round that cannot be computed.",
  };
}

/** Another look may say otherwise: it is one read that is wrong, or the clock of a node. */
function roundPassed(round: number, stored: number): Fault {
  return {
    code: "chain-refused",
    blame: "chain",
    retryable: true,
    message: `The weights would be opened by round ${round}, but the chain already has round ${stored}.`,
    remedy: "Compare the endpoint's head and block times with another endpoint; the next epoch commits again.",
    evidence: { detail: "InvalidRevealRound" },
  };
}
