import { requireTimelock } from "../adapters/chain/timelocked.ts";
import { runLoop } from "../application/loop.ts";
import type { SealedResult } from "../application/seal-cycle.ts";
import { EXIT_CODES } from "../core/model/fault.ts";
import type { Observation } from "../ports/chain.ts";
import { banner, readyFacts } from "./banner.ts";
import { compose } from "./compose.ts";
import { dryRunReport, onceReport } from "./cycle-report.ts";
import { dryRunLine, runLine } from "./epoch-line.ts";
import { Stopped, untilDrained } from "./lifecycle.ts";
import type { CommonOptions } from "./options.ts";
import type { Output } from "./output.ts";

/** A cycle in every epoch until it is stopped; one document a line and epoch. Stopping it is exit 0. */
export function run(options: CommonOptions, output: Output): Promise<number> {
  return service("run", options, output, ({ records, ...sealed }) => {
    const report = onceReport(records, sealed);
    output.say(runLine(report));
    output.document(report);
  });
}

/** Shadow operation: the same loop without a wallet, each epoch's vector beside the one on chain. */
export function dryRunLoop(options: CommonOptions, output: Output): Promise<number> {
  return service("dry-run", options, output, ({ records, ...sealed }) => {
    const report = dryRunReport(records, sealed);
    output.say(dryRunLine(report));
    output.document(report);
  });
}

async function service(
  mode: "run" | "dry-run",
  options: CommonOptions,
  output: Output,
  sealed: (result: SealedResult) => void,
): Promise<number> {
  using ending = untilDrained();
  try {
    await using composition = await compose(mode, options, ending.drain);
    const { config, ports, settings } = composition;
    const ready = (observation: Observation): void => {
      const facts = { mode, config, hotkey: ports.signer?.hotkey ?? null, observation };
      for (const line of banner(facts)) output.say(line);
      ports.telemetry.event("info", "ready", readyFacts(facts));
      // A service hears of a broken library before its first commit, and not in the middle of an epoch.
      if (mode === "run" && observation.hyperparameters.commitRevealEnabled) requireTimelock();
      // pm2's wait_ready (field.md §6.2); without an IPC channel there is nobody to tell.
      process.send?.("ready");
    };
    await runLoop(ports, settings, { ready, sealed }, ending);
  } catch (error) {
    // Stopped before the loop began: nothing was under way.
    if (!(error instanceof Stopped)) throw error;
  }
  return EXIT_CODES.done;
}
