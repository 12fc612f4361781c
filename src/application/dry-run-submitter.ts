import type { WeightSubmitter } from "../ports/chain.ts";

/** The dry run's submitter: it has no connection and no key, so it cannot send. The difference to the chain is made from the records. */
export function dryRunSubmitter(): WeightSubmitter {
  const nothing = async (): Promise<{ kind: "dry-run" }> => ({ kind: "dry-run" });
  return { submit: nothing, settle: nothing };
}
