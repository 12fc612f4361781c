import { eraPeriod } from "../../core/chain/epoch.ts";
import { type Fault, isFault } from "../../core/model/fault.ts";
import type { Hex } from "../../core/model/ids.ts";
import type { Commit } from "../../core/model/records.ts";
import type { SubmissionPlan } from "../../ports/chain.ts";
import { asHash, count, parseAnswer } from "./answers.ts";
import { orFault } from "./chain-fault.ts";
import type { Desk } from "./conclude.ts";
import {
  commitCall,
  type Era,
  type ExtrinsicParts,
  type NamedCall,
  offersRivalCall,
  signExtrinsic,
  unsignedExtrinsic,
  weightsCall,
} from "./extrinsic.ts";
import { feeAsked, feeOf } from "./fee.ts";
import { type Cleared, type ForeignUpdate, preflight, type Withheld, withheld } from "./preflight.ts";
import type { Sent } from "./sent-log.ts";
import { readSubnet, type SubnetState } from "./subnet-state.ts";
import { seal } from "./timelocked.ts";
import { type View, viewAt } from "./view.ts";

export interface Prepared {
  readonly kind: "prepared";
  readonly bytes: Hex;
  readonly nonce: number;
  readonly sent: Sent;
  /** At which it was signed, and its epoch. */
  readonly head: number;
  readonly epoch: number;
}

/** Nothing was signed, and the chain does not say why; which way the weights would have gone is known. */
export interface Unsigned {
  readonly kind: "unsigned";
  readonly path: "direct" | "timelocked";
  readonly fault: Fault;
}

/**
 * Everything up to the signature. What the subnet is, which call it wants and what the call carries are read at one hash, the
 * best head, because that is where the chain will judge (T20).
 *
 * @throws LinkError, RpcError; ValidatorError `timelock-self-check`.
 */
export async function prepare(
  desk: Desk,
  plan: SubmissionPlan,
  signal: AbortSignal,
): Promise<Prepared | Withheld | ForeignUpdate | Unsigned | Fault> {
  const standing = await standingAtHead(desk, plan, signal);
  if (isFault(standing) || standing.kind !== "standing") return standing;
  const { subnet } = standing;
  const outcome = await orFault(() => signedFor(desk, { ...standing, plan }, signal), signal);
  if (!isFault(outcome)) return outcome;
  const path = subnet.hyperparameters.commitRevealEnabled ? "timelocked" : "direct";
  return { kind: "unsigned", path, fault: outcome };
}

/** The head, the subnet there, and the lists that the chain would take. */
export interface Standing {
  readonly kind: "standing";
  readonly view: View;
  readonly subnet: SubnetState;
  readonly weights: Cleared;
}

/** Whether these weights may be sent at all, as the best head has it. @throws LinkError, RpcError. */
export async function standingAtHead(
  { connection, signer, versionKey }: Desk,
  plan: SubmissionPlan,
  signal: AbortSignal,
): Promise<Standing | Withheld | ForeignUpdate | Fault> {
  if (connection.disagreement !== null) return disagreement(connection.disagreement);
  const best = asHash(await connection.request("chain_getBlockHash", [], signal));
  const view = await viewAt(connection, best, signal);
  if (view.tables !== connection.api) return upgrading(view);
  const subnet = await readSubnet(view, plan.cycle.netuid, plan.cycle.mechid);
  const weights = preflight({
    plan,
    hotkey: signer.hotkey,
    subnet,
    versionKey,
    head: view.number,
    rivalCall: offersRivalCall(connection.api),
  });
  return weights.kind === "cleared" ? { kind: "standing", view, subnet, weights } : weights;
}

