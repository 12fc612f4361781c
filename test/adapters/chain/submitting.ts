import type { ChainConnection } from "../../../src/adapters/chain/connection.ts";
import { type SubmitterOptions, weightSubmitter } from "../../../src/adapters/chain/submitter.ts";
import type { SubmissionOutcome, SubmissionPlan, SubmissionProgress } from "../../../src/ports/chain.ts";
import { SIGNAL, type World } from "./world.ts";

export type Step = Parameters<SubmissionProgress>[0];

export interface SubmitHooks {
  /** Does something more at a step. */
  readonly at?: Partial<Record<Step["state"], () => unknown>>;
  /** Blocks that pass once the node has the extrinsic, 45 unless told. */
  readonly blocks?: number;
  readonly options?: SubmitterOptions;
}

/** Submits and lets blocks pass as soon as the node has the extrinsic. */
export async function submit(
  here: World,
  connection: ChainConnection,
  plan: SubmissionPlan,
  { at = {}, blocks = 45, options = {} }: SubmitHooks = {},
): Promise<{ readonly outcome: SubmissionOutcome; readonly steps: readonly Step[] }> {
  const steps: Step[] = [];
  const progress: SubmissionProgress = async (step) => {
    steps.push(step);
    await at[step.state]?.();
    if (step.state === "broadcast") await here.node.advance(blocks);
  };
  const outcome = await weightSubmitter(connection, here.signer, options).submit(plan, progress, SIGNAL);
  return { outcome, steps };
}
