import { resolve } from "node:path";
import { EXIT_CODES } from "../core/model/fault.ts";
import { startLocalnet } from "../localnet/localnet.ts";
import { untilStopped } from "./lifecycle.ts";
import type { LocalnetFlags } from "./options.ts";
import type { Output } from "./output.ts";

/** Runs until a signal ends it; the first line on stdout says where everything is. */
export async function localnet(flags: LocalnetFlags, output: Output): Promise<number> {
  using stopped = untilStopped();
  const { faults, metadata, json: _json, quiet: _quiet, dir, ...options } = flags;
  await using net = await startLocalnet({
    ...options,
    dir: resolve(dir),
    metadata: metadata ?? null,
    faults: faults ?? null,
    virtual: false,
  });
  if (net.formerData !== null) {
    process.stderr.write(
      `The chain begins anew, so the data of the earlier one was moved to ${net.formerData}. Delete it when nobody needs it.\n`,
    );
  }
  // The ready line is the interface of the command: it is printed in every form of output.
  process.stdout.write(`${JSON.stringify(net.ready)}\n`);
  output.say("stop it with Ctrl-C");
  await new Promise<void>((done) => {
    if (stopped.aborted) done();
    stopped.addEventListener("abort", () => done(), { once: true });
  });
  return EXIT_CODES.done;
}