async function signedFor(desk: Desk, cause: Cause, signal: AbortSignal): Promise<Prepared | Withheld | Fault> {
  const { view, subnet, weights } = cause;
  const load = await loadOf(desk, cause, signal);
  if (isFault(load) || load.kind !== "load") return load;
  const outcome = await signed(desk, { view, load, weights }, signal);
  return isFault(outcome) || outcome.kind === "withheld"
    ? outcome
    : { ...outcome, head: view.number, epoch: subnet.epochState.index };
}

/** What the extrinsic will say. */
interface Load {
  readonly kind: "load";
  readonly call: NamedCall;
  readonly commit: Commit | null;
}

type Cause = Omit<Standing, "kind"> & { readonly plan: SubmissionPlan };

/** The path by the switch at the head (chain.md §3.2), the call by what the metadata offers (D4). */
async function loadOf(
  { connection, signer, ephemeral }: Desk,
  cause: Cause,
  signal: AbortSignal,
): Promise<Load | Withheld | Fault> {
  const { plan, subnet, weights } = cause;
  if (!subnet.hyperparameters.commitRevealEnabled) {
    const call = weightsCall(connection.api, { ...plan, uids: weights.uids, values: weights.values });
    return call === null ? noCall("direct weights", plan) : { kind: "load", call, commit: null };
  }
  const commit = await seal({ connection, signer, ephemeral, ...cause }, signal);
  if (isFault(commit) || "reason" in commit) return commit;
  const call = commitCall(connection.api, plan.cycle, commit);
  return call === null ? noCall("sealed weights", plan) : { kind: "load", call, commit };
}

async function signed(
  desk: Desk,
  { view, load, weights }: { readonly view: View; readonly load: Load; readonly weights: Cleared },
  signal: AbortSignal,
): Promise<Omit<Prepared, "head" | "epoch"> | Withheld | Fault> {
  const { connection, signer } = desk;
  const [heads, index] = await Promise.all([
    connection.heads.ask(signal),
    connection.request("system_accountNextIndex", [signer.hotkey], signal),
  ]);
  const { api } = connection;
  // The runtime may have changed since the head was read.
  if (view.tables !== api) return upgrading(view);
  const nonce = parseAnswer(count, index, "the account's nonce");
  const era: Era = {
    birth: heads.finalized,
    birthHash: heads.finalizedHash,
    period: eraPeriod(view.number - heads.finalized),
  };
  const { name, call } = load.call;
  const parts: ExtrinsicParts = { call, nonce, era };
  const fee = await feeOf(view, unsignedExtrinsic(api, signer, parts));
  if (fee === null) connection.telemetry.event("debug", "weights.fee-unknown", {});
  else if (fee !== 0n) return feeAsked(fee);
  const { bytes, hash } = signExtrinsic(api, signer, parts);
  const facts = { call: name, eraBirth: era.birth, eraPeriod: era.period, commit: load.commit };
  return { kind: "prepared", bytes, nonce, sent: { extrinsic: hash, resolved: weights.resolved, ...facts } };
}

/** Of two histories one is wrong, and a signature may not serve both. */
function disagreement(what: string): Fault {
  return {
    code: "chain-unreachable",
    blame: "chain",
    retryable: true,
    message: `Two chain nodes show different histories; nothing is signed meanwhile. ${what}`,
    remedy: "Find out which node follows the chain, and take the other one out of the configuration.",
  };
}

/**
 * Nothing is signed while the chain's runtime is not the one whose tables are in use (D5). That passes without our doing, and a
 * service waits for it as for a node that does not answer.
 */
function upgrading(view: View): Fault {
  return {
    code: "chain-unreachable",
    blame: "chain",
    retryable: true,
    message: `The chain is changing its runtime to version ${view.specVersion}; nothing is signed meanwhile.`,
    remedy: "It is tried again when the new runtime's tables are loaded.",
  };
}

function noCall(what: string, { cycle }: SubmissionPlan): Withheld {
  return withheld(
    "call-unknown",
    `The runtime offers no call that this version knows for ${what} of mechanism ${cycle.mechid}; install a newer one.`,
  );
}
