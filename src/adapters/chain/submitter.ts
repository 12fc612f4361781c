import { eraPeriod } from "../../core/chain/epoch.ts";
import { type Fault, isFault, ValidatorError } from "../../core/model/fault.ts";
import type { Hex } from "../../core/model/ids.ts";
import type { SubmissionState } from "../../core/model/records.ts";
import type { SubmissionOutcome, SubmissionPlan, SubmissionProgress, WeightSubmitter } from "../../ports/chain.ts";
import type { Signer } from "../../ports/signer.ts";
import { asHash, count, parseAnswer } from "./answers.ts";
import { broadcast } from "./broadcast.ts";
import { orFault } from "./chain-fault.ts";
import { conclude, type Desk } from "./conclude.ts";
import type { ChainConnection } from "./connection.ts";
import { type Era, type SignedExtrinsic, signExtrinsic, weightsCall } from "./extrinsic.ts";
import { preflight, type Withhold } from "./preflight.ts";
import { settleSubmission } from "./settle.ts";
import { readSubnet } from "./subnet-state.ts";
import { type View, viewAt } from "./view.ts";

export interface SubmitterOptions {
  /** Milliseconds without a new finalized block after which a submission is left unconfirmed; ten minutes unless told. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 600_000;

/**
 * Submits direct weights through one connection.
 * @throws ValidatorError `well-known-key` (exit key) when such a key would sign on a chain that is not local.
 */
export function weightSubmitter(
  connection: ChainConnection,
  signer: Signer,
  options: SubmitterOptions = {},
): WeightSubmitter {
  if (signer.wellKnown && !connection.identity.local) {
    throw new ValidatorError(
      "The configured hotkey is a key that everybody knows, and this chain is not a local one.",
      {
        exit: "key",
        code: "well-known-key",
        blame: "validator",
        remedy: "Configure a hotkey of your own; //Alice and its like work on a localnet only.",
      },
    );
  }
  const desk: Desk = { connection, signer, patienceMs: options.patienceMs ?? PATIENCE_MS };
  return {
    submit: (plan, progress, signal) => submit(desk, plan, progress, signal),
    settle: (plan, known, signal) => settleSubmission(desk, plan, known, signal),
  };
}

interface Prepared {
  readonly era: Era;
  readonly nonce: number;
  readonly signed: SignedExtrinsic;
}

async function submit(
  desk: Desk,
  plan: SubmissionPlan,
  progress: SubmissionProgress,
  signal: AbortSignal,
): Promise<SubmissionOutcome> {
  requireVector(plan);
  const prepared = await orFault(() => prepare(desk, plan, signal), signal);
  if (isFault(prepared)) return failed("claimed", null, prepared);
  if ("reason" in prepared) return { kind: "withheld", ...prepared };
  const { era, nonce, signed } = prepared;
  await progress({
    state: "signed",
    extrinsic: signed.hash,
    nonce,
    eraBirth: era.birth,
    eraPeriod: era.period,
  });
  const { connection } = desk;
  const refused = await broadcast(connection, signed.bytes, (hash) => sighted(connection, hash), signal);
  if (refused !== null) return failed("signed", signed.hash, refused);
  await progress({ state: "broadcast", extrinsic: signed.hash });
  const sent = { extrinsic: signed.hash, call: signed.call, eraBirth: era.birth, eraPeriod: era.period };
  return conclude(desk, { plan, sent, progress }, signal);
}

function sighted(connection: ChainConnection, block: Hex): void {
  connection.telemetry.event("debug", "weights.in-block", { block });
}

/** Everything up to the signature; reads at the best head, because that is where the chain will judge (T20). */
async function prepare(desk: Desk, plan: SubmissionPlan, signal: AbortSignal): Promise<Prepared | Withhold | Fault> {
  const { connection, signer } = desk;
  const best = asHash(await connection.request("chain_getBlockHash", [], signal));
  const view = await viewAt(connection, best, signal);
  if (view.tables !== connection.api) return upgrading(view);
  const subnet = await readSubnet(view, plan.cycle.netuid, plan.cycle.mechid);
  const withheld = preflight({ plan, hotkey: signer.hotkey, subnet, head: view.number });
  if (withheld !== null) return withheld;
  const finalized = await connection.heads.ask(signal);
  const nonce = parseAnswer(
    count,
    await connection.request("system_accountNextIndex", [signer.hotkey], signal),
    "the account's nonce",
  );
  const era = {
    birth: finalized.finalized,
    birthHash: finalized.finalizedHash,
    period: eraPeriod(view.number - finalized.finalized),
  };
  const { name, call } = weightsCall(connection.api, plan);
  return { era, nonce, signed: { call: name, ...signExtrinsic(connection.api, signer, { call, nonce, era }) } };
}

/** Nothing is signed while the chain's runtime is not the one whose tables are in use (D5). */
function upgrading(view: View): Fault {
  return {
    code: "chain-refused",
    blame: "chain",
    retryable: true,
    message: `The chain is changing its runtime to version ${view.specVersion}; nothing is signed meanwhile.`,
    remedy: "It is tried again when the new runtime's tables are loaded.",
  };
}

/** An empty or all-zero row would wipe out the one on chain (T26); the guard of the weights lets neither through. */
function requireVector(plan: SubmissionPlan): void {
  const aligned = plan.uids.length === plan.values.length && plan.uids.length === plan.targets.length;
  if (aligned && plan.values.some((value) => value > 0)) return;
  throw new ValidatorError("A weight vector that is empty, all zero or out of step with its uids must not be sent.", {
    exit: "internal",
    code: "vector-invalid",
    blame: "validator",
    remedy: "Report this with the bundle of the cycle.",
  });
}

function failed(state: SubmissionState, extrinsic: Hex | null, fault: Fault): SubmissionOutcome {
  return { kind: "failed", state, extrinsic, fault, open: false };
}
